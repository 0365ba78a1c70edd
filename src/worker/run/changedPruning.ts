// A pruning whose kept weights were refitted or trained, as a pruning with an id of its own.
import {
  budgetOf,
  type Ctx,
  type Model,
  type OpenedModel,
  overlaid,
  type RecoveredValues,
  recoveryResult,
  updatedValues,
} from "../../engine/index.ts";
import type { PerplexityResult } from "../payloads/measure.ts";
import { type Pruned, prunedByMasks } from "./pruned.ts";

/** Kept weights of a pruning that are not the file's. SparseGPT's are read from its model, which cannot be made from the masks again. */
export async function knownValues(ctx: Ctx, pruned: Pruned, model: Model): Promise<RecoveredValues | undefined> {
  if (pruned.values) return pruned.values;
  const updates = pruned.kind === "weights" && pruned.recipe.method === "sparsegpt";
  return updates ? updatedValues(ctx, model, pruned.masks) : undefined;
}

interface Changed {
  opened: OpenedModel;
  /** The pruning before. */
  pruned: Pruned;
  /** Its `knownValues`. */
  known: RecoveredValues | undefined;
  /** Perplexity of `pruned` on the evaluation text. */
  before: PerplexityResult;
  /** What was done to the weights so far. */
  steps: Parameters<typeof recoveryResult>[0];
}

/** `pruned` with `changed` values for some of its kept weights. */
export async function changedPruning(
  { opened, pruned, known, before: reading, steps }: Changed,
  changed: RecoveredValues,
): Promise<Pruned> {
  // What SparseGPT updated is kept for going back.
  const before: Pruned = known && !pruned.values ? { ...pruned, values: known } : pruned;
  const values = new Map([...(known ?? []), ...changed]);
  const result = await recoveryResult(steps, overlaid(opened.weights, values), values);
  const recovery = { ...result, before, reading };
  const run = crypto.randomUUID();
  // A list of masks of its own: the model on the GPU is found by it, and has other weights than before.
  if (pruned.kind === "weights")
    return { ...pruned, masks: pruned.masks.slice(), facts: { ...pruned.facts, run }, values, recovery };
  const masks = pruned.masks.slice();
  const { architecture, made, calibration } = pruned;
  const { ratio, step, counts } = architecture;
  const of = { run, ratio, step, made, calibration };
  return { ...prunedByMasks(masks, counts, budgetOf(opened.config), of), values, recovery };
}
