// A folder on disk in the form that the engine's loaders read; for scripts in Node.
import { closeSync, openSync, readdirSync, readSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import type { ByteSource, Folder } from "../src/engine/index.ts";

/** The files of `path`, without subfolders, read in slices. A read past the end of a file throws a RangeError. */
export function diskFolder(path: string): Folder {
  const names = readdirSync(path).filter((name) => statSync(join(path, name)).isFile());
  return { name: basename(path), list: () => names, open: async (file) => source(join(path, file), file) };
}

const GOLDEN = "golden";
/** Folders in golden/ that are no case: the scripts, and a case whose model is not in the repository. */
const OTHERS = ["reference", "smollm2"];

/** The golden cases in golden/ of the working directory. */
export const goldensOnDisk = (): Folder[] =>
  readdirSync(GOLDEN, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !OTHERS.includes(entry.name))
    .map(({ name }) => diskFolder(join(GOLDEN, name)));

function source(path: string, name: string): ByteSource {
  const { size } = statSync(path);
  return {
    name,
    size,
    read: async (offset, length) => {
      const bytes = new Uint8Array(length);
      const file = openSync(path, "r");
      try {
        const count = readSync(file, bytes, 0, length, offset);
        if (count !== length) throw new RangeError(`${path}: expected ${length} bytes from ${offset}, got ${count}`);
      } finally {
        closeSync(file);
      }
      return bytes;
    },
  };
}
