// State of the open model, of the library of models, and of the self-check.
import type { EngineError, PlanResult, PlanWish } from "../../engine/index.ts";
import type { AdapterCheck, CachedModel, ModelFacts, ModelSource } from "../../worker/protocol.ts";

export interface ModelSlice {
  model:
    | { phase: "closed" }
    /** previous: stays open until the new model is ready, and for good if that fails. */
    | { phase: "opening"; name: string; previous: ModelFacts | null }
    | { phase: "open"; facts: ModelFacts };
  /** Of the open model. */
  source: ModelSource;
  /** Of the model that was requested last, even if it could not be opened. */
  requestedSource: ModelSource;
  /** Why the last attempt to open a model failed. */
  openError: EngineError | null;
  /** GPU memory of the model that was last opened or refused. */
  plan: { planned: PlanResult; storageFreeBytes: number | null; source: ModelSource } | null;
  /** Memory of the GPU that plans have to fit into; null where it is not known. */
  gpuMemoryBytes: number | null;
  /** Plans the open model, and those opened later, for this memory. */
  setGpuMemory(bytes: number | null): Promise<void>;
  /** Lets the open model run by another plan of the same lengths and precision. */
  choosePlan(wanted: PlanWish): Promise<void>;
  /** Opens a model. Resolves with whether it is open. */
  open(source: ModelSource): Promise<boolean>;
  dismissOpenError(): void;
  /** Cancels opening; what has arrived of a download stays for the next try. */
  cancelOpen(): Promise<void>;
}

export interface LibrarySlice {
  libraryShown: boolean;
  /** The model that comes with the page. */
  embedded: { name: string; family: string; licence: string; bytes: number };
  /** Models that were fetched, last used first; null before they were listed. */
  cached: readonly CachedModel[] | null;
  /** The model that was just removed. */
  removed: { name: string; freedBytes: number } | null;
  showLibrary(shown: boolean): void;
  refreshLibrary(): Promise<void>;
  forgetModel(model: CachedModel): Promise<void>;
}

export interface CheckSlice {
  /** The check of this adapter: every kernel compared with its reference, and on request everything that the lab measures. */
  check:
    | { phase: "none" }
    | { phase: "checking" }
    | { phase: "checked"; result: AdapterCheck }
    | { phase: "failed"; error: EngineError };
  /** measure: runs all parts of the lab. */
  selfCheck(measure: boolean): Promise<void>;
  cancelSelfCheck(): Promise<void>;
}
