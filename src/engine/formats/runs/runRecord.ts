// A finished run, as in the library of runs, its JSON file and compare.json: what was done, what is kept, what it costs.
import { recipeJson, type Recipe } from "../../recipes/recipe.ts";
import type { WeightRecipe } from "../../recipes/weightRecipe.ts";
import type { Targets } from "../../recipes/targets.ts";
import type { PerplexityPair, Share, TextRef } from "../receipt/receiptTypes.ts";
import type { RecoveryReceipt } from "../receipt/recoveryReceipt.ts";
import { historyJson, type RunHistory } from "./runHistory.ts";
import type { RunScores } from "./runScores.ts";

export const RUN_FORMAT = "espalier-run-1";

/** Masks of the same budget, for comparison with a trained architecture (METHOD.md 1.5): random ones, and the largest structures. */
export const BASELINE_METHODS = ["random", "uniform-magnitude"] as const;
export type BaselineMethod = (typeof BASELINE_METHODS)[number];

/** A training. */
interface TrainedRecipe {
  kind: "disp";
  /** Its ratio is the one that the run was trained for last; of a run for every ratio, that of the masks. */
  recipe: Recipe;
  steps: number;
  /** The targets of a run for one ratio; missing where they were not recorded (older files). */
  targets?: Targets;
  /** The ratio of the masks where that is not the trained one: a point of the run, made by another threshold on its gate logits. */
  point?: number;
}

/** What made the masks. A baseline needs only a ratio and a seed. */
export type RunRecipe =
  | TrainedRecipe
  | { kind: "weights"; recipe: WeightRecipe }
  | { kind: "baseline"; method: BaselineMethod; ratio: number; seed: number };

/** Base64 bitsets as in receipts: of the 5L vectors in order, or of the MLP's matrices with their tensor names. */
export type RunMasks =
  | { kind: "gates"; sizes: readonly number[]; masks: readonly string[] }
  | { kind: "weights"; matrices: readonly { name: string; shape: readonly [number, number]; mask: string }[] };

/** What lists and charts show: everything except the masks. */
export interface RunRecord {
  format: typeof RUN_FORMAT;
  id: string;
  name: string;
  /** ISO time. */
  finished: string;
  adapter: string;
  model: { name: string; modelType: string; fingerprint: string };
  made: RunRecipe;
  calibration: TextRef;
  /** Dense and pruned on one text, with its context and tokens. */
  perplexity: PerplexityPair;
  /** Kept block weights and kept parameters; `bytes` of the weights in the model's dtype: of the compact form for gates, dense for single weights. */
  kept: { blockWeights: Share; modelWeights: Share; bytes: number };
  /** Milliseconds per token of greedy decoding on `adapter`, medians; null where not measured. */
  msPerToken: { dense: number; pruned: number } | null;
  /** Of a run whose kept weights were trained afterwards: its masks alone do not rebuild the model. */
  recovery?: RecoveryReceipt;
  /** Zero-shot scores; missing where they were not measured. */
  scores?: RunScores;
}

export interface Run {
  record: RunRecord;
  masks: RunMasks;
  /** Metrics and readings of a training; missing where they were not saved. */
  history?: RunHistory;
}

/** The record as it is stored in files and in the browser's database, where the ratio is called `keep`. `readRunRecord` reads it back. */
export function recordJson({ made, ...record }: RunRecord): Record<string, unknown> & { id: string } {
  return { ...record, made: madeJson(made) };
}

/** The run as it is stored in files; `readRuns` reads it back. */
export function runJson({ record, masks, history }: Run): Record<string, unknown> {
  return { record: recordJson(record), masks, ...(history ? { history: historyJson(history) } : {}) };
}

function madeJson(made: RunRecipe): unknown {
  switch (made.kind) {
    case "disp":
      return { ...made, recipe: recipeJson(made.recipe) };
    case "weights":
      return made;
    case "baseline": {
      const { kind, method, ratio, seed } = made;
      return { kind, method, keep: ratio, seed };
    }
  }
}
