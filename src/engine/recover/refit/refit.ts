// Refits the kept weights of a pruned model: least squares of each linear layer, block by block, on inputs that the refitted blocks before it
// give (METHOD.md 7). No training.
import type { Ctx } from "../../ctx.ts";
import { EngineError, invariant } from "../../errors.ts";
import type { BlockLayer } from "../../model/decoderWeights.ts";
import type { Model } from "../../model/load.ts";
import { requireOwnWeights } from "../../model/ownWeights.ts";
import { isKept, type WeightMask } from "../../masks/weightMasks.ts";
import { checkRefitRecipe, type RefitRecipe } from "../../recipes/refitRecipe.ts";
import { calibrationSequences } from "../../train/batches.ts";
import { type GuardRecord, guarded, guardedText, guardPerplexity } from "../guard.ts";
import type { RecoveredValues } from "../overlay.ts";
import { masksOf, type Pruning, TRAINED_LAYERS } from "../storedParts.ts";
import { copiedStudent, type CopiedStudent, type CopiedTensor } from "../student.ts";
import { type InputSums, inputSums, type Pause, solveAll, solveKept } from "./leastSquares.ts";
import { type ObservedLayer, ResidualStreams } from "./residualStreams.ts";

interface RefitInput {
  /** The model before pruning: the target. */
  dense: Model;
  /** The pruned model. It does not change: its refitted matrices are copied. */
  pruned: Model;
  pruning: Pruning;
  recipe: RefitRecipe;
  /** Token ids of the calibration text; its end becomes the guard's slice. */
  text: Uint32Array;
  /** Tokens of a window of the guard. */
  context: number;
}

interface RefitOptions {
  /** Units of work done and in total: a pass of a sequence through a block is one, and so is a matrix. */
  onProgress?: (done: number, of: number) => void;
  cancelled?: () => boolean;
}

interface Refitted {
  /** Step 0 is the pruned model, step 1 the refitted one. */
  guard: GuardRecord;
  /** By the names and in the shapes of the file's tensors; what was cut is 0. Missing where the guard measured no improvement. */
  values?: RecoveredValues;
}

/** What the parts of a refit need. */
interface Work {
  ctx: Ctx;
  student: CopiedStudent;
  streams: ResidualStreams;
  recipe: RefitRecipe;
  masks: ReadonlyMap<string, WeightMask>;
  /** Lets the event loop run; throws "cancelled". */
  pause: Pause;
  /** Counts a unit of work; throws "cancelled". */
  advance: () => void;
}

/**
 * Refits copies of the pruned model's matrices. Throws "config" for the recipe, "shape" for a text that is too short, "limit" for a matrix
 * that needs several buffers, "not-finite" and "cancelled".
 */
export async function refit(ctx: Ctx, input: RefitInput, options: RefitOptions = {}): Promise<Refitted> {
  const { dense, pruned, pruning } = input;
  requireOwnWeights(dense, "A refit");
  const recipe = checkRefitRecipe(input.recipe);
  const { config } = pruned;
  const text = guardedText(input.text, Math.min(input.context, config.context));
  const tokens = Math.min(recipe.tokens, config.context);
  const sequences = calibrationSequences(text.training, { ...recipe, tokens });
  const masks = masksOf(config, pruning);
  const before = guarded(undefined, 0, await guardPerplexity(ctx, pruned, text), text.guard.length);
  // The copies and the streams of all sequences may not fit.
  const { student, streams } = await ctx.gpu.checked(
    "a refit",
    () => makeRefitState(ctx, { dense, pruned, pruning, recipe, sequences }),
    (made) => made.free(),
  );
  try {
    const work = { ...{ ctx, student, streams, recipe, masks }, ...progress(options, recipe, student) };
    for (const block of pruned.weights.blocks.keys()) await refitBlock(work, block);
    const guard = guarded(before, 1, await guardPerplexity(ctx, student.model, text), text.guard.length);
    if (guard.bestStep === 0) return { guard };
    const thetas = student.trained.map(({ theta }) => theta);
    return { guard, values: await student.values(thetas) };
  } finally {
    streams.free();
    student.free();
  }
}

/** The copies of the matrices, and the streams of all sequences. The caller frees both. */
export function makeRefitState(
  ctx: Ctx,
  { dense, pruned, pruning, recipe, sequences }: Omit<RefitInput, "text" | "context"> & { sequences: Uint32Array[] },
): { student: CopiedStudent; streams: ResidualStreams; free: () => void } {
  const student = copiedStudent(ctx, pruned, { pruning, matrices: recipe.matrices });
  const streams = new ResidualStreams(ctx, { dense, pruned: student.model }, sequences);
  const free = (): void => {
    streams.free();
    student.free();
  };
  return { student, streams, free };
}

function progress(
  { onProgress, cancelled }: RefitOptions,
  { sequences, matrices }: RefitRecipe,
  { model, trained }: CopiedStudent,
): Pick<Work, "pause" | "advance"> {
  const passes = model.config.layers * (TRAINED_LAYERS[matrices].length + 1);
  const total = sequences * passes + trained.filter(isMatrix).flatMap(({ parts }) => parts).length;
  let done = 0;
  const check = (): void => {
    if (cancelled?.()) throw new EngineError("cancelled", "The refit was stopped; the weights stay as they were.");
  };
  return {
    pause: async () => {
      await new Promise((resolve) => setTimeout(resolve));
      check();
    },
    advance: () => {
      check();
      onProgress?.(++done, total);
    },
  };
}

const isMatrix = ({ theta }: CopiedTensor): boolean => theta.shape.length === 2;

/** Refits the layers of a block in the order in which they run: each gets its inputs from those refitted before it. */
async function refitBlock(work: Work, block: number): Promise<void> {
  const { student, streams, recipe, advance } = work;
  for (const layer of TRAINED_LAYERS[recipe.matrices]) {
    const at = { block, layer };
    await refitLayer(work, at, copyOf(student, at));
  }
  await streams.advance(block, advance);
}

interface LayerOfBlock {
  block: number;
  layer: BlockLayer;
}

/** The copied matrix of a layer. */
export function copyOf({ model, trained }: CopiedStudent, { block, layer }: LayerOfBlock): CopiedTensor {
  const weight = model.weights.blocks[block]?.[layer].weight[0];
  const found = trained.find(({ theta }) => theta === weight);
  invariant(found, "bug", `refit: ${layer} of block ${block} was not copied`);
  return found;
}

async function refitLayer(work: Work, at: LayerOfBlock, tensor: CopiedTensor): Promise<void> {
  const { ctx, streams, advance } = work;
  const observed = observedLayer(ctx, at, tensor);
  const { gram, cross, outputs } = observed;
  try {
    await streams.observe(observed, advance);
    const sums = { gram: await ctx.read(gram), cross: await ctx.read(cross) };
    const finite = sums.gram.every(Number.isFinite) && sums.cross.every(Number.isFinite);
    const where = `${at.layer} of block ${at.block}`;
    invariant(finite, "not-finite", `The activations at ${where} are not finite, so it cannot be refitted.`);
    await solve(work, tensor, sums);
  } finally {
    ctx.free(gram, cross, ...(outputs ? [outputs] : []));
  }
}

/** Where the sums of a layer go; the caller frees its tensors. */
export function observedLayer(ctx: Ctx, at: LayerOfBlock, { theta, parts, width }: CopiedTensor): ObservedLayer {
  const [height = 0] = theta.shape;
  const index = new Uint32Array(height); // padding reads output 0, and is ignored
  let denseRows = 0;
  for (const { firstRow, rows, kept, shape } of parts) {
    for (let row = 0; row < rows; row++) index[firstRow + row] = denseRows + (kept.rows?.[row] ?? row);
    denseRows += shape[0] ?? 0;
  }
  const same = height === denseRows && index.every((output, row) => output === row);
  return {
    ...{ ...at, denseRows },
    gram: ctx.persistent("gram of a refit", [width, width]),
    cross: ctx.persistent("cross products of a refit", [height, width]),
    ...(same ? {} : { outputs: ctx.persistent("outputs", [height], { dtype: "u32", data: index }) }),
  };
}

/** Solves the parts of a packed matrix, which share their inputs, and writes what changes. */
async function solve(
  { ctx, recipe: { ridge }, masks, pause, advance }: Work,
  { theta, width, parts }: CopiedTensor,
  { gram, cross }: { gram: Float32Array; cross: Float32Array },
): Promise<void> {
  const values = await ctx.read(theta);
  const inputs = inputSums(gram, { width, cols: parts[0]?.cols ?? width, ridge });
  for (const { firstRow, rows, cols, name } of parts) {
    const mask = masks.get(name);
    const right = Float64Array.from({ length: rows * cols }, (_, i) => {
      return cross[(firstRow + Math.floor(i / cols)) * width + (i % cols)]!;
    });
    const change = inputs && (await changeOf(inputs, right, mask, pause));
    change?.forEach((by, i) => {
      const to = (firstRow + Math.floor(i / cols)) * width + (i % cols);
      values[to] = values[to]! + by;
    });
    advance();
  }
  ctx.write(theta, values);
}

function changeOf(
  inputs: InputSums,
  right: Float64Array,
  mask: WeightMask | undefined,
  pause: Pause,
): Promise<Float64Array> {
  if (!mask) return solveAll(inputs, right, pause);
  const { cols } = inputs;
  const columns = Array.from({ length: cols }, (_, col) => col);
  const keptOf = (row: number): number[] => columns.filter((col) => isKept(mask, row * cols + col));
  return solveKept(inputs, right, keptOf, pause);
}
