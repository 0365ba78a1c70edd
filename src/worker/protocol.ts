// The messages between the page and the worker: types only.
import type {
  ExportedForm,
  Form,
  PlainError,
  PlanResult,
  PlanWish,
  Recipe,
  Run,
  RunRecord,
  SpeedReport,
  WeightRecipe,
} from "../engine/index.ts";
import type { TextSources } from "../shared/texts.ts";
import type { CachedModel, ModelFacts, ModelSource } from "./payloads/model.ts";
import type { Progress, Task } from "./payloads/task.ts";
import type {
  CurvePoint,
  AdapterCheck,
  PerplexityResult,
  QuantisationResult,
  ScoreReport,
  Subject,
  TaskChoice,
} from "./payloads/measure.ts";
import type { Metrics, PrunedId, RunArchitecture, RunElsewhere, RunState, ShownLogits } from "./payloads/run.ts";
import type { GuardReading, PausedRecovery, RecoverSettings, RecoveryFacts } from "./payloads/recovery.ts";
import type { MatrixRequest, MatrixView, NamedWindow, PrunedMlp, WeightWindow } from "./payloads/weights.ts";
import type { NextTokens, PairTexts, TokenLosses } from "./payloads/comparison.ts";
import type { ExportChoice, SizedForms, NestedExport, Savable } from "./payloads/export.ts";
import type { StorageReport, StoredKind } from "./payloads/storage.ts";

export type * from "./payloads/model.ts";
export type * from "./payloads/task.ts";
export type * from "./payloads/measure.ts";
export type * from "./payloads/run.ts";
export type * from "./payloads/recovery.ts";
export type * from "./payloads/weights.ts";
export type * from "./payloads/comparison.ts";
export type * from "./payloads/export.ts";
export type * from "./payloads/storage.ts";

/** Every command is answered by one "reply" or "failure" with the same id. */
export type Command =
  | { type: "open"; source: ModelSource }
  /** Sets the memory of the GPU that plans have to fit into, null for no limit, and plans the open model anew: the fastest plan, or the wanted one. */
  | { type: "memory"; bytes: number | null; wanted?: PlanWish }
  /** Lists the cached models, last used first. */
  | { type: "library" }
  | { type: "forget"; address: string }
  /** Lists what the browser stores. */
  | { type: "storage" }
  /** Removes stored things of one kind. What a tab uses stays. */
  | { type: "removeStored"; kind: StoredKind; ids: readonly string[] }
  | ({ type: "texts" } & TextSources)
  /** tokens: how many of the evaluation text are measured while it trains. resume: refused unless it continues the checkpoint. */
  | { type: "train"; recipe: Recipe; tokens: number; resume?: true }
  | { type: "step"; recipe: Recipe; tokens: number }
  | { type: "pause" }
  | { type: "stop" }
  | { type: "reset" }
  /**
   * Moves the target: the ratio of the next training step, and of the run's architecture while that is the current pruning. show: makes it
   * the current pruning again.
   */
  | { type: "target"; ratio: number; show?: true }
  /** Asks for the gate logits of the run's architecture. */
  | { type: "gateLogits" }
  /** Prunes single weights. They are the current pruning until a run or "target" with `show` gives an architecture. */
  | { type: "pruneWeights"; recipe: WeightRecipe }
  /**
   * Trains the kept weights of the current pruning towards the dense model. Cancelling it ends it early: the best weights so far stay.
   * tokens: how many of the evaluation text are measured before it. resume: continues the paused one, whose choice it must be.
   */
  | { type: "recover"; choice: RecoverSettings; tokens: number; resume?: true }
  /** Refits the kept weights of the current pruning by least squares, without training. tokens: as for `recover`. */
  | { type: "refit"; tokens: number }
  /** Pauses the training after the current step. Its state stays on disk, so that it can be resumed in a later session. */
  | { type: "pauseRecovery" }
  /** Makes the pruning of the paused recovery the current one, so that "recover" with `resume` can continue it. */
  | { type: "restoreRecovery" }
  | { type: "discardRecovery" }
  /** Makes the pruning before the recovery the current one again. */
  | { type: "undoRecovery" }
  | ({ type: "weightWindow" } & NamedWindow)
  /** Reads a matrix as cells of weights. A later one cancels it. */
  | ({ type: "matrix" } & MatrixRequest)
  /**
   * Asks for a record. run: of the run at the ratio that it was trained for, which is measured if it was not yet. shown: of the current
   * pruning. msPerToken: medians of the current pruning, if they were measured.
   */
  | { type: "record"; of: "run" | "shown"; msPerToken: { dense: number; pruned: number } | null }
  /** Makes a saved run the current pruning. */
  | { type: "restore"; run: Run }
  /** Makes the dense model the only one: nothing is pruned. Checkpoints stay as they are. */
  | { type: "showDense" }
  /** Asks for the finished runs that come with the page. */
  | { type: "examples" }
  /** Null: the dense model; so below. */
  | { type: "tokenLosses"; first: Run | null; second: Run | null; tokens: number }
  /** Writes text with one after the other. */
  | ({ type: "pairTexts"; first: Run | null; second: Run | null } & Sampling)
  /** Asks for the likeliest tokens after `ids` under both, and under the dense model. */
  | { type: "nextTokens"; first: Run | null; second: Run | null; ids: readonly number[] }
  /**
   * Scores zero-shot tasks with at most `items` items each, and agreement with the dense model on `tokens` of the evaluation text. Cancelling
   * it ends it early: what is complete stays.
   */
  | { type: "scoreTasks"; tasks: readonly TaskChoice[]; items: number; seed: number; tokens: number }
  | { type: "perplexity"; subject: Subject; tokens: number }
  /** Measures what quantising on opening costs, on `tokens` of the evaluation text: the model is loaded a second time where both fit. */
  | { type: "quantisation"; tokens: number }
  /** Changes how many tokens are measured from now on, also by a run that trains. */
  | { type: "evaluationTokens"; tokens: number }
  /** Measures the run's architecture at another ratio; the current pruning stays. */
  | { type: "curve"; ratio: number; tokens: number }
  | ({ type: "generate" } & Sampling)
  /** Asks for the sizes of all forms of the current pruning. */
  | { type: "formSizes"; choice: ExportChoice }
  | { type: "prepareExport"; forms: readonly Form[]; choice: ExportChoice }
  /** Prepares several ratios of a run for every ratio as one model. Perplexity is measured on `tokens`; the current pruning stays. */
  | { type: "prepareNested"; ratios: readonly number[]; tokens: number; choice: ExportChoice }
  | { type: "saveZip"; form: Savable }
  | { type: "saveFolder"; form: Savable; folder: FileSystemDirectoryHandle }
  /** Times the dense model and the export that was prepared last. */
  | { type: "speed" }
  /** Compares every kernel with its reference on this adapter; `measure`: runs all parts of the lab. */
  | { type: "selfCheck"; measure: boolean }
  | { type: "cancel"; task: Task };

/** How text is written; tokens: how many at most. */
interface Sampling {
  prompt: string;
  tokens: number;
  temperature: number;
  seed: number;
}

export type CommandOf<T extends Command["type"]> = Extract<Command, { type: T }>;

/** A pruning as the page shows it. */
type ShownPruning = { architecture: RunArchitecture } | { weights: PrunedMlp };

/** The value of each command's reply. */
export interface Replies {
  open: ModelFacts;
  memory: null;
  library: readonly CachedModel[];
  forget: { freedBytes: number };
  storage: StorageReport;
  /** inUse: how many stay because a tab uses them. */
  removeStored: { freedBytes: number; inUse: number };
  texts: { calibrationTokens: number; evaluationTokens: number };
  /** Sent when the run pauses or ends. */
  train: RunState;
  step: RunState;
  pause: RunState;
  stop: RunState;
  reset: RunState;
  /** Null while there are no gate logits, or while something else is the current pruning. No event repeats it, so that the masks are sent once. */
  target: RunArchitecture | null;
  /** Null where the current pruning is not of a run in this session. */
  gateLogits: ShownLogits | null;
  pruneWeights: PrunedMlp;
  /** pruned: the recovered model; null where the recovery was undone. */
  recover: { facts: RecoveryFacts; pruned: ShownPruning | null } | { paused: true };
  refit: { facts: RecoveryFacts; pruned: ShownPruning | null };
  pauseRecovery: null;
  /** restored: null where it is the current pruning already. */
  restoreRecovery: { restored: { pruned: ShownPruning; record: RunRecord } | null };
  discardRecovery: null;
  undoRecovery: ShownPruning;
  weightWindow: WeightWindow;
  matrix: MatrixView;
  /** Null where nothing is pruned, or where its perplexity was not measured. */
  record: Run | null;
  restore: ShownPruning;
  showDense: null;
  examples: readonly Run[];
  tokenLosses: TokenLosses;
  pairTexts: PairTexts;
  nextTokens: NextTokens;
  scoreTasks: ScoreReport;
  perplexity: PerplexityResult;
  quantisation: QuantisationResult;
  evaluationTokens: null;
  curve: CurvePoint;
  generate: { dense: string; pruned: string; of: PrunedId };
  formSizes: SizedForms;
  /** `of`: the current pruning at the time when the work began. */
  prepareExport: { checks: readonly ExportedForm[]; of: PrunedId };
  prepareNested: NestedExport;
  /** A file on disk (OPFS), for the browser to download. */
  saveZip: { file: File; name: string };
  saveFolder: { files: number; bytes: number };
  speed: SpeedReport;
  selfCheck: AdapterCheck;
  cancel: null;
}

export type WorkerEvent =
  | { type: "progress"; progress: Progress }
  | { type: "run"; run: RunState }
  | { type: "metrics"; metrics: Metrics }
  /** From a run, while it trains and at its end. */
  | { type: "architecture"; architecture: RunArchitecture }
  /** Perplexity of the pruned model, measured in the middle of a run. */
  | { type: "perplexity"; result: PerplexityResult; of: PrunedId }
  /** From a recovery; the first one is of the pruned model. */
  | { type: "guard"; reading: GuardReading }
  /** The recovery of this model whose state is on disk, whenever that changes and when the model is opened; null: there is none. */
  | { type: "pausedRecovery"; paused: PausedRecovery | null }
  | { type: "text"; subject: Subject; piece: string; done: boolean }
  /** The GPU memory that a model will take; sent before it is loaded or refused. Null: the browser does not say how much is free. */
  | { type: "plan"; planned: PlanResult; storageFreeBytes: number | null }
  /** A checkpoint of this model from an earlier session: "train" with this recipe resumes it. note: see `resumeNote`. */
  | { type: "resumable"; recipe: Recipe; step: number; note?: string }
  /** Runs of this model that other tabs own; sent when it is opened. */
  | { type: "runsElsewhere"; runs: readonly RunElsewhere[] }
  /** An error that no reply carries. */
  | { type: "error"; error: PlainError; during: "device" | "train" | "perplexity" };

export type ToWorker = { id: number } & Command;
export type FromWorker =
  /** Sent once: the worker holds this Web Lock as long as it lives. */
  | { kind: "alive"; lock: string }
  | { kind: "event"; event: WorkerEvent }
  | { kind: "reply"; id: number; value: Replies[keyof Replies] }
  | { kind: "failure"; id: number; error: PlainError };
