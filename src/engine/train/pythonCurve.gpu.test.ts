// The first steps of the default run on the embedded model. The Python package is compared with the same file (python/tests/test_curve.py).
import { expect, test } from "vitest";
import { Ctx } from "../ctx.ts";
import { unpackBits } from "../formats/files/bitset.ts";
import { embeddedFolder } from "../golden/folders.fixture.ts";
import { architectureOf } from "../masks/architecture.ts";
import { budgetOf } from "../masks/budget.ts";
import { gateLayout, LOGIT_OFFSET, unflatten } from "../masks/gates.ts";
import { openModel } from "../model/open.ts";
import { DEFAULT_RECIPE } from "../recipes/recipe.ts";
import curve from "../../../python/tests/fixtures/curve.json";
import { type MetricRow, metricRows } from "./metricRows.fixture.ts";
import { Session } from "./session.ts";
import { openSharedGpu } from "../gpu/sharedGpu.fixture.ts";

/** Of losses and R; adapters add in different orders. */
const TOLERANCE = 1e-3;
/** Gates that are closer to the threshold may be on either side of it. */
const NEAR = 1e-4;

test("the losses, R and masks that the Python package is compared with", async () => {
  const ctx = new Ctx(await openSharedGpu());
  const opened = await openModel(ctx, await embeddedFolder());
  const content = await (await fetch(`/text/${curve.text}.txt`)).text();
  const recipe = { ...DEFAULT_RECIPE, steps: curve.loss.length };
  const text = Uint32Array.from(opened.tokenizer.encode(content));
  const session = new Session(ctx, opened.model, { recipe, text, subject: "curve" });
  const rows: MetricRow[] = [];
  await session.run({ due: () => true, onReport: ({ metrics }) => rows.push(...metricRows(metrics)) });
  for (const name of ["loss", "penalty", "kept"] as const) {
    const largest = Math.max(...rows.map((row, i) => Math.abs(row[name] - (curve[name][i] ?? NaN))));
    expect(largest, name).toBeLessThan(TOLERANCE);
  }
  const layout = gateLayout(opened.config);
  const logits = await session.logits();
  const found = architectureOf(logits, { layout, budget: budgetOf(opened.config), ratio: recipe.ratio });
  const far = unflatten(layout, logits).flatMap((values, vector) => {
    const expected = unpackBits(curve.masks[vector] ?? "", values.length);
    return [...values.keys()].filter(
      (gate) =>
        found.masks[vector]?.[gate] !== expected[gate] &&
        Math.abs((values[gate] ?? NaN) + LOGIT_OFFSET - found.threshold) > NEAR,
    );
  });
  expect(far).toEqual([]);
  session.free();
  ctx.gpu.destroy();
});
