// Exports of every family: written, read back and compared with the masked model, biases included.
import { afterAll, beforeAll, expect, test } from "vitest";
import { Ctx } from "../../ctx.ts";
import { goldenCases } from "../../config/goldenCases.fixture.ts";
import type { WeightStorage } from "../../dtype.ts";
import { modelFolder } from "../../formats/gguf/modelFolder.ts";
import { goldenFolder } from "../../golden/folders.fixture.ts";
import { openModel } from "../../model/open.ts";
import { gateLayout } from "../../masks/gates.ts";
import { DEFAULT_RECIPE } from "../../recipes/recipe.ts";
import type { Form } from "../../formats/files/forms.ts";
import { exportGates } from "./exportGates.ts";
import { memoryTarget } from "./memoryTarget.ts";
import { openSharedGpu } from "../../gpu/sharedGpu.fixture.ts";

let ctx: Ctx;
beforeAll(async () => {
  ctx = new Ctx(await openSharedGpu());
});
afterAll(() => ctx.gpu.destroy());

test.each<[string, WeightStorage]>([
  ...goldenCases("llama", "llama3").map((name): [string, WeightStorage] => [name, "f32"]),
  ["qwen2", "f16"],
  ["quantised", "file"],
])("%s in %s: both forms compute its logits", async (name, precision) => {
  const opened = await openModel(ctx, await modelFolder(await goldenFolder(name)), { precision });
  const masks = gateLayout(opened.config).sizes.map((size, i) =>
    Uint8Array.from({ length: size }, (_, j) => ((i + 3 * j) % 5 < 3 ? 1 : 0)),
  );
  const forms: readonly Form[] = ["masked", "compact"];
  const targets = new Map(forms.map((form) => [form, memoryTarget()]));
  const exported = await exportGates(
    ctx,
    opened,
    { masks, targets },
    {
      ids: Uint32Array.from({ length: 48 }, (_, i) => (i * 37) % opened.config.vocab),
      receipt: {
        version: "0.0.0",
        adapter: ctx.gpu.facts.name,
        modelName: name,
        licence: "not stated",
        recipe: DEFAULT_RECIPE,
        target: { ratio: "block weights kept", value: 0.5 },
        trainedSteps: 1,
        calibration: { name: "a text", sha256: "0".repeat(64) },
        perplexity: [],
      },
    },
  );
  opened.model.free();
  expect(exported.map(({ form, ok, reason }) => ({ form, ok, reason }))).toEqual(
    forms.map((form) => ({ form, ok: true, reason: undefined })),
  );
  expect(exported.map(({ equalArgmax }) => equalArgmax)).toEqual([1, 1]);
});
