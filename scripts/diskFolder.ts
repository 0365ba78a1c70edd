// A folder on disk as the engine's loaders read it, for scripts in Node.
import { closeSync, openSync, readdirSync, readSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import type { ByteSource, Folder } from "../src/engine/index.ts";

/** The files of `path`, read by slices; subfolders are left out. Throws a RangeError past the end of a file. */
export function diskFolder(path: string): Folder {
  const names = readdirSync(path).filter((name) => statSync(join(path, name)).isFile());
  return { name: basename(path), list: () => names, open: async (file) => source(join(path, file), file) };
}

function source(path: string, name: string): ByteSource {
  const { size } = statSync(path);
  return {
    name,
    size,
    read: async (offset, length) => {
      const bytes = new Uint8Array(length);
      const file = openSync(path, "r");
      try {
        const came = readSync(file, bytes, 0, length, offset);
        if (came !== length)
          throw new RangeError(`${path}: ${length} bytes from ${offset} were asked for, ${came} came`);
      } finally {
        closeSync(file);
      }
      return bytes;
    },
  };
}
