// What the messages between page and worker carry, in the engine's own types wherever it has them.
import type { LabTable } from "../lab/adapterTables.ts";
import type {
  AdapterFacts,
  Architecture,
  BlockNorms,
  Direction,
  ExportedForm,
  FloatDtype,
  Form,
  FormSize,
  GgufType,
  GuardRecord,
  LikelyToken,
  Manifest,
  MatrixCells,
  MatrixKeep,
  MlpMatrix,
  ModelCard,
  ModelConfig,
  ParameterCounts,
  Perplexity,
  PerplexityPair,
  PlanChoice,
  QuantisationCost,
  RecoverScope,
  RecoverRecipe,
  RefitRecipe,
  RatioInside,
  RunRecipe,
  RunScores,
  StepMetrics,
  TextRef,
  TextTask,
  TunedModel,
  WeightReceipt,
  WeightRecipe,
  MatrixWindow,
  ZeroShotTask,
} from "../engine/index.ts";

/** Where a model comes from. */
export type ModelSource = Origin & {
  /** Precision and lengths to open and measure it with; the usual ones where it is left out. */
  choice?: PlanChoice;
};

/** A file and its path below what was picked or dropped, with "/" between its parts: a File that is sent to a worker loses its path. */
export interface PickedFile {
  path: string;
  file: File;
}

type Origin =
  | { kind: "embedded" }
  /** Picked or dropped. `subfolders` are those whose files are not among them. */
  | { kind: "files"; name: string; files: readonly PickedFile[]; subfolders?: readonly string[] }
  /** A name on the hub or an address; the server is asked whether what is cached has changed. */
  | { kind: "hub"; address: string }
  /** The cached copy of it; uses the network only for files that are missing or broken. */
  | { kind: "cached"; address: string };

/** A model that was fetched, fully or in part. Family and licence are known once it has been open. */
export interface CachedModel extends Pick<Manifest, "address" | "name" | "lastUsed">, Partial<ModelCard> {
  /** Bytes that have arrived. */
  bytes: number;
  /** Bytes of all its files, as far as known. */
  ofBytes: number;
  whole: boolean;
}

type ConfigFacts = Pick<
  ModelConfig,
  "modelType" | "layers" | "dModel" | "dMlp" | "heads" | "kvHeads" | "headDim" | "glu" | "vocab" | "context"
>;

/** What is known of a model before it is on the GPU. */
export interface KnownFacts extends ConfigFacts {
  name: string;
  /** As in the records of its runs. */
  fingerprint: string;
  /** Element type of the weights in its files. */
  dtype: string;
  parameters: ParameterCounts;
  /** Of the weights on disk. */
  fileBytes: number;
  /** Element type of the weights on disk: unlike `dtype` also that of a quantised file, such as "Q4_1". */
  fileDtype: string;
  /** As its card states it. */
  licence: string;
}

/** The open model. */
export interface ModelFacts extends KnownFacts {
  gpuBytes: number;
  /** Of the matrices on the GPU. */
  gpuDtype: PlanChoice["precision"];
  adapter: Pick<AdapterFacts, "name" | "software">;
  /** What a user should know about the files although the model opens. */
  notes: readonly string[];
  /** How its matmul kernels were chosen. */
  matmul: TunedModel;
}

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

/** Progress of a long task, sent at most 10 times a second. */
export interface Progress {
  task: Task;
  done: number;
  total: number;
  unit: "bytes" | "tokens" | "steps" | "windows" | "items" | "files" | "cases" | "parts" | "ratios" | "shapes";
  /** Seconds left at the pace so far; left out while unknown. */
  secondsLeft?: number;
  note?: string;
}
export type Task =
  | "open"
  | "perplexity"
  | "quantisation"
  | "train"
  | "generate"
  | "export"
  | "save"
  | "speed"
  | "selfCheck"
  | "weights"
  | "losses"
  | "texts"
  | "scores"
  | "recover"
  | "curve";

/** The state of the training run. */
export type RunState =
  | { phase: "idle" }
  | { phase: "training"; step: number; of: number }
  | { phase: "paused"; step: number; of: number }
  | { phase: "done"; step: number; of: number };

/** Metrics of the steps since the last event, and the pace. */
export interface Metrics extends StepMetrics {
  msPerStep: number;
  secondsLeft: number;
}

/** Identifies masks: equal for equal masks only. */
export interface PrunedId {
  /** Id of the training run, of the pruning of single weights, or of the saved run that was restored. */
  run: string;
  /** Kept share of the block weights: the target of an architecture; what is left after pruning single weights. */
  ratio: number;
  /** Step of the run that the gate logits are from; 0 where there was no training. */
  step: number;
  /** Of single weights only. */
  recipe?: WeightRecipe;
}

/** A run's architecture at one ratio (METHOD.md 1.5). */
export interface RunArchitecture
  extends Omit<PrunedId, "recipe">, Pick<Architecture, "masks" | "counts" | "keptWeights"> {
  /** Parameters of the pruned model. */
  keptTotalWeights: number;
  /** What made it: recipe, steps and targets of a training, or a baseline. */
  made: Exclude<RunRecipe, { kind: "weights" }>;
  /** The range of ratios that a run for every ratio was trained for. */
  trainedFor?: { from: number; to: number };
}

/** Gate logits of the run's architecture. */
export interface ShownLogits {
  /** The masks that they gave, while these are the current pruning. */
  of: PrunedId;
  /** Of each of the 5L vectors, index 5 * block + k; null for a vector that is not pruned. */
  vectors: readonly (Float32Array | null)[];
}

/** How a recovery is wanted; the rest of its recipe follows. */
export interface RecoverSettings extends RecoverScope {
  steps: number;
  /** Of the windows of the training text. */
  seed: number;
}

/** A run of the open model in another tab, at its last checkpoint. */
export interface RunElsewhere {
  step: number;
  /** Of the recipe. */
  steps: number;
  seed: number;
}

/** A recovery that was paused, in this session or an earlier one, and can be resumed. */
export interface PausedRecovery {
  choice: RecoverSettings;
  step: number;
  /** Of the guard so far. */
  readings: readonly GuardReading[];
  /** Name of the pruning that it trains. */
  of: string;
}

/** What a recovery has done. */
export interface RecoveryFacts {
  /** Least squares, before any training; missing where there were none. */
  refit?: RefitRecipe;
  /** Of the training; missing where the weights were only refitted. */
  recipe?: RecoverRecipe;
  /** Steps done: fewer than the recipe's after a stop. */
  step: number;
  /** Perplexities of the guard's slice. */
  guard: GuardRecord;
  /** Perplexity before it, on the evaluation text. */
  before: PerplexityResult;
  /** Whether the guard measured no improvement: then the current pruning is the one before. */
  undone: boolean;
  /** Mean milliseconds per step, measurements of the guard included. */
  msPerStep: number;
}

/** A measurement of the guard. */
export interface GuardReading {
  step: number;
  /** Perplexities of the guard's slice: of the model as trained so far, and of the dense one. */
  value: number;
  dense: number;
}

/** A point of a run's curve: its architecture at one ratio, and the perplexity of that. */
export interface CurvePoint {
  architecture: RunArchitecture;
  result: PerplexityResult;
  /** Of the model: saved runs of the same model, text and length can be drawn beside it. */
  fingerprint: string;
}

/** Single weights of the MLP, pruned in one shot (METHOD.md 2). */
export interface PrunedMlp extends Pick<PrunedId, "run"> {
  recipe: WeightRecipe;
  matrices: readonly PrunedMatrix[];
  /** Of each block, over the calibration tokens; empty for magnitude, and for restored masks. */
  norms: readonly BlockNorms[];
  kept: WeightReceipt["kept"];
}

export interface PrunedMatrix extends MlpMatrix {
  direction: Direction;
  /** Weights that stay. */
  kept: number;
  /** As in the engine's WeightMask: weight i stays where bit i % 32 of word i / 32 is set. */
  bits: Uint32Array;
}

/** Names a part of one matrix of the MLP. */
export interface NamedWindow extends MatrixWindow {
  /** Of the matrix's tensor. */
  name: string;
}

/** The dense values of that part and the scores that decided about them, (rows, cols), row by row. */
export interface WeightWindow extends NamedWindow {
  values: Float32Array;
  /** Null for SparseGPT, and where the norms are not known any more (restored masks). */
  scores: Float32Array | null;
}

/** A part of a linear layer of a block, read in bounded pieces. */
export interface MatrixRequest {
  block: number;
  /** Number of the layer in its block, in order of use: q, k, v, o, then those of the MLP. */
  layer: number;
  /** Null: all of it. */
  area: MatrixWindow | null;
  /** What is kept: of no pruning (dense), of one, or of two that are compared. */
  keeps: readonly MatrixKeep[];
  /** change: what refitting, recovery or SparseGPT added to the weights that the current pruning keeps. */
  show: "weights" | "change";
}

export interface MatrixView extends MatrixCells {
  /** Of its tensor. */
  name: string;
  /** (out, in) */
  shape: readonly [number, number];
}

/** Loss of every token of the evaluation text under two runs, in nats. */
export interface TokenLosses {
  text: string;
  context: number;
  /** The tokens as text; the first of each window has loss NaN. */
  tokens: readonly string[];
  first: Float32Array;
  second: Float32Array;
}

export interface WrittenToken {
  id: number;
  text: string;
}

/** What two runs write from one prompt; a missing run stands for the dense model. */
export interface PairTexts {
  /** Ids of the prompt. */
  prompt: readonly number[];
  first: readonly WrittenToken[];
  second: readonly WrittenToken[];
}

/** A token that a model finds likely at one place of a text. probability: from 0 to 1, at temperature 1. */
export type LikelyNext = WrittenToken & Pick<LikelyToken, "probability">;

/** The likeliest tokens at one place of a text, likeliest first. */
export interface NextTokens {
  first: readonly LikelyNext[];
  second: readonly LikelyNext[];
  dense: readonly LikelyNext[];
}

/** A zero-shot task: made from the evaluation text, or as it was read from a file. */
export type TaskChoice = { made: TextTask } | { file: TextRef; task: ZeroShotTask };

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

/** How weights are written. */
export interface ExportChoice {
  /** Their element type; null: the model's own. */
  dtype: FloatDtype | null;
  /** Largest weights file of the masked and compact forms in bytes; null: one file. */
  shardBytes: number | null;
  /** Element type of the matrices in GGUF forms, or "own" for that of the model's file; null: no GGUF is written. */
  gguf: GgufType | "own" | null;
}

/** Sizes of all forms of a pruning, before any is written. */
export interface SizedForms {
  sizes: readonly FormSize[];
  of: PrunedId;
}

/** What can be saved: one form of the pruned model, or several ratios of a run as one model. */
export type Savable = Form | "nested";

/** Several ratios of a run as one model: its compact form, and each ratio inside it, ascending. */
export interface NestedExport extends Pick<PrunedId, "run" | "step"> {
  exported: ExportedForm;
  ratios: readonly RatioInside[];
}
