// Saving files into a folder of the user's: all or nothing, and what was there before stays until the last byte is on disk.
import { checkNames, EngineError, type OutputFile } from "../../engine/index.ts";
import { storageError } from "../storage/storageErrors.ts";

/** How a long write is watched and stopped. */
export interface Watch {
  /** Bytes written so far. */
  onBytes?: (done: number) => void;
  cancelled?: () => boolean;
}

/** Weights that a loader would take before, or along with, those of a newer export beside them. */
const WEIGHTS = /^(model(-\d+-of-\d+)?\.safetensors(\.index\.json)?|model\.onnx(_data(_\d+)?)?)$/;

/** Bytes on their way, counted. Throws "cancelled" between two pieces. */
export async function* watched<T extends Uint8Array>(
  chunks: AsyncIterable<T>,
  { onBytes, cancelled }: Watch,
  before = 0,
): AsyncGenerator<T, void, undefined> {
  let done = before;
  for await (const chunk of chunks) {
    if (cancelled?.()) throw new EngineError("cancelled", "Saving was stopped; no half-written file is left.");
    yield chunk;
    done += chunk.byteLength;
    onBytes?.(done);
  }
}

/**
 * Writes `files` into the folder `name` inside `parent`. The browser keeps what is written beside the files until they are closed, so
 * all are written before the first is closed: whatever fails until then (no room, permission withdrawn, a cancel) leaves the folder as it
 * was, an older export included. Weights of an older export that this one has not are removed at the end.
 * Throws "storage", "cancelled", or "format" for a name that is not safe.
 */
export async function saveInto(
  parent: FileSystemDirectoryHandle,
  name: string,
  files: readonly OutputFile[],
  watch: Watch = {},
): Promise<void> {
  checkNames([name, ...files.map((file) => `${name}/${file.name}`)]);
  const made: Made[] = [];
  const begun: { existed: boolean; writable: FileSystemWritableFileStream }[] = [];
  let closed = 0;
  let bytes = 0;
  try {
    const target = await folderIn(parent, name, made);
    for (const file of files) {
      begun.push(await beginFile(target, file.name, made));
    }
    for (const [i, file] of files.entries()) {
      for await (const chunk of watched(file.stream(), watch, bytes)) await begun[i]?.writable.write(chunk);
      bytes += file.sizeBytes;
    }
    if (watch.cancelled?.()) throw new EngineError("cancelled", "Saving was stopped; no half-written file is left.");
    for (const { writable } of begun) {
      await writable.close();
      closed += 1;
    }
    await removeStale(target, new Set(files.map((file) => file.name)));
  } catch (error) {
    await Promise.allSettled(begun.slice(closed).map(({ writable }) => writable.abort()));
    for (const { directory, name: entry } of made.reverse()) {
      await directory.removeEntry(entry, { recursive: true }).catch(() => undefined);
    }
    const replaced = begun.slice(0, closed).filter(({ existed }) => existed).length;
    const kept =
      replaced > 0
        ? `${replaced} of the ${files.length} files of the older export there were already replaced: save again to make it whole.`
        : "Nothing half-written was left there, and what was there before is as it was.";
    throw storageError(`Saving into ${parent.name}`, error, kept);
  }
}

/** A file or folder that was not there before. */
interface Made {
  directory: FileSystemDirectoryHandle;
  name: string;
}

async function folderIn(
  parent: FileSystemDirectoryHandle,
  name: string,
  made: Made[],
): Promise<FileSystemDirectoryHandle> {
  const known = await unlessMissing(parent.getDirectoryHandle(name));
  if (known) return known;
  const folder = await parent.getDirectoryHandle(name, { create: true });
  made.push({ directory: parent, name });
  return folder;
}

async function beginFile(
  target: FileSystemDirectoryHandle,
  path: string,
  made: Made[],
): Promise<{ existed: boolean; writable: FileSystemWritableFileStream }> {
  const folders = path.split("/");
  const name = folders.pop() ?? path;
  let directory = target;
  for (const folder of folders) directory = await folderIn(directory, folder, made);
  const known = await unlessMissing(directory.getFileHandle(name));
  const handle = known ?? (await directory.getFileHandle(name, { create: true }));
  if (!known) made.push({ directory, name });
  return { existed: known !== undefined, writable: await handle.createWritable() };
}

async function unlessMissing<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof Error && error.name === "NotFoundError") return undefined;
    throw error;
  }
}

async function removeStale(
  directory: FileSystemDirectoryHandle,
  written: ReadonlySet<string>,
  path = "",
): Promise<void> {
  const entries: [string, FileSystemDirectoryHandle | FileSystemFileHandle][] = [];
  for await (const entry of directory.entries()) entries.push(entry);
  for (const [name, entry] of entries) {
    if (entry.kind === "directory" && name === "onnx") await removeStale(entry, written, `${name}/`);
    else if (WEIGHTS.test(name) && !written.has(path + name)) await directory.removeEntry(name);
  }
}
