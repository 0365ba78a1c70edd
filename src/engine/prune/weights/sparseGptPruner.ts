// SparseGPT on a block's MLP: Gram matrices on the GPU, the factorisation and the update of the weights on the CPU in f64.
import type { Ctx } from "../../ctx.ts";
import type { ModelConfig } from "../../config/config.ts";
import { addGram } from "../../ops/gram.ts";
import type { Tensor } from "../../tensor.ts";
import { type BlockPruner, packedRows } from "./blockPruner.ts";
import { hessianOf, inverseFactor } from "./factorise.ts";
import { sparseGpt } from "./sparseGpt.ts";
import { packMask } from "../../masks/weightMasks.ts";
import type { Pattern } from "../../recipes/weightRecipe.ts";
import { finiteNorms } from "./scoredPruner.ts";

/** Of one Gram matrix: U, and the inputs that were 0 throughout. */
interface Factor {
  factor: Float64Array;
  dead: readonly number[];
}

/** sequences: how many calibration sequences each block will observe. */
export function sparseGptPruner(ctx: Ctx, config: ModelConfig, pattern: Pattern, sequences: number): BlockPruner {
  const grams = {
    input: ctx.persistent("gram of inputs", [config.dModel, config.dModel]),
    middle: ctx.persistent("gram of the middle", [config.dMlp, config.dMlp]),
  };
  let factors: Partial<Record<keyof typeof grams, Factor>> = {};
  /** gate and up have the same input, and so the same factor. */
  const factorOf = async (of: keyof typeof grams): Promise<Factor> => {
    const known = factors[of];
    if (known) return known;
    const size = grams[of].shape[0] ?? 0;
    const { hessian, dead } = hessianOf(await ctx.read(grams[of]), size, sequences);
    return (factors[of] = { factor: inverseFactor(hessian, size), dead });
  };
  return {
    begin: () => {
      factors = {};
      for (const gram of Object.values(grams)) ctx.write(gram, new Float32Array((gram.shape[0] ?? 0) ** 2));
    },
    observe: (input, middle) => {
      addGram(ctx, input, grams.input);
      addGram(ctx, middle, grams.middle);
    },
    norms: async (block) => ({
      input: finiteNorms(await diagonalOf(ctx, grams.input), block),
      middle: finiteNorms(await diagonalOf(ctx, grams.middle), block),
    }),
    prune: async (weights, matrix, pause) => {
      const [rows, cols] = matrix.shape;
      const { factor, dead } = await factorOf(matrix.part === "down" ? "middle" : "input");
      const { weight: packed, firstRow } = packedRows(weights, matrix);
      const all = await ctx.read(packed);
      const part = all.subarray(firstRow * cols, (firstRow + rows) * cols);
      const weight = Float64Array.from(part);
      for (const j of dead) for (let row = 0; row < rows; row++) weight[row * cols + j] = 0;
      const keep = await sparseGpt({ weight, rows, cols, factor, pattern }, pause);
      part.set(weight);
      ctx.write(packed, all);
      return packMask(matrix, keep);
    },
    free: () => ctx.free(grams.input, grams.middle),
  };
}

async function diagonalOf(ctx: Ctx, gram: Tensor): Promise<Float32Array<ArrayBuffer>> {
  const values = await ctx.read(gram);
  const size = gram.shape[0] ?? 0;
  return Float32Array.from({ length: size }, (_, i) => values[i * size + i]!);
}
