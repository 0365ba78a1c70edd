// Files of a picked or dropped folder, flat, as a model source.
import type { ModelSource } from "../../worker/protocol.ts";

/** Reads all entries of a directory; browsers give them in batches. */
async function childrenOf(directory: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = directory.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const batch = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (batch.length === 0) return all;
    all.push(...batch);
  }
}

async function filesOf(entry: FileSystemEntry): Promise<File[]> {
  if (entry.isFile)
    return [await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject))];
  const children = await childrenOf(entry as FileSystemDirectoryEntry);
  return (await Promise.all(children.map(filesOf))).flat();
}

/** A model source of picked files; null where there are none. The name is the folder's, where there is one. */
export function sourceOfFiles(files: readonly File[], folder?: string): ModelSource | null {
  const first = files[0];
  if (!first) return null;
  const name = folder ?? (first.webkitRelativePath.split("/")[0] || first.name);
  return { kind: "files", name, files };
}

/** What was dropped on the page: a source, and the folder itself where the browser hands it out, to be remembered. */
export interface Dropped {
  source: ModelSource | null;
  folder: FileSystemDirectoryHandle | null;
}

/** Reads a drop. Call it while the drop event is handled: its items do not live longer. */
export async function readDrop(transfer: DataTransfer): Promise<Dropped> {
  const items = [...transfer.items];
  const entries = items.flatMap((item) => item.webkitGetAsEntry() ?? []);
  const handles = Promise.all(items.map((item) => item.getAsFileSystemHandle?.() ?? Promise.resolve(null)));
  const files = (await Promise.all(entries.map(filesOf))).flat();
  const directory = (await handles.catch(() => [])).find((handle) => handle?.kind === "directory");
  return {
    source: sourceOfFiles(files, entries.find((entry) => entry.isDirectory)?.name),
    folder: (directory as FileSystemDirectoryHandle | undefined) ?? null,
  };
}
