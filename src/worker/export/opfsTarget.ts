// An export target in the origin's private file system.
import {
  blobSource,
  type ByteSource,
  EngineError,
  type ExportTarget,
  type Folder,
  folderOf,
} from "../../engine/index.ts";
import { readFile, remove, writeFile } from "../storage/opfs.ts";

/** Opens a written file for reading. Throws "storage" if it is gone. */
export async function sourceAt(path: string, name: string): Promise<ByteSource> {
  const file = await readFile(path);
  if (!file) throw new EngineError("storage", `${name} could not be read back from the browser's storage`);
  return blobSource(name, file);
}

/** Writes into the folder at `path`. */
export function opfsTarget(path: string): ExportTarget {
  const names = new Set<string>();
  return {
    write: async (file) => {
      await writeFile(`${path}/${file.name}`, file.stream(), file.sizeBytes);
      names.add(file.name);
    },
    folder: async (): Promise<Folder> => {
      const sources = await Promise.all([...names].map((name) => sourceAt(`${path}/${name}`, name)));
      return folderOf(path, sources);
    },
    discard: () => remove(path),
  };
}
