// Files of the origin's private file system: checkpoints, prepared exports and fetched models.
import { invariant } from "../../engine/index.ts";
import { noRoom, type Room, storageError } from "./storageErrors.ts";

const KEPT = "Nothing on the screen is lost.";

/** The folder of a path below `root` (the private file system where it is left out), and the file's name in it. */
async function directoryOf(
  path: string,
  create: boolean,
  root?: FileSystemDirectoryHandle,
): Promise<{ directory: FileSystemDirectoryHandle; name: string }> {
  const parts = path.split("/");
  const name = parts.pop();
  invariant(name, "bug", `"${path}" names no file`);
  let directory = root ?? (await navigator.storage.getDirectory());
  for (const part of parts) directory = await directory.getDirectoryHandle(part, { create });
  return { directory, name };
}

/**
 * Writes a file piece by piece. It takes its name only when all is written; an error or a cancel leaves what was there before.
 * With `sizeBytes` it is refused before the first byte where the browser has not that much room left for this page.
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
    // Browsers may tell more room than there is, to tell nothing about the disk: what could be written is the truth.
    const found = sizeBytes === undefined ? undefined : { neededBytes: sizeBytes, freeBytes: written };
    throw storageError(`Writing ${path}`, error, KEPT, found);
  }
}

async function roomFor(neededBytes: number): Promise<Room | undefined> {
  const free = await freeBytes();
  return free === undefined ? undefined : { neededBytes, freeBytes: free };
}

/** What the browser says is free for this page, which may be more than there is; undefined where the browser does not tell. */
export async function freeBytes(): Promise<number | undefined> {
  const { quota, usage } = await navigator.storage.estimate().catch(() => ({ quota: undefined, usage: undefined }));
  return quota === undefined ? undefined : Math.max(0, quota - (usage ?? 0));
}

/** A file to be written in place, made where there is none; one page at a time may hold it. Only a dedicated worker has this. */
export async function openInPlace(path: string): Promise<FileSystemSyncAccessHandle> {
  try {
    const { directory, name } = await directoryOf(path, true);
    return await (await directory.getFileHandle(name, { create: true })).createSyncAccessHandle();
  } catch (error) {
    throw storageError(`Opening ${path}`, error, KEPT);
  }
}

/** Calls a write of a file that is open in place, and names its failure. */
export function inPlace<T>(path: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    throw storageError(`Writing ${path}`, error, KEPT);
  }
}

/** Names of the folders at a path; none where it is not there. */
export async function foldersIn(path: string): Promise<string[]> {
  const names: string[] = [];
  try {
    const { directory, name } = await directoryOf(path, false);
    const folder = await directory.getDirectoryHandle(name);
    for await (const [child, handle] of folder.entries()) if (handle.kind === "directory") names.push(child);
  } catch {
    // It is not there, or storage is off: either way there is nothing in it.
  }
  return names;
}

/** The file, or undefined where there is none or no storage at all. */
export async function readFile(path: string): Promise<File | undefined> {
  try {
    const { directory, name } = await directoryOf(path, false);
    return await (await directory.getFileHandle(name)).getFile();
  } catch {
    return undefined;
  }
}

/** Removes a file or a whole folder; one that is not there is fine. */
export async function remove(path: string): Promise<void> {
  try {
    const { directory, name } = await directoryOf(path, false);
    await directory.removeEntry(name, { recursive: true });
  } catch {
    // It was not there, or storage is off: either way nothing is left to remove.
  }
}

/** A folder of this worker's own below `root`. Those of workers that are gone (tabs closed, reloaded, crashed) are removed. */
export async function claimFolder(root: string): Promise<string> {
  const path = `${root}/${crypto.randomUUID()}`;
  await new Promise<void>((claimed, failed) => {
    // Held as long as the worker lives: that is how other tabs know that the folder is in use.
    const forever = new Promise<never>(() => undefined);
    navigator.locks.request(path, () => (claimed(), forever)).catch(failed);
  });
  const { held = [] } = await navigator.locks.query();
  const claims = new Set(held.map(({ name }) => name));
  const { directory } = await directoryOf(path, true);
  for await (const name of directory.keys()) {
    if (!claims.has(`${root}/${name}`)) await remove(`${root}/${name}`);
  }
  return path;
}

/** Bytes that this origin may still store; null where the browser does not say. */
export async function freeStorage(): Promise<number | null> {
  const { quota, usage } = await navigator.storage.estimate();
  return quota === undefined || usage === undefined ? null : Math.max(0, quota - usage);
}
