// State of the page itself: theme, units, notices, progress of long tasks, and the GPU device.
import type { EngineError } from "../../engine/index.ts";
import type { Progress, Task } from "../../worker/protocol.ts";
import type { RatioUnit } from "../run/ratio.ts";
import type { RunCommand } from "../run/runState.ts";

export type Theme = "system" | "light" | "dark";

/** What was being done when an error happened: the same code means something else for a model, a text or a run. */
export type ErrorContext =
  /** Opening a model. */
  | "model"
  /** Reading or tokenizing a text. */
  | "text"
  /** Saved runs and their files. */
  | "runs"
  /** The link of this page. */
  | "link"
  | "training"
  /** One-shot pruning of single weights. */
  | "pruning"
  | "export"
  /** Perplexity, generated text and speed. */
  | "measuring"
  /** Anything else. */
  | "page";

/** An error that no other place on the screen shows. */
interface Notice {
  id: number;
  error: EngineError;
  context: ErrorContext;
}

/** Dialogs that a key or the palette can open. */
export type DialogName = "palette" | "keys" | "reset" | "glossary" | "report" | "storage";

export interface PageSlice {
  theme: Theme;
  /** The dialog that is open. */
  dialog: DialogName | null;
  /** Id of the saved run that the dialog of reports is about; null: the current pruning. */
  reportOf: string | null;
  /** The step of the tour that is shown, from 0; null: no tour. */
  tour: number | null;
  /** Whether keys without Ctrl do anything. */
  singleKeys: boolean;
  ratioUnit: RatioUnit;
  notices: readonly Notice[];
  progress: Partial<Record<Task, Progress>>;
  /** What has just succeeded, as full sentences; goes after a while, or with the next action. Null: nothing to say. */
  status: string | null;
  setTheme(theme: Theme): void;
  showDialog(dialog: DialogName | null): void;
  /** Opens the dialog that saves a report of a saved run; null: of the current pruning. */
  showReport(of: string | null): void;
  showTour(step: number | null): void;
  setSingleKeys(on: boolean): void;
  setRatioUnit(unit: RatioUnit): void;
  /** `context` is "page" by default. */
  notify(error: EngineError, context?: ErrorContext): void;
  dismiss(id: number): void;
  /** Shows a status for a while. */
  announce(status: string): void;
  /** Takes the error of the last run off the screen; what the run has made stays. */
  dismissRunError(): void;
  setProgress(task: Task, progress: Progress | null): void;
}

export interface DeviceSlice {
  device:
    | { phase: "ready" }
    | { phase: "absent"; error: EngineError }
    /** training: whether a run was training, and continues once the device is open again. */
    | { phase: "lost"; error: EngineError; training: boolean }
    | { phase: "reopening"; error: EngineError }
    | { phase: "dead"; error: EngineError };
  /** Shows an error where its code belongs, unless another place shows it; ignores "cancelled". failed: the command of the run that threw it; context: as of `notify`. */
  report(error: EngineError, options?: { failed?: RunCommand; context?: ErrorContext }): void;
  /** Opens the device again after a loss, with the same model, and resumes the run from its last checkpoint. */
  reopenDevice(): Promise<void>;
}
