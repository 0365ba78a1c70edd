// State of exports: preparing, saving, nested exports, and speed.
import type { EngineError, ExportedForm, SpeedReport } from "../../engine/index.ts";
import type { ExportChoice, SizedForms, NestedExport, PrunedId, Savable } from "../../worker/protocol.ts";

export interface Prepared {
  checks: readonly ExportedForm[];
  of: PrunedId;
  choice: ExportChoice;
}

/** An export being prepared; the last one that was prepared stays until it is replaced. */
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
  /** Chooses how the next export is written; what is prepared stays as it is. */
  chooseExport(patch: Partial<ExportChoice>): void;
  prepareExport(): Promise<void>;
  cancelExport(): Promise<void>;
  /** Cancels saving; no partly written file is left. */
  cancelSave(): Promise<void>;
  /** Makes a zip on disk for the browser to download; null if that failed. */
  saveZip(form: Savable): Promise<{ file: File; name: string } | null>;
  saveFolder(form: Savable, folder: FileSystemDirectoryHandle): Promise<void>;
}

export interface SizesSlice {
  /** Sizes of all forms. for: what they were read for; the last ones stay until others are read. */
  sizes:
    | { phase: "none" }
    | { phase: "read"; for: SizesOf; last: SizedForms }
    | { phase: "failed"; for: SizesOf; error: EngineError };
  /** Reads them for the current pruning and choice, if they are not of that. */
  readSizes(): Promise<void>;
}

/** What sizes depend on. */
export interface SizesOf {
  pruned: PrunedId;
  dtype: ExportChoice["dtype"];
}

export interface PreparedNested extends NestedExport {
  choice: ExportChoice;
}

export interface NestedSlice {
  /** Several ratios of a run for every ratio as one model. */
  nested: Preparation<PreparedNested>;
  /** The ratios as typed; null: the usual ones within the run's range. */
  nestedList: string | null;
  setNestedList(text: string): void;
  /** Prepares the ratios of the list; does nothing if the list is refused or there is no run for every ratio. */
  prepareNested(): Promise<void>;
  cancelNested(): Promise<void>;
}

export interface SpeedSlice {
  /** Dense and pruned on this machine. of: the export that was timed. */
  speed:
    | { phase: "none" }
    | { phase: "measuring" }
    | { phase: "measured"; of: Prepared; report: SpeedReport }
    | { phase: "failed"; error: EngineError };
  measureSpeed(): Promise<void>;
  cancelSpeed(): Promise<void>;
}
