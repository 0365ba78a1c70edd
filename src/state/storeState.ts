// What the page knows: the types of the store's slices and of what they depend on. Life cycles are unions, never sibling booleans.
import type {
  ExportedForm,
  EngineError,
  Nestedness,
  PlanResult,
  Recipe,
  Run,
  RunMasks,
  RunRecord,
  SelfCheck,
  SpeedReport,
  WeightMethod,
  WeightRecipe,
} from "../engine/index.ts";
import type { Client } from "../worker/client.ts";
import type {
  ShownArchitecture,
  CachedModel,
  CurvePoint,
  ExportChoice,
  ModelFacts,
  ModelSource,
  NestedExport,
  PerplexityResult,
  PrunedId,
  PrunedMlp,
  Savable,
} from "../worker/protocol.ts";
import type { Progress, RunState, Subject, Task, TokenLosses, WeightWindow } from "../worker/protocol.ts";
import type { TextSource } from "../shared/texts.ts";
import type { RatioUnit } from "./run/ratio.ts";
import type { RunSeries } from "./run/series.ts";
import type { Turns } from "./turns.ts";

/** Time as the actions see it; tests pass their own. */
export interface Clock {
  /** Calls `run` at the next animation frame. */
  frame(run: () => void): void;
  /** Calls `run` after `ms`; the returned function cancels it. */
  after(ms: number, run: () => void): () => void;
}

export interface Deps extends Turns {
  client: Client;
  series: RunSeries;
  clock: Clock;
}

/** A perplexity with what it was measured of. */
export interface PerplexityReading {
  of: PrunedId;
  result: PerplexityResult;
  /** The text or the number of tokens has been changed since. */
  stale?: true;
}

/** A number that is measured again now and then; the last reading stays on the screen. */
export type Measured =
  | { phase: "none" }
  | { phase: "measuring"; last: PerplexityReading | null; of: PrunedId }
  | { phase: "measured"; last: PerplexityReading }
  | { phase: "failed"; last: PerplexityReading | null; error: EngineError };

export interface ModelSlice {
  model:
    | { phase: "closed" }
    | { phase: "opening"; name: string; previous: ModelFacts | null }
    | { phase: "open"; facts: ModelFacts };
  source: ModelSource;
  /** The one that was asked for last, whether it could be opened or not. */
  asking: ModelSource;
  /** Why the last attempt to open a model failed; the one before stays open. */
  openError: EngineError | null;
  /** What the model that was last opened, or refused, takes of the GPU's memory. */
  plan: { news: PlanResult; storageFreeBytes: number | null; source: ModelSource } | null;
  /** Opens a model; the one that is open stays until the new one is ready, and stays for good where that fails. */
  open(source: ModelSource): Promise<boolean>;
  /** Stops opening; what has arrived of a download is kept for the next try. */
  cancelOpen(): Promise<void>;
}

export interface LibrarySlice {
  libraryShown: boolean;
  /** The model that comes with the page. */
  embedded: { name: string; family: string; licence: string; bytes: number };
  /** What was fetched, last used first; null before it was looked up. */
  cached: readonly CachedModel[] | null;
  /** What was just removed. */
  removed: { name: string; freedBytes: number } | null;
  showLibrary(shown: boolean): void;
  refreshLibrary(): Promise<void>;
  forgetModel(model: CachedModel): Promise<void>;
}

export interface TextSlice {
  calibration: TextSource;
  evaluation: TextSource;
  /** Tokens that a perplexity is measured on. */
  evaluationTokens: number;
  counts: { calibrationTokens: number; evaluationTokens: number } | null;
  textError: EngineError | null;
  dense: Measured;
  pruned: Measured;
  setTexts(texts: Partial<{ calibration: TextSource; evaluation: TextSource }>): Promise<void>;
  setEvaluationTokens(tokens: number): void;
  measure(subject: Subject): Promise<void>;
  /** Calls measurements off that are under way or wait; their last readings stay. */
  dropMeasurements(): void;
  /** Measures what is not known yet for the present text, budget and step. */
  measureMissing(): void;
}

export type RunCommand = "play" | "pause" | "step" | "stop" | "reset";

export interface RunSlice {
  run: RunState;
  /** The command that the worker has not answered yet; `play` counts until the first step. */
  asked: RunCommand | null;
  recipe: Recipe;
  pace: { msPerStep: number; secondsLeft: number } | null;
  resumable: { recipe: Recipe; step: number } | null;
  runError: EngineError | null;
  setRecipe(patch: Partial<Recipe>): void;
  play(): Promise<void>;
  pause(): Promise<void>;
  step(): Promise<void>;
  stop(): Promise<void>;
  reset(): Promise<void>;
  resume(): Promise<void>;
  discard(): Promise<void>;
}

export interface GatesSlice {
  architecture: ShownArchitecture | null;
  /** Moves the target: re-targets a run at once, re-thresholds a finished one at once, and measures when it rests. */
  setRatio(ratio: number): void;
  /** Asks for the deterministic architecture at the present target. */
  retarget(): void;
}

export interface CurveSlice {
  /** Perplexity of one run at ratios over its bounds, ascending, as far as it was measured. */
  curve:
    | { phase: "none" }
    | { phase: "measuring" | "stopped"; points: readonly CurvePoint[] }
    /** nested: gates kept at one ratio and lost at the next larger one. */
    | { phase: "measured"; points: readonly CurvePoint[]; nested: Nestedness }
    | { phase: "failed"; points: readonly CurvePoint[]; error: EngineError };
  /** Measures the curve of the run that there is, one ratio after the other, behind all else that is asked of the GPU. */
  measureCurve(): Promise<void>;
  /** Stops; what was measured stays. */
  stopCurve(): void;
  /** Forgets the curve, as its run or its text goes. */
  dropCurve(): void;
  /** Lets the ratio that is being measured wait until the slider rests. */
  yieldCurve(): void;
}

export interface WeightsSlice {
  /** DISP-LLM prunes structures, and the others single weights. */
  method: "disp" | WeightMethod;
  weightRecipe: WeightRecipe;
  /** Single weights that are pruned now; an architecture takes their place, and they take its. */
  weights: PrunedMlp | null;
  weighing: { phase: "none" } | { phase: "pruning" } | { phase: "failed"; error: EngineError };
  setWeightRecipe(patch: Partial<WeightRecipe>): void;
  /** Choosing a method of single weights writes it into their recipe as well. */
  chooseMethod(method: WeightsSlice["method"]): void;
  pruneWeights(): Promise<void>;
  cancelWeights(): Promise<void>;
  /** Part of a matrix of the MLP by its tensor's name. Rejects with "shape" for a part that is too large or outside of it. */
  weightWindow(name: string, row: number, col: number, rows: number, cols: number): Promise<WeightWindow>;
}

export interface GenerateSlice {
  compare:
    | { phase: "idle" }
    | { phase: "writing"; subject: Subject }
    | { phase: "written"; of: PrunedId }
    | { phase: "failed"; error: EngineError };
  prompt: string;
  generateTokens: number;
  temperature: number;
  textSeed: number;
  denseText: string;
  prunedText: string;
  setCompare(patch: Partial<Pick<GenerateSlice, "prompt" | "generateTokens" | "temperature" | "textSeed">>): void;
  generate(): Promise<void>;
  cancelGenerate(): Promise<void>;
}

export interface Prepared {
  checks: readonly ExportedForm[];
  of: PrunedId;
  choice: ExportChoice;
}

/** An export: what was prepared before stays until it is replaced. */
export type Preparation<T> =
  | { phase: "none"; last: T | null }
  | { phase: "preparing"; last: T | null }
  | { phase: "prepared"; last: T }
  | { phase: "failed"; last: T | null; error: EngineError };

export interface ExportSlice {
  exported: Preparation<Prepared>;
  saving: { phase: "none" } | { phase: "saving"; form: Savable } | { phase: "saved"; form: Savable; note: string };
  saveError: EngineError | null;
  exportChoice: ExportChoice;
  /** What the next preparation writes; what is prepared stays as it is. */
  chooseExport(patch: Partial<ExportChoice>): void;
  prepareExport(): Promise<void>;
  cancelExport(): Promise<void>;
  /** Stops the saving under way; no half-written file stays. */
  cancelSave(): Promise<void>;
  /** A zip on disk for the browser to download; null where it failed. */
  saveZip(form: Savable): Promise<{ file: File; name: string } | null>;
  saveFolder(form: Savable, folder: FileSystemDirectoryHandle): Promise<void>;
}

export interface PreparedNested extends NestedExport {
  choice: ExportChoice;
}

export interface NestedSlice {
  /** Several ratios of a run for every ratio as one model. */
  nested: Preparation<PreparedNested>;
  /** Which, as typed; null: the usual ones within the run's bounds. */
  nestedList: string | null;
  setNestedList(text: string): void;
  /** Prepares the ratios of the list; does nothing where it is refused, or where no run for every ratio is at hand. */
  prepareNested(): Promise<void>;
  /** Stops it, also while it waits for its turn. */
  cancelNested(): Promise<void>;
}

export type Theme = "system" | "light" | "dark";

/** Something to tell the reader that no other place on the screen shows. */
export interface Notice {
  id: number;
  error: EngineError;
}

export interface UiSlice {
  theme: Theme;
  ratioUnit: RatioUnit;
  device:
    | { phase: "ready" }
    | { phase: "absent"; error: EngineError }
    | { phase: "lost"; error: EngineError; training: boolean }
    | { phase: "reopening"; error: EngineError }
    | { phase: "dead"; error: EngineError };
  progress: Partial<Record<Task, Progress>>;
  notices: readonly Notice[];
  setTheme(theme: Theme): void;
  setRatioUnit(unit: RatioUnit): void;
  notify(error: EngineError): void;
  dismiss(id: number): void;
  setProgress(task: Task, progress: Progress | null): void;
  /** Files an error where its code belongs when no other place shows it; "cancelled" is nobody's error. */
  report(error: EngineError, failed?: RunCommand): void;
  /** Opens the device again after a loss: the same model, and the run from its last checkpoint. */
  reopenDevice(): Promise<void>;
}

export interface SpeedSlice {
  /** Dense beside pruned on this machine; `of` is the export that was measured. */
  speed:
    | { phase: "none" }
    | { phase: "measuring" }
    | { phase: "measured"; of: Prepared; report: SpeedReport }
    | { phase: "failed"; error: EngineError };
  measureSpeed(): Promise<void>;
  cancelSpeed(): Promise<void>;
}

export interface CheckSlice {
  /** Every kernel against its reference on this adapter, when asked for. */
  check:
    | { phase: "none" }
    | { phase: "checking" }
    | { phase: "checked"; result: SelfCheck }
    | { phase: "failed"; error: EngineError };
  selfCheck(): Promise<void>;
  cancelSelfCheck(): Promise<void>;
}

export interface RunsSlice {
  /** Finished runs, newest first; null before they were looked up. */
  runs: readonly RunRecord[] | null;
  /** Records in the browser that could not be read. */
  unreadableRuns: number;
  runsError: EngineError | null;
  /** What the last import brought: new runs, and runs that were here. */
  runsNote: { imported: number; known: number } | null;
  /** What was just removed and can be brought back. */
  removedRun: Run | null;
  /** Loss by token of two runs on the evaluation text. */
  losses:
    | { phase: "none" }
    | { phase: "reading" }
    | { phase: "read"; first: string; second: string; result: TokenLosses }
    | { phase: "failed"; error: EngineError };
  loadRuns(): Promise<void>;
  /** Keeps the finished run that "pruned" means now; the same masks on the same text are kept once. Medians in ms, dense and pruned. */
  keepRun(msPerToken?: { dense: number; pruned: number } | null): Promise<void>;
  renameRun(id: string, name: string): Promise<void>;
  removeRun(id: string): Promise<void>;
  undoRemove(): Promise<void>;
  /** The JSON text of these runs; null where it failed. */
  exportRuns(ids: readonly string[]): Promise<string | null>;
  importRuns(text: string, file: string): Promise<void>;
  runMasks(id: string): Promise<RunMasks>;
  /** Makes a kept run what "pruned" means. */
  restoreRun(id: string): Promise<void>;
  compareLosses(first: string, second: string): Promise<void>;
  cancelLosses(): Promise<void>;
}

export type StudioState = ModelSlice &
  LibrarySlice &
  TextSlice &
  RunSlice &
  GatesSlice &
  CurveSlice &
  WeightsSlice &
  GenerateSlice &
  ExportSlice &
  NestedSlice &
  SpeedSlice &
  CheckSlice &
  RunsSlice &
  UiSlice;
export type Get = () => StudioState;
export type Set = (patch: Partial<StudioState> | ((state: StudioState) => Partial<StudioState>)) => void;

/** Makes a slice: its first state and its actions. */
export type SliceOf<Slice> = (deps: Deps, set: Set, get: Get) => Slice;
