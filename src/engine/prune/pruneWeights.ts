// One-shot pruning of a model's MLP weights, block by block: norms behind the already pruned blocks, scores, zeroing (method.md section 2).
import type { Ctx } from "../ctx.ts";
import { EngineError, invariant } from "../errors.ts";
import type { Model } from "../model/load.ts";
import { copy } from "../ops/arithmetic.ts";
import { addColumnSquares } from "../ops/columnSquares.ts";
import { DENSE } from "../model/selection.ts";
import type { Tensor } from "../tensor.ts";
import { CalibrationStream } from "./calibrationStream.ts";
import { checkFits, mlpMatrices } from "./mlpMatrices.ts";
import { pruneMatrix, type ScoredMethod } from "./weightScores.ts";
import type { WeightMask, WeightMasks } from "./weightMasks.ts";
import { parsePattern } from "./weightRecipe.ts";

/** L2 norms over the calibration tokens, a number a neuron: of what gate and up read (d), and of what down reads (f). */
export interface BlockNorms {
  input: Float32Array<ArrayBuffer>;
  middle: Float32Array<ArrayBuffer>;
}

export interface PrunedWeights {
  /** The dense model with MLP matrices of its own, pruned; `free` frees those only. */
  readonly model: Model;
  readonly masks: WeightMasks;
  /** Of every block; empty for magnitude, which looks at no activations. */
  readonly norms: readonly BlockNorms[];
}

export interface PruneOptions {
  /** Passes of a sequence through a block, done and in all. */
  onProgress?: (done: number, of: number) => void;
  cancelled?: () => boolean;
}

/**
 * Prunes gate, up and down (fc1 and fc2) of every block. sequences: token ids; magnitude needs none. `dense` stays as it is.
 * Throws what `checkFits` throws, "shape" without sequences, "not-finite" for activations that are not, "cancelled".
 */
export async function pruneWeights(
  ctx: Ctx,
  dense: Model,
  sequences: readonly Uint32Array[],
  recipe: { method: ScoredMethod; pattern: string },
  options: PruneOptions = {},
): Promise<PrunedWeights> {
  const { config } = dense;
  const { method } = recipe;
  checkFits(config, recipe);
  const pattern = parsePattern(recipe.pattern);
  const calibrated = method !== "magnitude";
  invariant(!calibrated || sequences.length > 0, "shape", "expected calibration sequences, got none; give a text");
  const of = (calibrated ? 2 * sequences.length : 1) * config.layers;
  let done = 0;
  const onSequence = (): void => options.onProgress?.(++done, of);
  const pruned = copyMlp(ctx, dense);
  const stream = calibrated ? new CalibrationStream(ctx, pruned, sequences, { ...options, onSequence }) : undefined;
  const input = ctx.persistent("squares of inputs", [config.dModel]);
  const middle = ctx.persistent("squares of the middle", [config.dMlp]);
  const masks: WeightMask[] = [];
  const norms: BlockNorms[] = [];
  try {
    for (const [l, block] of pruned.weights.blocks.entries()) {
      if (stream) {
        for (const sums of [input, middle]) ctx.write(sums, new Float32Array(sums.shape[0] ?? 0));
        await stream.observe(l, (x, y) => {
          addColumnSquares(ctx, x, input);
          addColumnSquares(ctx, y, middle);
        });
        norms.push({ input: await normsOf(ctx, input, l), middle: await normsOf(ctx, middle, l) });
      }
      for (const matrix of mlpMatrices(config)) {
        if (matrix.block === l) masks.push(await pruneMatrix(ctx, block, matrix, { input, middle }, method, pattern));
      }
      if (stream) await stream.advance(l);
      else onSequence();
    }
    return { model: pruned, masks, norms };
  } catch (error) {
    pruned.free();
    throw error;
  } finally {
    stream?.free();
    ctx.free(input, middle);
  }
}

async function normsOf(ctx: Ctx, squares: Tensor, block: number): Promise<Float32Array<ArrayBuffer>> {
  const norms = (await ctx.read(squares)).map(Math.sqrt);
  if (!norms.every(Number.isFinite)) {
    throw new EngineError(
      "not-finite",
      `The activations of block ${block} leave the range of f32, so weights cannot be compared by them; is the model damaged?`,
      { block },
    );
  }
  return norms;
}

/** The same model with its own copies of the MLP's matrices. */
export function copyMlp(ctx: Ctx, dense: Model): Model {
  invariant(dense.selection === DENSE, "bug", "weights are pruned in the whole model, not in a compact one");
  const made: Tensor[] = [];
  const copied = (from: Tensor): Tensor => {
    const to = ctx.persistent(`pruned ${from.label}`, from.shape);
    made.push(to);
    ctx.step(() => copy(ctx, from, to));
    return to;
  };
  const blocks = dense.weights.blocks.map((block) => ({
    ...block,
    up: { ...block.up, weight: copied(block.up.weight) },
    down: { ...block.down, weight: copied(block.down.weight) },
  }));
  return {
    config: dense.config,
    selection: dense.selection,
    weights: { ...dense.weights, blocks },
    gpuBytes: made.reduce((sum, tensor) => sum + tensor.buffer.bytes, 0),
    free: () => ctx.free(...made),
  };
}
