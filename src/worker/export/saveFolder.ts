// Saves files into a folder of the user's: all or nothing, and an older export there stays until the last byte is written.
import { checkNames, EngineError, type OutputFile } from "../../engine/index.ts";
import { storageError } from "../storage/storageErrors.ts";

/** Progress and cancelling of a long write. */
interface Watch {
  /** Gets the bytes written so far. */
  onBytes?: (done: number) => void;
  cancelled?: () => boolean;
}

/** Weights files of an older export, which a loader could take for those of a newer one beside them. */
const WEIGHTS = /^(model(-\d+-of-\d+)?\.safetensors(\.index\.json)?|model\.onnx(_data(_\d+)?)?)$/;

/** Passes chunks through and counts their bytes, from `before` on. Throws "cancelled" between two chunks. */
export async function* watched<T extends Uint8Array>(
  chunks: AsyncIterable<T>,
  { onBytes, cancelled }: Watch,
  before = 0,
): AsyncGenerator<T, void, undefined> {
  let done = before;
  for await (const chunk of chunks) {
    if (cancelled?.()) throw new EngineError("cancelled", "Saving was cancelled; no partly written file is left.");
    yield chunk;
    done += chunk.byteLength;
    onBytes?.(done);
  }
}

/**
 * Writes `files` into the folder `name` inside `parent`. Until a file is closed, the browser keeps what was written apart from it. So all
 * files are written before the first is closed, and whatever fails until then (no room, permission withdrawn, a cancel) leaves the folder
 * as it was, an older export included. At the end, weights files that only the older export has are removed.
 * Throws "storage", "cancelled", or "format" for an unsafe name.
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
    if (watch.cancelled?.())
      throw new EngineError("cancelled", "Saving was cancelled; no partly written file is left.");
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
        ? `${replaced} of the ${files.length} files of the older export were already replaced: save again to complete it.`
        : "No partly written file is left there, and what was there before is unchanged.";
    throw storageError(`Saving into ${parent.name}`, error, kept);
  }
}

/** A file or folder that this saving has made. */
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

async function unlessMissing<T>(handle: Promise<T>): Promise<T | undefined> {
  try {
    return await handle;
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
