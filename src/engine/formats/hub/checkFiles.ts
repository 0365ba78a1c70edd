// Compares the files of a cached model with their sizes and SHA-256.
import { EngineError } from "../../errors.ts";
import type { ByteSource } from "../files/folder.ts";
import { readError } from "../files/readError.ts";
import type { CachedFile, Manifest } from "./manifest.ts";
import type { CacheOptions } from "./modelStore.ts";
import { checkHead, HEAD_BYTES } from "./remoteFile.ts";
import { Sha256 } from "./sha256.ts";

/** Bytes per read while a file is hashed. */
const HASH_BYTES = 4 * 1024 * 1024;

/** Checks the complete files of the manifest and marks damaged ones as missing. Returns whether all files are complete and undamaged. */
export async function checkCached(manifest: Manifest, { store, web, onProgress }: CacheOptions): Promise<boolean> {
  const complete = manifest.files.filter((file) => file.whole);
  const ofBytes = complete.reduce((total, { size }) => total + (size ?? 0), 0);
  let before = 0;
  for (const file of complete) {
    const source = await store.source(file.name);
    const sizeFits = source !== undefined && source.size === file.size;
    const hash = sizeFits
      ? await fileHash(source, web.signal, (bytes) => onProgress(before + bytes, ofBytes, "checking"))
      : "";
    before += file.size ?? 0;
    if (hash === file.sha256) continue;
    // not even its size can be trusted: the server is asked again
    Object.assign(file, { whole: false, size: null, version: null });
  }
  // of an incomplete file only what is in the storage counts
  for (const file of manifest.files.filter(({ whole, size }) => !whole && size !== null)) {
    const source = await store.source(file.name);
    if (source?.size !== file.size) Object.assign(file, { size: null, version: null });
  }
  return manifest.files.length > 0 && manifest.files.every((file) => file.whole);
}

/** A file as it is in the storage after its download. */
interface ArrivedFile {
  /** How errors refer to the file. */
  what: string;
  /** Undefined where the storage does not have it; so is its hash. */
  source: ByteSource | undefined;
  sha256: string | undefined;
}

/** Throws "network" or "storage" unless the first bytes, the size and the hash of an arrived file are those of the manifest. */
export async function checkArrived(file: CachedFile, { what, source, sha256 }: ArrivedFile): Promise<void> {
  if (source === undefined) throw wrongSize(file, what, "none");
  checkHead(await source.read(0, Math.min(HEAD_BYTES, source.size)), file.name, file.name);
  if (file.size !== null && source.size !== file.size) throw wrongSize(file, what, String(source.size));
  if (file.sha256 === null || sha256 === file.sha256) return;
  throw readError({
    file: what,
    field: "SHA-256",
    expected: file.sha256,
    got: sha256 ?? "none",
    advice: "The damaged file was deleted: open the model again to fetch it again, or use another source.",
    code: "network",
  });
}

function wrongSize(file: CachedFile, what: string, got: string): EngineError {
  return readError({
    file: what,
    field: "size in the browser's storage",
    expected: file.size === null ? "the fetched bytes" : `${file.size} bytes`,
    got,
    advice: "Open the model again to fetch this file again.",
    code: "storage",
  });
}

/** The SHA-256 of a file. `onBytes` gets the number of bytes hashed so far. Throws "cancelled". */
export async function fileHash(
  source: ByteSource,
  signal: AbortSignal,
  onBytes: (done: number) => void,
): Promise<string> {
  const hash = new Sha256();
  for (let at = 0; at < source.size; at += HASH_BYTES) {
    if (signal.aborted)
      throw new EngineError("cancelled", "Checking the model's files was cancelled; nothing was changed.");
    hash.update(await source.read(at, Math.min(HASH_BYTES, source.size - at)));
    onBytes(Math.min(source.size, at + HASH_BYTES));
  }
  return hash.hex();
}
