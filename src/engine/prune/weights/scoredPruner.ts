// Magnitude, Wanda and DaSS (METHOD.md 2): scores, selection and zeroing of a block's MLP weights, on the GPU.
import type { Ctx } from "../../ctx.ts";
import { EngineError } from "../../errors.ts";
import type { ModelConfig } from "../../config/config.ts";
import { addColumnSquares } from "../../ops/columnSquares.ts";
import { keepGroups } from "../../ops/keepGroups.ts";
import { keepLargest } from "../../ops/keepLargest.ts";
import { weightScores } from "../../ops/weightScores.ts";
import { zeroWeights } from "../../ops/zeroWeights.ts";
import type { Tensor } from "../../tensor.ts";
import { type BlockPruner, packedRows } from "./blockPruner.ts";
import { directionOf, scoreScale, type ScoredMethod } from "../../masks/mlpMatrices.ts";
import { type Pattern, removedOf } from "../../recipes/weightRecipe.ts";

/** Prunes by scores; the remaining weights do not change. */
export function scoredPruner(ctx: Ctx, config: ModelConfig, method: ScoredMethod, pattern: Pattern): BlockPruner {
  const squares = {
    input: ctx.persistent("squares of inputs", [config.dModel]),
    middle: ctx.persistent("squares of the middle", [config.dMlp]),
  };
  return {
    begin: () => {
      for (const sums of Object.values(squares)) ctx.write(sums, new Float32Array(sums.shape[0] ?? 0));
    },
    observe: (input, middle) => {
      addColumnSquares(ctx, input, squares.input);
      addColumnSquares(ctx, middle, squares.middle);
    },
    norms: async (block) => ({
      input: await normsOf(ctx, squares.input, block),
      middle: await normsOf(ctx, squares.middle, block),
    }),
    prune: async (weights, matrix) => {
      const rows = packedRows(weights, matrix);
      const along = directionOf(method, matrix.part);
      const scale = scoreScale(method, matrix.part);
      const bits = ctx.step(() => {
        const scores = weightScores(ctx, rows, squares[scale.of], scale.by);
        const length = along === "inputs" ? matrix.shape[1] : matrix.shape[0];
        const keep =
          pattern.kind === "groups"
            ? keepGroups(ctx, scores, { along, removed: pattern.removed, size: pattern.size })
            : keepLargest(ctx, scores, { along, removed: removedOf(length, pattern.removed) });
        return zeroWeights(ctx, rows, keep);
      });
      return { matrix, bits: await ctx.readU32(bits) };
    },
    free: () => ctx.free(squares.input, squares.middle),
  };
}

async function normsOf(ctx: Ctx, squares: Tensor, block: number): Promise<Float32Array<ArrayBuffer>> {
  return finiteNorms(await ctx.read(squares), block);
}

/** L2 norms from sums of squares. Throws "not-finite" naming the block if one is not finite. */
export function finiteNorms(squares: Float32Array<ArrayBuffer>, block: number): Float32Array<ArrayBuffer> {
  const norms = squares.map(Math.sqrt);
  if (!norms.every(Number.isFinite)) {
    throw new EngineError(
      "not-finite",
      `The activations of block ${block} exceed the range of f32, so they cannot rank weights. The model may be damaged: open another copy, or choose magnitude, which reads no activations.`,
      { block },
    );
  }
  return norms;
}
