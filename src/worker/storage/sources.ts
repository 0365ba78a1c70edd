// Turns a model source into a folder: the embedded model from the page's server, picked files, or a model from the web.
import { blobSource, EngineError, type Folder, folderOf, memoryFolder, modelFolder } from "../../engine/index.ts";
import { EMBEDDED_MODEL } from "../embeddedModel.ts";
import { openCached, type OpenCachedOptions } from "./library.ts";
import type { ModelSource } from "../protocol.ts";
import { basePath } from "./texts.ts";

type SourceOptions = Omit<OpenCachedOptions, "refresh">;

/** Opens a source as a model's folder. Throws "cancelled", "format", and for models on the web what `fetchModel` throws. */
export async function folderOfSource(source: ModelSource, options: SourceOptions): Promise<Folder> {
  return modelFolder(await filesOfSource(source, options));
}

function filesOfSource(source: ModelSource, options: SourceOptions): Folder | Promise<Folder> {
  switch (source.kind) {
    case "embedded":
      return fetchEmbedded(options.signal, (done, of) => options.onProgress(done, of, "fetching"));
    case "hub":
      return openCached(source.address, { ...options, refresh: true });
    case "cached":
      return openCached(source.address, { ...options, refresh: false });
    case "files":
      return folderOf(
        source.name,
        source.files.map(({ path, file }) => blobSource(path, file)),
        source.subfolders,
      );
  }
}

async function fetchEmbedded(signal: AbortSignal, onBytes: (done: number, of: number) => void): Promise<Folder> {
  const files: Record<string, Uint8Array> = {};
  let before = 0;
  for (const name of EMBEDDED_MODEL.files) {
    const response = await fetch(new URL(`${EMBEDDED_MODEL.folder}/${name}`, self.location.origin + basePath()), {
      signal,
    });
    if (!response.ok || !response.body) {
      throw new EngineError(
        "format",
        `The embedded model's ${name} could not be loaded (HTTP status ${response.status}). Reload the page, or open a model of your own.`,
      );
    }
    const size = Number(response.headers.get("Content-Length") ?? 0);
    const chunks: Uint8Array<ArrayBuffer>[] = [];
    let done = 0;
    const reader = response.body.getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      chunks.push(part.value);
      done += part.value.byteLength;
      onBytes(before + done, Math.max(before + size, before + done));
    }
    before += done;
    files[name] = new Uint8Array(await new Blob(chunks).arrayBuffer());
  }
  return memoryFolder(EMBEDDED_MODEL.name, files);
}
