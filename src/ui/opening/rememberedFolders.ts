// Folders that were picked before, stored as handles in IndexedDB so that they open without the picker, where the browser has such handles.
import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import { EngineError, filesToModel, type FolderTree } from "../../engine/index.ts";
import type { ModelFacts, ModelSource } from "../../worker/protocol.ts";

const DATABASE = "espalier-folders";
const FOLDERS = "folders";
/** The least recently used folders beyond this number are forgotten. */
const MAX_FOLDERS = 12;

export interface RememberedFolder {
  id: string;
  name: string;
  handle: FileSystemDirectoryHandle;
  family: string;
  licence: string;
  bytes: number;
  /** ISO 8601 time. */
  lastUsed: string;
}

interface Schema extends DBSchema {
  [FOLDERS]: { key: string; value: RememberedFolder };
}

const database = (): Promise<IDBPDatabase<Schema>> =>
  openDB<Schema>(DATABASE, 1, { upgrade: (db) => void db.createObjectStore(FOLDERS, { keyPath: "id" }) });

/** The folders, most recently used first; none where the browser cannot store them. */
export async function rememberedFolders(): Promise<RememberedFolder[]> {
  try {
    const all = await (await database()).getAll(FOLDERS);
    return all.sort((a, b) => b.lastUsed.localeCompare(a.lastUsed));
  } catch {
    // private windows have no database
    return [];
  }
}

/** Stores a folder that has just been opened; one that is stored already moves to the top. */
export async function rememberFolder(handle: FileSystemDirectoryHandle, facts: ModelFacts): Promise<void> {
  const known = await rememberedFolders();
  let id: string = crypto.randomUUID();
  for (const folder of known) if (await folder.handle.isSameEntry(handle)) id = folder.id;
  const { modelType: family, licence, fileBytes: bytes } = facts;
  const lastUsed = new Date().toISOString();
  await (await database()).put(FOLDERS, { id, name: handle.name, handle, family, licence, bytes, lastUsed });
  const others = known.filter((folder) => folder.id !== id);
  for (const { id: oldest } of others.slice(MAX_FOLDERS - 1)) await forgetFolder(oldest);
}

/** Forgets a folder; its files are not touched. */
export async function forgetFolder(id: string): Promise<void> {
  await (await database()).delete(FOLDERS, id);
}

/**
 * The files of a folder as a source, after asking for permission where the browser requires it. Call it from a click.
 * Throws EngineError("storage") where permission is refused or the folder cannot be read.
 */
export async function sourceOfFolder(handle: FileSystemDirectoryHandle): Promise<ModelSource> {
  const permission = (await handle.requestPermission?.({ mode: "read" })) ?? "granted";
  if (permission !== "granted")
    throw new EngineError(
      "storage",
      `The browser did not let this page read the folder ${handle.name}. Open it again and allow access, or choose it with the picker.`,
    );
  try {
    return { kind: "files", name: handle.name, ...(await filesToModel(treeOfHandle(handle))) };
  } catch (error) {
    const reason = error instanceof Error ? error.name : "unknown";
    throw new EngineError(
      "storage",
      `The folder ${handle.name} could not be read (${reason}): it may have been moved, renamed or deleted. Choose it again with the picker.`,
      { reason },
    );
  }
}

function treeOfHandle(handle: FileSystemDirectoryHandle): FolderTree<File> {
  return {
    name: handle.name,
    read: async () => {
      const files: { name: string; file: File }[] = [];
      const folders: FolderTree<File>[] = [];
      for await (const entry of handle.values()) {
        if (entry.kind === "file") files.push({ name: entry.name, file: await entry.getFile() });
        else folders.push(treeOfHandle(entry));
      }
      return { files, folders };
    },
  };
}
