// What the page and the worker say to each other: types only.
import type {
  ExportedForm,
  FloatDtype,
  Form,
  Masks,
  PlainError,
  PlanChoice,
  PlanResult,
  RatioInside,
  Recipe,
  Run,
  SelfCheck,
  SpeedReport,
  WeightRecipe,
} from "../engine/index.ts";
import type { TextSources } from "../shared/texts.ts";

/** Where a model comes from. */
export type ModelSource = Origin & {
  /** How to hold and measure it, where not in full precision with the usual lengths. */
  choice?: PlanChoice;
};

type Origin =
  | { kind: "embedded" }
  /** Picked or dropped. */
  | { kind: "files"; name: string; files: readonly File[] }
  /** A name on the hub or an address; what is cached of it is asked for changes. */
  | { kind: "hub"; address: string }
  /** The same as it is in the cache; needs the network only for what is broken or missing. */
  | { kind: "cached"; address: string };

/** A model that was fetched, wholly or in part. */
export interface CachedModel {
  address: string;
  name: string;
  /** ISO time. */
  lastUsed: string;
  /** Bytes that have arrived, and in all as far as known. */
  bytes: number;
  ofBytes: number;
  whole: boolean;
  /** Known once it has been open. */
  family?: string;
  licence?: string;
}

export interface ModelFacts {
  name: string;
  modelType: string;
  layers: number;
  dModel: number;
  dMlp: number;
  heads: number;
  kvHeads: number;
  headDim: number;
  vocab: number;
  /** Longest context in tokens. */
  context: number;
  dtype: string;
  /** Parameters, by where they are. `blocks` is what p is a share of; `total` is the whole model. */
  parameters: { blocks: number; embeddings: number; head: number; norms: number; biases: number; total: number };
  fileBytes: number;
  /** As its card states it. */
  licence: string;
  gpuBytes: number;
  adapter: { name: string; software: boolean };
}

/** A perplexity with everything that makes it mean something. */
export interface PerplexityResult {
  value: number;
  text: string;
  /** Window length in tokens. */
  context: number;
  /** Tokens that the windows covered. */
  tokens: number;
  /** Whether the tokenizer's <s> was put in front: always false here. */
  bosAdded: boolean;
}

export type Subject = "dense" | "pruned";

/** What a long task reports: at most 10 times a second. */
export interface Progress {
  task: Task;
  done: number;
  total: number;
  unit: "bytes" | "tokens" | "steps" | "windows" | "files" | "cases" | "parts" | "ratios";
  /** Seconds left at the pace so far; undefined while unknown. */
  secondsLeft?: number;
  note?: string;
}
export type Task =
  | "open"
  | "perplexity"
  | "train"
  | "generate"
  | "export"
  | "save"
  | "speed"
  | "selfCheck"
  | "weights"
  | "losses"
  | "curve";

/** A run of training as it stands; also what the page shows on its controls. */
export type RunState =
  | { phase: "idle" }
  | { phase: "training"; step: number; of: number }
  | { phase: "paused"; step: number; of: number }
  | { phase: "done"; step: number; of: number };

/** Numbers of the steps since the last metrics event, as parallel arrays. */
export interface Metrics {
  step: Uint32Array;
  /** Mean cross-entropy in nats a token, under the sampled masks. */
  loss: Float32Array;
  /** R = |ln(T / (p T_total))|. */
  penalty: Float32Array;
  /** Kept share of the block weights, under the sampled masks. */
  kept: Float32Array;
  /** p that the step aimed at. */
  target: Float32Array;
  msPerStep: number;
  secondsLeft: number;
}

/** Which masks something is of: the same for the same masks only. */
export interface PrunedId {
  /** The run that made them, or the pruning of single weights, or the kept run that was brought back: each has a name of its own. */
  run: string;
  /** Kept share of the block weights that was asked for (p); of single weights, that is left. */
  ratio: number;
  /** Step of the run that the logits are from; 0 without one. */
  step: number;
  /** Of single weights. */
  recipe?: WeightRecipe;
}

/** The deterministic architecture at the asked budget (METHOD.md 1.5). */
export interface ShownArchitecture extends Omit<PrunedId, "recipe"> {
  masks: Masks;
  /** (L x 5) kept entries of each vector. */
  kept: readonly (readonly number[])[];
  keptBlockWeights: number;
  keptParameters: number;
  /** Bounds of the ratios that its run was trained for, where that was for every ratio. */
  trainedFor?: { from: number; to: number };
}

/** The run's architecture at one kept share, and its perplexity: a point of the run's curve. */
export interface CurvePoint {
  architecture: ShownArchitecture;
  result: PerplexityResult;
  /** Which runs of the library may stand beside it. */
  fingerprint: string;
  textSha256: string;
}

/** Single weights of the MLP, pruned in one shot (METHOD.md 2). */
export interface PrunedMlp extends Pick<PrunedId, "run"> {
  recipe: WeightRecipe;
  matrices: readonly PrunedMatrix[];
  /** By block, over the calibration tokens: of what gate and up read (d), and of what down reads (f). Empty for magnitude and for masks brought back. */
  norms: readonly { input: Float32Array; middle: Float32Array }[];
  kept: { mlpWeights: KeptOf; blockWeights: KeptOf; modelWeights: KeptOf };
}

export interface PrunedMatrix {
  name: string;
  block: number;
  part: "gate" | "up" | "down";
  /** (out, in) */
  shape: readonly [number, number];
  /** Along which weights compete: those of one output, or those of one input. */
  direction: "inputs" | "outputs";
  kept: number;
  /** Weight i (row by row) stays where bit i % 32 of word i / 32 is set. */
  bits: Uint32Array;
}

interface KeptOf {
  kept: number;
  of: number;
}

/** A part of a matrix: its dense values, and the scores that they were compared by, (rows, cols) row by row. */
export interface WeightWindow {
  name: string;
  row: number;
  col: number;
  rows: number;
  cols: number;
  values: Float32Array;
  /** Null where norms are not known any more (masks brought back), and for SparseGPT. */
  scores: Float32Array | null;
}

/** Loss of every scored token of the evaluation text, in nats; null: the dense model. */
export interface TokenLosses {
  text: string;
  context: number;
  /** The tokens as text; the first of each window has loss NaN. */
  tokens: readonly string[];
  first: Float32Array;
  second: Float32Array;
}

/** How weights are written. */
export interface ExportChoice {
  /** Their element type; null: as the model has them. */
  dtype: FloatDtype | null;
  /** Largest weights file of the masked and compact forms in bytes; null: one file. */
  shardBytes: number | null;
}

/** What is saved by itself: a form of what is pruned, or several ratios of a run as one model. */
export type Savable = Form | "nested";

/** Several ratios of a run as one model: its compact form, and what was found of each ratio, ascending. */
export interface NestedExport extends Pick<PrunedId, "run" | "step"> {
  delivery: ExportedForm;
  ratios: readonly RatioInside[];
}

/** Every command is answered by one "reply" with the same id: its value, or an error. */
export type Command =
  | { type: "open"; source: ModelSource }
  /** The models of the cache, last used first. */
  | { type: "library" }
  | { type: "forget"; address: string }
  | ({ type: "texts" } & TextSources)
  | { type: "play"; recipe: Recipe }
  | { type: "step"; recipe: Recipe }
  | { type: "pause" }
  | { type: "stop" }
  | { type: "reset" }
  | { type: "target"; ratio: number }
  /** Prunes single weights; the result is what "pruned" means from then on, until a run or "target" gives an architecture. */
  | { type: "pruneWeights"; recipe: WeightRecipe }
  | { type: "weightWindow"; name: string; row: number; col: number; rows: number; cols: number }
  /** The finished run that "pruned" means now, with what was measured of it; null where there is none or it was not measured. */
  | { type: "record"; msPerToken: { dense: number; pruned: number } | null }
  /** Brings the masks of a finished run back: what "pruned" means from then on. */
  | { type: "restore"; run: Run }
  | { type: "tokenLosses"; first: Run | null; second: Run | null; tokens: number }
  | { type: "perplexity"; subject: Subject; tokens: number }
  /** Measures the run's architecture at another kept share; what "pruned" means stays. */
  | { type: "curve"; ratio: number; tokens: number }
  | { type: "generate"; prompt: string; tokens: number; temperature: number; seed: number }
  | { type: "prepareExport"; forms: readonly Form[]; choice: ExportChoice }
  /** Several ratios of a run for every ratio as one model, each measured on `tokens`; what "pruned" means stays. */
  | { type: "prepareNested"; ratios: readonly number[]; tokens: number; choice: ExportChoice }
  | { type: "saveZip"; form: Savable }
  | { type: "saveFolder"; form: Savable; folder: FileSystemDirectoryHandle }
  /** Times the dense model beside what was last prepared. */
  | { type: "speed" }
  /** Holds every kernel against its reference on this adapter. */
  | { type: "selfCheck" }
  | { type: "cancel"; task: Task };

/** What each command's reply carries. */
export interface Replies {
  open: ModelFacts;
  library: readonly CachedModel[];
  forget: { freedBytes: number };
  texts: { calibrationTokens: number; evaluationTokens: number };
  /** Resolves when the run pauses or ends. */
  play: RunState;
  step: RunState;
  pause: RunState;
  stop: RunState;
  reset: RunState;
  /** Null where there are no logits yet. Of a run for every ratio, made for this one. */
  target: ShownArchitecture | null;
  pruneWeights: PrunedMlp;
  weightWindow: WeightWindow;
  record: Run | null;
  restore: { architecture: ShownArchitecture } | { weights: PrunedMlp };
  tokenLosses: TokenLosses;
  perplexity: PerplexityResult;
  curve: CurvePoint;
  generate: { dense: string; pruned: string; of: PrunedId };
  /** Of what "pruned" meant when its turn came. */
  prepareExport: { checks: readonly ExportedForm[]; of: PrunedId };
  prepareNested: NestedExport;
  /** A file on disk (OPFS), to be handed to the browser's download. */
  saveZip: { file: File; name: string };
  saveFolder: { files: number; bytes: number };
  speed: SpeedReport;
  selfCheck: SelfCheck;
  cancel: null;
}

export type WorkerEvent =
  | { type: "progress"; progress: Progress }
  | { type: "run"; run: RunState }
  | { type: "metrics"; metrics: Metrics }
  | { type: "architecture"; architecture: ShownArchitecture }
  /** Perplexity that a run measured by itself, while training and at the end. */
  | { type: "perplexity"; subject: Subject; result: PerplexityResult; of: PrunedId }
  | { type: "text"; subject: Subject; piece: string; done: boolean }
  /** What the model that is being opened will take of the GPU's memory; comes before it is loaded or refused. Null: the browser does not say. */
  | { type: "plan"; news: PlanResult; storageFreeBytes: number | null }
  /** A checkpoint of an earlier session that fits this model: play resumes it. */
  | { type: "resumable"; recipe: Recipe; step: number }
  | { type: "error"; error: PlainError; during: Task | "device" };

export type ToWorker = { id: number } & Command;
export type FromWorker =
  | { kind: "event"; event: WorkerEvent }
  | { kind: "reply"; id: number; value: Replies[keyof Replies] }
  | { kind: "failure"; id: number; error: PlainError };
