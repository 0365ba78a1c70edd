// What the messages about the browser's storage carry.

/** What the browser stores as files, by kind; `page`: the copy of the page that works without the network. */
export type StoredKind = "model" | "checkpoint" | "recovery" | "export" | "kernels" | "page" | "damaged";

/** One thing that the browser stores and that can be removed alone. */
export interface StoredItem {
  kind: StoredKind;
  /** Within its kind. Checkpoints and recoveries begin with the fingerprint of their model. */
  id: string;
  /** Null where only its kind, or its id, says what it is. */
  name: string | null;
  bytes: number;
  /** ISO 8601 time of the last change or use; null where that is not known. */
  changed: string | null;
  /** The tab that uses it, so that it cannot be removed. */
  usedBy: "this tab" | "another tab" | null;
}

/** What the browser stores for this page. */
export interface StorageReport {
  items: readonly StoredItem[];
  /** Whether it stores files at all. */
  stores: boolean;
  /** Of everything, saved runs included, as the browser estimates it; null where it does not say. */
  usedBytes: number | null;
  quotaBytes: number | null;
  /** Whether the browser has promised to keep it, even when the disk gets full. */
  persisted: boolean;
}
