// An export target on the command line's local server: files are sent in parts and read back with Range requests.
import { EngineError, type Folder, httpFolder, type ExportTarget } from "../../engine/index.ts";

/** Bytes per request. */
const PART_BYTES = 8 * 1024 * 1024;

/** The folder at `url` (see host/files.ts) as an export target. Throws "storage" where a file cannot be written. */
export function httpTarget(name: string, url: string): ExportTarget {
  const sizes: Record<string, number> = {};
  return {
    write: async (file) => {
      let part = 0;
      let pending: Uint8Array<ArrayBuffer>[] = [];
      let pendingBytes = 0;
      const send = async (done: boolean): Promise<void> => {
        const address = `${url}/${encodeURIComponent(file.name)}?part=${part++}${done ? "&done=1" : ""}`;
        const response = await fetch(address, { method: "PUT", body: new Blob(pending) });
        if (!response.ok)
          throw new EngineError(
            "storage",
            `${file.name}: expected the file to be written, got status ${response.status} (${await response.text()}). Check the folder of --out and its free space.`,
          );
        pending = [];
        pendingBytes = 0;
      };
      for await (const chunk of file.stream()) {
        pending.push(chunk);
        pendingBytes += chunk.byteLength;
        if (pendingBytes >= PART_BYTES) await send(false);
      }
      await send(true);
      sizes[file.name] = file.sizeBytes;
    },
    folder: (): Promise<Folder> => Promise.resolve(httpFolder(name, url, sizes)),
    discard: async () => {
      for (const file of Object.keys(sizes)) {
        await fetch(`${url}/${encodeURIComponent(file)}`, { method: "DELETE" });
        delete sizes[file];
      }
    },
  };
}
