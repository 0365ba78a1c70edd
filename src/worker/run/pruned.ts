// The two kinds of pruning in the worker: the architecture of a run at some ratio, and single weights.
import {
  architectureOf,
  type Budget,
  type GateLayout,
  keptTotalWeights,
  keptWeights,
  type LowRankAdapter,
  type Masks,
  type Recipe,
  type RecoveredValues,
  type RecoveryReceipt,
  sharingOf,
  type Targets,
  type TextRef,
  type WeightMasks,
  type WeightRecipe,
} from "../../engine/index.ts";
import type { PerplexityResult } from "../payloads/measure.ts";
import type { PrunedId, RunArchitecture } from "../payloads/run.ts";
import type { PrunedMlp } from "../payloads/weights.ts";
import { prunedIdOf } from "../prunedId.ts";

/** Gate logits of a run at some step: the architectures of all ratios follow from them. */
export interface GateLogits extends Pick<PrunedId, "run" | "step"> {
  /** Flat, in the order of `gateLayout`, with padding. */
  values: Float32Array<ArrayBuffer>;
  recipe: Recipe;
  /** Of a run for one ratio: which ratios its steps were for so far. */
  targets: Targets;
  /** The text that the run is trained on. */
  calibration: TextRef;
}

/** How the kept weights were refitted or trained after pruning. */
interface Recovery extends Omit<RecoveryReceipt, "prunedBefore"> {
  /** The pruning whose weights were refitted or trained; of training after a refit, the refitted one. */
  before: Pruned;
  /** Its perplexity on the evaluation text of that time. */
  reading: PerplexityResult;
}

interface KeptWeights {
  /** Kept weights that are not the file's: recovered ones, or those that SparseGPT has updated. */
  values?: RecoveredValues;
  /** In the values, where a low-rank recovery made them. */
  adapter?: LowRankAdapter;
  recovery?: Recovery;
}

export interface PrunedByGates extends KeptWeights {
  kind: "gates";
  masks: Masks;
  made: RunArchitecture["made"];
  /** For the page; its masks are the same ones. */
  architecture: RunArchitecture;
  calibration: TextRef;
}

export interface PrunedByWeights extends KeptWeights {
  kind: "weights";
  masks: WeightMasks;
  recipe: WeightRecipe;
  /** For the page. */
  facts: PrunedMlp;
  calibration: TextRef;
}

export type Pruned = PrunedByGates | PrunedByWeights;

export const idOf = (pruned: Pruned): PrunedId =>
  prunedIdOf(pruned.kind === "gates" ? pruned.architecture : pruned.facts);

/** What was pruned, before its weights were refitted or trained. */
export function unrecovered(pruned: Pruned): Pruned {
  return pruned.recovery ? unrecovered(pruned.recovery.before) : pruned;
}

/** A run's architecture at a ratio. */
export function prunedAt(logits: GateLogits, layout: GateLayout, budget: Budget, ratio: number): PrunedByGates {
  const { run, recipe, step, calibration, values } = logits;
  const { masks, counts } = architectureOf(values, { layout, budget, ratio, sharing: sharingOf(recipe, layout) });
  const made = madeAt(logits, ratio);
  const pruned = prunedByMasks(masks, counts, budget, { run, ratio, step, made, calibration });
  if (recipe.ratioMode === "one") return pruned;
  const trainedFor = { from: recipe.ratioFrom, to: recipe.ratioTo };
  return { ...pruned, architecture: { ...pruned.architecture, trainedFor } };
}

/** The ratio that the run was trained for last; null for a run for every ratio. */
export function trainedRatioOf({ recipe, targets }: GateLogits): number | null {
  return recipe.ratioMode === "every" ? null : (targets.at(-1)?.[1] ?? recipe.ratio);
}

function madeAt(logits: GateLogits, ratio: number): RunArchitecture["made"] {
  const { recipe, step: steps, targets } = logits;
  const trained = trainedRatioOf(logits);
  return {
    ...{ kind: "disp", recipe: { ...recipe, ratio: trained ?? ratio }, steps },
    ...(trained !== null && targets.length > 0 ? { targets } : {}),
    ...(trained !== null && trained !== ratio ? { point: ratio } : {}),
  };
}

/** The pruning by given masks of the 5L vectors. counts: |s| of each. */
export function prunedByMasks(
  masks: Masks,
  counts: readonly number[],
  budget: Budget,
  { run, ratio, step, made, calibration }: Omit<PrunedId, "recipe"> & Pick<PrunedByGates, "made" | "calibration">,
): PrunedByGates {
  const architecture = {
    ...{ run, ratio, step, masks, counts, made },
    keptWeights: keptWeights(budget, counts),
    keptTotalWeights: keptTotalWeights(budget, counts),
  };
  return { kind: "gates", masks, made, architecture, calibration };
}
