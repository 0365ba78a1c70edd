// Where fetched models are kept, as the cache sees it: a folder a model, with files that grow in place and a manifest.
import type { ByteSource } from "../files/folder.ts";

/** A file that is written in place, at any position. */
export interface GrowingFile {
  write(at: number, bytes: Uint8Array): void;
  /** Cuts the file off, or lengthens it. */
  truncate(bytes: number): void;
  /** Brings what was written to the disk. */
  flush(): void;
  close(): void;
}

/** The folder of one model. The worker keeps it in the origin's private file system; tests in memory. */
export interface ModelStore {
  readText(name: string): Promise<string | undefined>;
  /** Appears whole or not at all. */
  writeText(name: string, text: string): Promise<void>;
  /** Throws "storage" where it cannot be written, for another page writes it perhaps. */
  open(name: string): Promise<GrowingFile>;
  /** For reading; undefined where there is none. */
  source(name: string): Promise<ByteSource | undefined>;
  remove(name: string): Promise<void>;
  /** Bytes that may still be written; undefined where nobody knows. */
  freeBytes(): Promise<number | undefined>;
}
