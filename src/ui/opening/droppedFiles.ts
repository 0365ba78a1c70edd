// The files of a picked or dropped folder as a model source.
import type { ModelSource } from "../../worker/protocol.ts";

/** All entries of a directory; browsers return them in batches. */
async function childrenOf(directory: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = directory.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const batch = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (batch.length === 0) return all;
    all.push(...batch);
  }
}

/** All files below an entry, without their folders. */
async function filesOf(entry: FileSystemEntry): Promise<File[]> {
  if (entry.isFile)
    return [await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject))];
  const children = await childrenOf(entry as FileSystemDirectoryEntry);
  return (await Promise.all(children.map(filesOf))).flat();
}

/** A model source of picked files, named after `folder` or the folder they are in; null where there are no files. */
export function sourceOfFiles(files: readonly File[], folder?: string): ModelSource | null {
  const first = files[0];
  if (!first) return null;
  const name = folder ?? (first.webkitRelativePath.split("/")[0] || first.name);
  return { kind: "files", name, files };
}

/** What was dropped on the page. */
interface Dropped {
  source: ModelSource | null;
  /** The folder itself, to be remembered; null where the browser does not provide it. */
  folder: FileSystemDirectoryHandle | null;
}

/** Reads a drop. Call it while the drop event is handled: its items are gone afterwards. */
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
