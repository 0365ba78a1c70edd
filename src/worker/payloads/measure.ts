// What is measured: perplexities and their curves, the cost of quantising, zero-shot scores, and the check of an adapter.
import type { LabTable } from "../../lab/adapterTables.ts";
import type {
  Perplexity,
  PerplexityPair,
  QuantisationCost,
  RunScores,
  TextRef,
  TextTask,
  ZeroShotTask,
} from "../../engine/index.ts";
import type { PrunedId, RunArchitecture } from "./run.ts";

/** A perplexity, and everything that it depends on. */
export interface PerplexityResult extends Pick<Perplexity, "value" | "context" | "tokens"> {
  text: TextRef;
  /** Whether the tokenizer's <s> was prepended: always false here. */
  beginToken: boolean;
  /** Present where the matrices were quantised when the model was opened. */
  quantised?: PerplexityPair["quantised"];
}

/** What quantising on opening costs, on the tokens of a perplexity of the quantised model. */
export interface QuantisationResult {
  cost: QuantisationCost;
  of: PerplexityResult;
}

export type Subject = "dense" | "pruned";

/** A zero-shot task: made from the evaluation text, or as it was read from a file. */
export type TaskChoice = { made: TextTask } | { file: TextRef; task: ZeroShotTask };

/** A point of a run's curve: its architecture at one ratio, and the perplexity of that. */
export interface CurvePoint {
  architecture: RunArchitecture;
  result: PerplexityResult;
  /** Of the model: saved runs of the same model, text and length can be drawn beside it. */
  fingerprint: string;
}

/** Zero-shot scores of a pruning beside the dense model. */
export interface ScoreReport {
  /** The current pruning at the time when the work began; the dense model where nothing was pruned. */
  of: PrunedId;
  scores: RunScores;
  /** It was stopped: some scores are missing. */
  stopped: boolean;
}

/** What a check of the adapter found, ready to be shown and saved. */
export interface AdapterCheck {
  /** The lab's result (src/lab/labResult.ts), as `npm run bench -- --import FILE` takes it. */
  json: string;
  /** The same as text for people. */
  markdown: string;
  tables: readonly LabTable[];
  /** A line per kind of comparison. */
  lines: readonly string[];
  /** Comparisons with references, and those that failed, in words. */
  checks: number;
  failed: readonly string[];
  seconds: number;
  /** It was stopped: some parts are missing. */
  stopped: boolean;
}
