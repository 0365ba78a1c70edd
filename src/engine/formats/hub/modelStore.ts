// The storage of fetched models, as the cache uses it: one folder per model, with files that grow in place and a manifest.
import type { ByteSource } from "../files/folder.ts";
import type { Web } from "./web.ts";

/** A file that can be written at any position. */
export interface GrowingFile {
  write(at: number, bytes: Uint8Array): void;
  /** Shortens or lengthens the file to this size. */
  truncate(bytes: number): void;
  /** Writes everything to disk. */
  flush(): void;
  close(): void;
}

/** The folder of one model: in the origin's private file system, in tests in memory. */
export interface ModelStore {
  readText(name: string): Promise<string | undefined>;
  /** Atomic: writes everything or nothing. */
  writeText(name: string, text: string): Promise<void>;
  /** Throws "storage" where it cannot be written, for example because another page is writing it. */
  open(name: string): Promise<GrowingFile>;
  /** For reading; undefined where the file does not exist. */
  source(name: string): Promise<ByteSource | undefined>;
  remove(name: string): Promise<void>;
  /** Free bytes; undefined where this is unknown. */
  freeBytes(): Promise<number | undefined>;
}

/** How a model is opened through the cache. */
export interface CacheOptions {
  web: Web;
  store: ModelStore;
  /** Ask the server whether the model has changed, even where the cache is complete. */
  refresh: boolean;
  /** Bytes done and in total of the activity `note`: "checking" cached files, or "fetching". */
  onProgress: (done: number, of: number, note: string) => void;
}
