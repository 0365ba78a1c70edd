// A place for exports behind the command line's local server: files go out in parts and are read back with Range requests.
import { EngineError, type Folder, httpFolder, type ExportTarget } from "../../engine/index.ts";

/** Bytes sent with one request. */
const PART_BYTES = 8 * 1024 * 1024;

/** The folder at `url` (see files.ts), as a place that an export is written to and read back from. */
export function httpTarget(name: string, url: string): ExportTarget {
  const sizes: Record<string, number> = {};
  return {
    write: async (file) => {
      let part = 0;
      let waiting: Uint8Array<ArrayBuffer>[] = [];
      let waitingBytes = 0;
      const send = async (done: boolean): Promise<void> => {
        const address = `${url}/${encodeURIComponent(file.name)}?part=${part++}${done ? "&done=1" : ""}`;
        const response = await fetch(address, { method: "PUT", body: new Blob(waiting) });
        if (!response.ok)
          throw new EngineError("storage", `${file.name} could not be written: ${await response.text()}`);
        waiting = [];
        waitingBytes = 0;
      };
      for await (const chunk of file.stream()) {
        waiting.push(chunk);
        waitingBytes += chunk.byteLength;
        if (waitingBytes >= PART_BYTES) await send(false);
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
