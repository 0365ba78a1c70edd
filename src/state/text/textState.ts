// State of the texts, of the perplexities measured on them, and of generated text.
import type { EngineError } from "../../engine/index.ts";
import type { TextSources } from "../../shared/texts.ts";
import type { PerplexityResult, PrunedId, QuantisationResult, Subject } from "../../worker/protocol.ts";

/** A perplexity, and the masks that it was measured with. */
export interface PerplexityReading {
  of: PrunedId;
  result: PerplexityResult;
  /** The text or the number of tokens has changed since. */
  stale?: true;
}

/** A number that is measured now and then; the last reading stays on the screen. */
export type Measured =
  | { phase: "none" }
  | { phase: "measuring"; last: PerplexityReading | null; of: PrunedId }
  | { phase: "measured"; last: PerplexityReading }
  | { phase: "failed"; last: PerplexityReading | null; error: EngineError };

/** The last reading, whatever the phase. */
export function lastOf(measured: Measured): PerplexityReading | null {
  return measured.phase === "none" ? null : measured.last;
}

type MeasuredOn = Pick<PerplexityResult, "text" | "context" | "tokens">;

/** Whether two perplexities can be compared: equal text, context and number of tokens. */
export const sameReading = (a: MeasuredOn, b: MeasuredOn): boolean =>
  a.text.sha256 === b.text.sha256 && a.context === b.context && a.tokens === b.tokens;

export interface TextSlice extends TextSources {
  /** Tokens of the two texts; null until they are encoded. */
  counts: { calibrationTokens: number; evaluationTokens: number } | null;
  textError: EngineError | null;
  /** Changes the texts; the earlier ones come back if the worker refuses. */
  setTexts(texts: Partial<TextSources>): Promise<void>;
  /** Waits for a change of the texts that has not ended. Resolves with whether the worker took it; true if there is none. */
  areTextsSet(): Promise<boolean>;
}

/** What quantising the open model on opening costs; "none" also where it was not quantised. */
type Quantisation =
  | { phase: "none" }
  | { phase: "measuring" }
  /** memoryBytes: the memory of the GPU as it was given then. */
  | { phase: "measured"; result: QuantisationResult; memoryBytes: number | null }
  | { phase: "failed"; error: EngineError };

export interface PerplexitySlice {
  /** How many tokens perplexity is measured on. */
  evaluationTokens: number;
  dense: Measured;
  pruned: Measured;
  quantisation: Quantisation;
  setEvaluationTokens(tokens: number): void;
  /** Stops measurements, also those that wait for their turn; the last readings stay. */
  stopMeasuring(): void;
  /** Measures the dense model, unless that is known. Resolves when it is, when it failed, or when it stopped and is not wanted any more. */
  measureDense(isWanted: () => boolean): Promise<void>;
  /** Measures what is not known yet of the current models on the current text. */
  measureMissing(): void;
  /** Measures the pruned model where that is missing, also while a run is about to begin, and waits for a measurement that is under way. */
  measurePruned(): Promise<void>;
}

export interface GenerateSlice {
  generation:
    | { phase: "idle" }
    | { phase: "writing"; subject: Subject }
    | { phase: "written"; of: PrunedId }
    /** What had been written by then stays; of: what was to write, null where nothing was pruned. */
    | { phase: "stopped"; of: PrunedId | null }
    | { phase: "failed"; error: EngineError; of: PrunedId | null };
  prompt: string;
  generateTokens: number;
  temperature: number;
  textSeed: number;
  /** What the texts were written with: the fields above may have changed since. */
  writtenWith: { prompt: string; temperature: number; seed: number } | null;
  denseText: string;
  prunedText: string;
  setGeneration(patch: Partial<Pick<GenerateSlice, "prompt" | "generateTokens" | "temperature" | "textSeed">>): void;
  generate(): Promise<void>;
  cancelGenerate(): Promise<void>;
}
