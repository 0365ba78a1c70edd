// State of what the browser stores for this page.
import type { EngineError } from "../../engine/index.ts";
import type { StorageReport, StoredKind } from "../../worker/protocol.ts";

/** The copy of the page that works without the network. */
export type OfflineCopy =
  /** Not asked for yet, or never: while developing. */
  | "none"
  /** The browser has no service workers here, or blocks them. */
  | "unsupported"
  | "keeping"
  | "kept"
  /** It did not fit, or a file did not arrive. */
  | "failed";

export interface StorageSlice {
  offlineCopy: OfflineCopy;
  /** Whether the server has another version of the page than this one. */
  newVersion: boolean;
  setOfflineCopy(offlineCopy: OfflineCopy): void;
  showNewVersion(): void;
  /** What is stored; null before it was listed. */
  storage: StorageReport | null;
  /** Bytes of each saved run as JSON, as far as they were read. */
  runBytes: Readonly<Record<string, number>>;
  /** What the last removal did; null: nothing was removed since the list was opened. */
  storageRemoval: { freedBytes: number; inUse: number } | null;
  storageError: EngineError | null;
  /** Lists what is stored, then reads the sizes of the saved runs. */
  loadStorage(): Promise<void>;
  /** Removes stored things of one kind. What a tab uses stays. */
  removeStored(kind: StoredKind, ids: readonly string[]): Promise<void>;
}
