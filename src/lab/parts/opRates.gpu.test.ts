// The speed of each op: every op runs, and has a time and what it is compared by.
import { expect, test } from "vitest";
import { Ctx, memoryFolder } from "../../engine/index.ts";
import { TIMED } from "../rates/timedOps.ts";
import { benchOpRates } from "./opRates.ts";
import { openSharedGpu } from "../../engine/gpu/sharedGpu.fixture.ts";

test("each op has a time, and the work or the bytes that its rate is of", async () => {
  const ctx = new Ctx(await openSharedGpu());
  const seen: string[] = [];
  try {
    const rates = await benchOpRates(ctx, {
      ...{ host: "test", goldens: [], small: memoryFolder("none", {}), text: "", quick: true, asCard: false },
      ...{ log: () => undefined, progress: (_done, _of, what = "") => void seen.push(what) },
    });
    expect(rates.map(({ op }) => op)).toEqual(seen);
    expect(rates.map(({ op }) => op)).toEqual(TIMED.map(({ op }) => op));
    // inputs and outputs of 4 bytes: gate and up, and their product
    expect(rates.find(({ op }) => op === "activation: glu")?.bytes).toBe(4 * 3 * 128 * 768);
    for (const { op, ms, flop, bytes } of rates) {
      expect(ms.median, op).toBeGreaterThan(0);
      expect(
        [flop, bytes].filter((one) => one !== undefined),
        op,
      ).toHaveLength(1);
    }
  } finally {
    ctx.gpu.destroy();
  }
});
