// A folder behind a web server that answers Range requests: the embedded model, and the command line's local files.
import { EngineError, invariant } from "../../errors.ts";
import { type ByteSource, type Folder, checkRange, missingFile } from "./folder.ts";

/** A file by its address. Small servers may answer a range with the whole file; both are accepted. */
function httpSource(name: string, url: string, size: number): ByteSource {
  const source: ByteSource = {
    name,
    size,
    read: async (offset, length) => {
      checkRange(source, offset, length);
      if (length === 0) return new Uint8Array(0);
      const response = await fetch(url, { headers: { Range: `bytes=${offset}-${offset + length - 1}` } });
      if (!response.ok)
        throw new EngineError(
          "format",
          `${name}: the server answered ${response.status}; check that the file is still there`,
        );
      const bytes = new Uint8Array(await response.arrayBuffer());
      const part = response.status === 206 ? bytes : bytes.slice(offset, offset + length);
      invariant(part.length === length, "format", `${name}: ${length} bytes were asked for, ${part.length} came`);
      return part;
    },
  };
  return source;
}

/** A folder of which the file names and sizes (in bytes) are known. */
export function httpFolder(name: string, baseUrl: string, files: Readonly<Record<string, number>>): Folder {
  const folder: Folder = {
    name,
    list: () => Object.keys(files),
    open: (file) => {
      const size = files[file];
      if (size === undefined) return Promise.reject(missingFile(folder, file));
      return Promise.resolve(httpSource(file, `${baseUrl}/${encodeURIComponent(file)}`, size));
    },
  };
  return folder;
}
