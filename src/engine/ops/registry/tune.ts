// Chooses one matmul kernel for all shapes by a short measurement on the user's adapter; tuneShapes.ts chooses by shape.
import type { Ctx } from "../../ctx.ts";
import type { MatmulChoice, MatmulVariant } from "../../matmul/matmulVariants.ts";
import { usableVariants } from "../kit/matmulChoice.ts";
import { linear } from "../linear.ts";

/** A typical shape of the studio's models: rows, out features, in features. */
const SHAPE = { m: 128, n: 512, k: 192 };
const REPETITIONS = 3;

/** What is timed: software adapters take one kernel for all shapes. Graphics cards choose by the size of the result; one shape decides nothing there. */
export const tunedChoices = (ctx: Ctx): MatmulChoice[] =>
  ctx.gpu.facts.software ? usableVariants(ctx).filter((variant) => SOFTWARE.includes(variant)) : ["sized"];
const SOFTWARE: readonly MatmulVariant[] = ["quad", "registers", "tiled"];

interface VariantTime {
  variant: MatmulChoice;
  /** The best of the repetitions. */
  ms: number;
}

/** Times each choice at one shape, and sets ctx.matmul to the fastest for all. Takes about 100 ms, plus compilation. */
export async function tuneMatmul(ctx: Ctx): Promise<VariantTime[]> {
  const x = ctx.persistent("tune x", [SHAPE.m, SHAPE.k], { data: new Float32Array(SHAPE.m * SHAPE.k).fill(0.5) });
  const weight = ctx.persistent("tune weight", [SHAPE.n, SHAPE.k], {
    data: new Float32Array(SHAPE.n * SHAPE.k).fill(0.5),
  });
  const times: VariantTime[] = [];
  try {
    await ctx.warm(() => {
      for (const variant of tunedChoices(ctx)) {
        ctx.matmul = variant;
        ctx.step(() => linear(ctx, x, weight));
      }
    });
    for (const variant of tunedChoices(ctx)) {
      ctx.matmul = variant;
      let ms = Infinity;
      for (let turn = 0; turn <= REPETITIONS; turn++) {
        const began = performance.now();
        ctx.step(() => linear(ctx, x, weight));
        await ctx.gpu.idle();
        if (turn > 0) ms = Math.min(ms, performance.now() - began); // the first turn compiles
      }
      times.push({ variant, ms });
    }
  } finally {
    ctx.free(x, weight);
  }
  times.sort((a, b) => a.ms - b.ms);
  ctx.matmul = times[0]?.variant ?? ctx.matmul;
  return times;
}
