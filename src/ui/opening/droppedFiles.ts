// The files of a picked or dropped folder as a model source, with their paths; and texts that were dropped.
import { filesToModel, type FolderTree } from "../../engine/index.ts";
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

const fileOf = (entry: FileSystemFileEntry): Promise<File> =>
  new Promise((resolve, reject) => entry.file(resolve, reject));

/** Entries of a drop as a folder. */
function treeOfEntries(name: string, children: () => Promise<readonly FileSystemEntry[]>): FolderTree<File> {
  return {
    name,
    read: async () => {
      const entries = await children();
      const files = entries.filter((entry): entry is FileSystemFileEntry => entry.isFile);
      const folders = entries.filter((entry): entry is FileSystemDirectoryEntry => entry.isDirectory);
      return {
        files: await Promise.all(files.map(async (entry) => ({ name: entry.name, file: await fileOf(entry) }))),
        folders: folders.map((entry) => treeOfEntries(entry.name, () => childrenOf(entry))),
      };
    },
  };
}

/** A model source of picked files, named after the folder they are in; null where there are no files. */
export function sourceOfFiles(files: readonly File[]): ModelSource | null {
  const [first] = files;
  if (!first) return null;
  const picked = files.map((file) => ({ path: file.webkitRelativePath || file.name, file }));
  return { kind: "files", name: first.webkitRelativePath.split("/")[0] || first.name, files: picked };
}

/** What was dropped on the page. */
type Dropped =
  /** folder: the folder itself, to be remembered; null where the browser does not provide it. */
  | { kind: "model"; source: ModelSource | null; folder: FileSystemDirectoryHandle | null }
  | { kind: "texts"; files: readonly File[] };

/** Text files that are parts of a tokenizer. */
const TOKENIZER_FILES: readonly string[] = ["merges.txt", "vocab.txt"];

/** Whether an entry is a text to calibrate or to evaluate on. */
const isText = (entry: FileSystemEntry): entry is FileSystemFileEntry =>
  entry.isFile && /\.(txt|text|md)$/i.test(entry.name) && !TOKENIZER_FILES.includes(entry.name);

/** Reads a drop. Call it while the drop event is handled: its items are gone afterwards. */
export async function readDrop(transfer: DataTransfer): Promise<Dropped> {
  const items = [...transfer.items];
  const entries = items.flatMap((item) => item.webkitGetAsEntry() ?? []);
  // Beside files of a model, a text is its licence or its card.
  if (entries.length > 0 && entries.every(isText))
    return { kind: "texts", files: await Promise.all(entries.map((entry) => fileOf(entry))) };
  const handles = Promise.all(items.map((item) => item.getAsFileSystemHandle?.() ?? Promise.resolve(null)));
  const { files, subfolders } = await filesToModel(treeOfEntries("", () => Promise.resolve(entries)));
  const directory = (await handles.catch(() => [])).find((handle) => handle?.kind === "directory");
  const name = (entries.find((entry) => entry.isDirectory) ?? entries[0])?.name;
  return {
    kind: "model",
    source: name === undefined ? null : { kind: "files", name, files, subfolders },
    folder: (directory as FileSystemDirectoryHandle | undefined) ?? null,
  };
}
