// A folder on a web server that answers Range requests, for the command line's local files.
import { type ByteSource, type Folder, checkRange, missingFile } from "./folder.ts";
import { readError } from "./readError.ts";

/** A file by its address. Some servers answer a Range request with the complete file; both answers are accepted. */
function httpSource(name: string, url: string, size: number): ByteSource {
  const source: ByteSource = {
    name,
    size,
    read: async (offset, length) => {
      checkRange(source, offset, length);
      if (length === 0) return new Uint8Array(0);
      const range = `bytes ${offset} to ${offset + length}`;
      const response = await fetch(url, { headers: { Range: `bytes=${offset}-${offset + length - 1}` } });
      if (!response.ok)
        throw readError({
          file: name,
          field: range,
          expected: "an answer with status 206 or 200",
          got: String(response.status),
          advice: "Check that the file is still on the server.",
        });
      const bytes = new Uint8Array(await response.arrayBuffer());
      const part = response.status === 206 ? bytes : bytes.slice(offset, offset + length);
      if (part.length !== length)
        throw readError({
          file: name,
          field: range,
          expected: `${length} bytes`,
          got: String(part.length),
          advice: "The file may have changed on the server: open it again.",
        });
      return part;
    },
  };
  return source;
}

/** A folder whose files are known, by name or path, with their sizes in bytes. */
export function httpFolder(name: string, baseUrl: string, files: Readonly<Record<string, number>>): Folder {
  const folder: Folder = {
    name,
    list: () => Object.keys(files),
    open: (file) => {
      const size = files[file];
      if (size === undefined) return Promise.reject(missingFile(folder, file));
      return Promise.resolve(httpSource(file, `${baseUrl}/${file.split("/").map(encodeURIComponent).join("/")}`, size));
    },
  };
  return folder;
}
