// The origin's private file system (OPFS): checkpoints, prepared exports and fetched models.
import { invariant } from "../../engine/index.ts";
import { noRoom, type Room, storageError } from "./storageErrors.ts";

const KEPT = "Nothing on the screen is lost.";

/** Splits a path into its folder and the file's name. */
async function directoryOf(
  path: string,
  create: boolean,
): Promise<{ directory: FileSystemDirectoryHandle; name: string }> {
  const parts = path.split("/");
  const name = parts.pop();
  invariant(name, "bug", `expected a path to a file, got "${path}"`);
  let directory = await navigator.storage.getDirectory();
  for (const part of parts) directory = await directory.getDirectoryHandle(part, { create });
  return { directory, name };
}

/**
 * Writes a file piece by piece. An older file of this name is replaced only once everything is written; an error or a cancel leaves it as
 * it was. With `sizeBytes` the write is refused before the first byte if the browser has not enough room left for this page.
 */
export async function writeFile(
  path: string,
  chunks: AsyncIterable<Uint8Array<ArrayBuffer>> | Iterable<Uint8Array<ArrayBuffer>>,
  sizeBytes?: number,
): Promise<File> {
  const room = sizeBytes === undefined ? undefined : await roomFor(sizeBytes);
  if (room && room.freeBytes < room.neededBytes) throw noRoom(path.slice(path.lastIndexOf("/") + 1), room);
  let written = 0;
  try {
    const { directory, name } = await directoryOf(path, true);
    const handle = await directory.getFileHandle(name, { create: true });
    const stream = await handle.createWritable();
    try {
      for await (const chunk of chunks) {
        await stream.write(chunk);
        written += chunk.byteLength;
      }
    } catch (error) {
      await stream.abort();
      if ((await handle.getFile()).size === 0) await directory.removeEntry(name);
      throw error;
    }
    await stream.close();
    return await handle.getFile();
  } catch (error) {
    // Browsers may report more room than there is, to reveal nothing about the disk. What was written before the error is reliable.
    const fitted = sizeBytes === undefined ? undefined : { neededBytes: sizeBytes, freeBytes: written };
    throw storageError(`Writing ${path}`, error, KEPT, fitted);
  }
}

async function roomFor(neededBytes: number): Promise<Room | undefined> {
  const free = await freeBytes();
  return free === undefined ? undefined : { neededBytes, freeBytes: free };
}

/** Free space for this page by the browser's own account, which may be too high; undefined if the browser does not say. */
export async function freeBytes(): Promise<number | undefined> {
  const { quota, usage } = await navigator.storage.estimate().catch(() => ({ quota: undefined, usage: undefined }));
  return quota === undefined ? undefined : Math.max(0, quota - (usage ?? 0));
}

/** Opens a file for writing in place, and creates it if there is none. One page at a time can do so, in a dedicated worker. */
export async function openInPlace(path: string): Promise<FileSystemSyncAccessHandle> {
  try {
    const { directory, name } = await directoryOf(path, true);
    return await (await directory.getFileHandle(name, { create: true })).createSyncAccessHandle();
  } catch (error) {
    throw storageError(`Opening ${path}`, error, KEPT);
  }
}

/** Runs a write to a file that is open in place, and names the file if it fails. */
export function inPlace<T>(path: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    throw storageError(`Writing ${path}`, error, KEPT);
  }
}

/** Names of the folders in a folder; empty if there is no such folder. */
export async function foldersIn(path: string): Promise<string[]> {
  const names: string[] = [];
  try {
    const { directory, name } = await directoryOf(path, false);
    const folder = await directory.getDirectoryHandle(name);
    for await (const [child, handle] of folder.entries()) if (handle.kind === "directory") names.push(child);
  } catch {
    // There is no such folder, or storage is off.
  }
  return names;
}

/** The files in a folder, by name; empty if there is no such folder, or no storage at all. */
export async function storedFiles(path: string): Promise<Map<string, File>> {
  const files = new Map<string, File>();
  try {
    const { directory, name } = await directoryOf(path, false);
    const folder = await directory.getDirectoryHandle(name);
    for await (const [child, handle] of folder.entries())
      if (handle.kind === "file") files.set(child, await handle.getFile());
  } catch {
    // There is no such folder, or storage is off.
  }
  return files;
}

/** What an entry of a folder takes: a file, or a folder with everything in it. */
export interface StoredSize {
  bytes: number;
  /** Time of the last change in ms; 0 where there is no file. */
  changed: number;
}

/** The entries of a folder by name, with their sizes; empty if there is no such folder, or no storage at all. */
export async function storedSizes(path: string): Promise<Map<string, StoredSize>> {
  const sizes = new Map<string, StoredSize>();
  for (const [name, file] of await storedFiles(path)) sizes.set(name, { bytes: file.size, changed: file.lastModified });
  for (const name of await foldersIn(path)) {
    const inside = [...(await storedSizes(`${path}/${name}`)).values()];
    sizes.set(name, inside.reduce(joinedSizes, { bytes: 0, changed: 0 }));
  }
  return sizes;
}

/** Two things as one. */
export const joinedSizes = (a: StoredSize, b: StoredSize): StoredSize => ({
  bytes: a.bytes + b.bytes,
  changed: Math.max(a.changed, b.changed),
});

/** Whether the browser stores files for this page at all. */
export const storesFiles = (): Promise<boolean> =>
  Promise.resolve()
    .then(() => navigator.storage.getDirectory())
    .then(
      () => true,
      () => false,
    );

/** The file; undefined if there is none, or no storage at all. */
export async function readFile(path: string): Promise<File | undefined> {
  try {
    const { directory, name } = await directoryOf(path, false);
    return await (await directory.getFileHandle(name)).getFile();
  } catch {
    return undefined;
  }
}

/** Removes a file, or a folder with everything in it; does nothing if there is none. */
export async function remove(path: string): Promise<void> {
  try {
    const { directory, name } = await directoryOf(path, false);
    await directory.removeEntry(name, { recursive: true });
  } catch {
    // There was none, or storage is off.
  }
}

/** Where damaged files are kept. */
export const DAMAGED = "damaged";

/**
 * Moves a damaged file out of the way and writes the reason beside it: it is not read again, and not deleted either. Returns its new path;
 * undefined where the storage allowed neither a move nor a copy, in which case the file stays.
 */
export async function setAside(path: string, reason: string): Promise<string | undefined> {
  const target = `${DAMAGED}/${new Date().toISOString().replace(/[:.]/g, "-")}-${path.replaceAll("/", "-")}`;
  try {
    const from = await directoryOf(path, false);
    const to = await directoryOf(target, true);
    const handle = await from.directory.getFileHandle(from.name);
    if (handle.move) await handle.move(to.directory, to.name);
    else {
      const file = await handle.getFile();
      await writeFile(target, chunksOf(file));
      await from.directory.removeEntry(from.name);
    }
    await writeFile(`${target}.txt`, [new TextEncoder().encode(`${reason}\n`)]);
    return target;
  } catch {
    return undefined;
  }
}

const CHUNK_BYTES = 4 * 1024 * 1024;

async function* chunksOf(file: Blob): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (let at = 0; at < file.size; at += CHUNK_BYTES)
    yield new Uint8Array(await file.slice(at, at + CHUNK_BYTES).arrayBuffer());
}

/** Contains one folder for each tab that has prepared an export. */
export const EXPORTS = "exports";

/** Removes the folders below `root` of workers that are gone. */
export async function removeUnclaimed(root: string): Promise<void> {
  const { held = [] } = await navigator.locks.query();
  const claims = new Set(held.map(({ name }) => name));
  for (const name of await foldersIn(root)) {
    if (!claims.has(`${root}/${name}`)) await remove(`${root}/${name}`);
  }
}

/** Makes a folder below `root` for this worker alone, and removes those of workers that are gone (tabs closed, reloaded, crashed). */
export async function claimFolder(root: string): Promise<string> {
  const path = `${root}/${crypto.randomUUID()}`;
  await new Promise<void>((claimed, failed) => {
    // The lock is held as long as the worker lives, so other tabs can see that the folder is in use.
    const forever = new Promise<never>(() => undefined);
    navigator.locks.request(path, () => (claimed(), forever)).catch(failed);
  });
  try {
    await directoryOf(path, true);
  } catch (error) {
    throw storageError(`Opening ${root}`, error, KEPT);
  }
  await removeUnclaimed(root);
  return path;
}
