// One-shot pruning of a model's MLP weights, block by block: norms with the earlier blocks already pruned, scores, zeroing (METHOD.md 2).
import type { Ctx } from "../../ctx.ts";
import { invariant } from "../../errors.ts";
import type { Model } from "../../model/load.ts";
import { requireOwnWeights } from "../../model/ownWeights.ts";
import { DENSE } from "../../model/selection.ts";
import { copyInto } from "../../ops/arithmetic.ts";
import { embedding } from "../../ops/embedding.ts";
import { heightOf, inOneBuffer, type RowParts } from "../../ops/kit/rowParts.ts";
import { matrixOf, type Tensor } from "../../tensor.ts";
import type { BlockWeights } from "../../model/decoderWeights.ts";
import type { BlockNorms, BlockPruner } from "./blockPruner.ts";
import { CalibrationStream, stopped } from "./calibrationStream.ts";
import { checkFits, type MlpMatrix, mlpMatrices } from "../../masks/mlpMatrices.ts";
import { applyBlock, type PrunedBlock, updatedBlock } from "./prunedBlock.ts";
import { sparseGptPruner } from "./sparseGptPruner.ts";
import type { WeightMask, WeightMasks } from "../../masks/weightMasks.ts";
import { parsePattern, type WeightRecipe } from "../../recipes/weightRecipe.ts";
import { scoredPruner } from "./scoredPruner.ts";

export interface PrunedWeights {
  /** The dense model with its own pruned copies of the MLP matrices; `free` frees only the copies. */
  readonly model: Model;
  readonly masks: WeightMasks;
  /** One per block; empty for magnitude, which does not use activations. */
  readonly norms: readonly BlockNorms[];
}

interface WeightPruningInput {
  /** Method, and pattern such as "2:4" or "50%". */
  recipe: Pick<WeightRecipe, "method" | "pattern">;
  /** Token ids to calibrate on; magnitude needs none. */
  sequences: readonly Uint32Array[];
}

interface WeightPruningOptions {
  /** Units of work done and in total: each pass of a sequence through a block is one, and so is each matrix. */
  onProgress?: (done: number, of: number) => void;
  cancelled?: () => boolean;
  /** Blocks that an interrupted pruning of the same recipe and sequences has made; they are not pruned again. */
  known?: (block: number) => Promise<PrunedBlock | undefined>;
  /** Awaited with each block that is pruned now. */
  onBlock?: (pruned: PrunedBlock) => Promise<void>;
}

/**
 * Prunes gate, up and down (fc1 and fc2) of every block, in copies: `dense` does not change. Throws what `checkFits` throws, "shape" without
 * sequences, "not-finite" for activations that are not finite, and "cancelled".
 */
export async function pruneWeights(
  ctx: Ctx,
  dense: Model,
  { recipe, sequences }: WeightPruningInput,
  { onProgress, cancelled, known, onBlock }: WeightPruningOptions = {},
): Promise<PrunedWeights> {
  const { config } = dense;
  const { method } = recipe;
  checkFits(config, recipe);
  requireOwnWeights(dense, "Pruning of single weights");
  const pattern = parsePattern(recipe.pattern);
  const calibrated = method !== "magnitude";
  invariant(
    !calibrated || sequences.length > 0,
    "shape",
    "calibration text: expected at least one sequence, got none. Choose a longer text.",
  );
  const matrices = mlpMatrices(config);
  const passes = calibrated ? sequences.length : 0;
  const total = 2 * passes * config.layers + matrices.length;
  let done = 0;
  const advance = (by = 1): void => onProgress?.((done += by), total);
  const pruned = copyMlp(ctx, dense);
  const watch = { onSequence: advance, ...(cancelled ? { cancelled } : {}) };
  const stream = calibrated ? new CalibrationStream(ctx, pruned, sequences, watch) : undefined;
  const pruner =
    method === "sparsegpt"
      ? sparseGptPruner(ctx, config, pattern, sequences.length)
      : scoredPruner(ctx, config, method, pattern);
  const pause = (): Promise<void> => breathe(cancelled);
  const blocks: PrunedBlock[] = [];
  try {
    for (const [l, weights] of pruned.weights.blocks.entries()) {
      const of = matrices.filter((one) => one.block === l);
      const before = await known?.(l);
      if (before) {
        await applyBlock(ctx, weights, before);
        advance(passes + of.length);
      }
      const made =
        before ?? (await pruneBlock({ weights, block: l, matrices: of }, { pruner, stream, pause, advance }));
      if (!before) await onBlock?.(method === "sparsegpt" ? await updatedBlock(ctx, weights, made) : made);
      blocks.push(made);
      await stream?.advance(l);
    }
    const norms = blocks.flatMap((block) => block.norms ?? []);
    return { model: pruned, masks: blocks.flatMap(({ masks }) => masks), norms };
  } catch (error) {
    pruned.free();
    throw error;
  } finally {
    stream?.free();
    pruner.free();
  }
}

interface BlockTools {
  pruner: BlockPruner;
  stream: CalibrationStream | undefined;
  pause: () => Promise<void>;
  /** Called for each matrix. */
  advance: () => void;
}

/** Observes one block's inputs and prunes its matrices in place. */
async function pruneBlock(
  { weights, block, matrices }: { weights: BlockWeights; block: number; matrices: readonly MlpMatrix[] },
  { pruner, stream, pause, advance }: BlockTools,
): Promise<PrunedBlock> {
  let norms: BlockNorms | undefined;
  if (stream) {
    pruner.begin();
    await stream.observe(block, pruner.observe);
    norms = await pruner.norms(block);
  }
  const masks: WeightMask[] = [];
  for (const matrix of matrices) {
    await pause();
    masks.push(await pruner.prune(weights, matrix, pause));
    advance();
  }
  return { block, masks, ...(norms ? { norms } : {}) };
}

/** Lets the event loop run, so that a request to stop arrives, and stops if there was one. */
async function breathe(cancelled: (() => boolean) | undefined): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve));
  if (cancelled?.()) throw stopped();
}

/**
 * A matrix in one f32 tensor, which scores, zeroing and training work on: its only part, or all rows of parts in f16 or blocks. `what` needs
 * it and begins the error's sentence. Throws "limit" if it has several parts because it is too large for one.
 */
export function floatsOf(ctx: Ctx, parts: RowParts, what: string): Tensor {
  const mixed = new Set(parts.map(({ dtype }) => dtype)).size > 1;
  const only = mixed ? undefined : inOneBuffer(parts, what);
  if (only?.dtype === "f32") return only;
  const rows = heightOf(parts);
  const all = Uint32Array.from({ length: rows }, (_, row) => row);
  return embedding(ctx, ctx.upload(all, [rows], "rows"), parts);
}

/** The dense model with its own copies of the MLP matrices, in f32; `free` frees only the copies. */
export function copyMlp(ctx: Ctx, dense: Model): Model {
  invariant(dense.selection === DENSE, "bug", "single weights are pruned in the dense model, not in a compact one");
  const made: Tensor[] = [];
  const copied = (from: RowParts): RowParts => {
    const cols = from[0] ? matrixOf(from[0]).cols : 0;
    const to = ctx.persistent(`pruned ${from[0]?.label ?? "matrix"}`, [heightOf(from), cols]);
    made.push(to);
    ctx.step(() => copyInto(ctx, to, floatsOf(ctx, from, "pruning single weights")));
    return [to];
  };
  const free = (): void => ctx.free(...made);
  try {
    const blocks = dense.weights.blocks.map((block) => ({
      ...block,
      up: { ...block.up, weight: copied(block.up.weight) },
      down: { ...block.down, weight: copied(block.down.weight) },
    }));
    const { config, precision, selection } = dense;
    const gpuBytes = made.reduce((sum, tensor) => sum + tensor.buffer.bytes, 0);
    return { config, precision, selection, weights: { ...dense.weights, blocks }, gpuBytes, free };
  } catch (error) {
    free();
    throw error;
  }
}
