// Turns a model source into a folder: the embedded model from the page's server, picked files, or a model from the web.
import {
  blobSource,
  EngineError,
  type Folder,
  folderOf,
  isGguf,
  memoryFolder,
  shallowestModel,
} from "../../engine/index.ts";
import { EMBEDDED_MODEL } from "../embeddedModel.ts";
import type { ModelSource } from "../protocol.ts";
import { fetchOwnFile } from "./ownFile.ts";
import type { OpenCachedOptions } from "./webModel.ts";

type SourceOptions = Omit<OpenCachedOptions, "refresh">;

/** Opens a source as a model's folder. Throws "cancelled", "format", and for models on the web what `fetchModel` throws. */
export async function folderOfSource(source: ModelSource, options: SourceOptions): Promise<Folder> {
  const files = await filesOfSource(source, options);
  const flat = shallowestModel(files);
  if (!flat.list().some(isGguf)) return flat;
  const { modelFolder } = await loaded(ggufScripts, "reads GGUF files");
  return modelFolder(files);
}

/** Loads what opens GGUF files: from then on they open without the network. */
export const ggufScripts = () => import("./ggufSource.ts");

/** Loads what opens models from the web, and from the cache. */
export const webScripts = () => import("./webModel.ts");

/** Scripts that are no part of the first download. Throws "network" if they do not load. */
const loaded = <T>(scripts: () => Promise<T>, does: string): Promise<T> =>
  scripts().catch(() => {
    throw new EngineError("network", `A script that ${does} did not load. Check the connection, then try again.`);
  });

/** Opens a model by its address. Throws what `fetchModel` throws. */
async function openWeb(address: string, options: OpenCachedOptions): Promise<Folder> {
  const { openCached } = await loaded(webScripts, "opens models from the web");
  return openCached(address, options);
}

function filesOfSource(source: ModelSource, options: SourceOptions): Folder | Promise<Folder> {
  switch (source.kind) {
    case "embedded":
      return fetchEmbedded(options.signal, (done, of) => options.onProgress(done, of, "fetching"));
    case "hub":
      return openWeb(source.address, { ...options, refresh: true });
    case "cached":
      return openWeb(source.address, { ...options, refresh: false });
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
  for (const [name, sha256] of Object.entries(EMBEDDED_MODEL.files)) {
    files[name] = await fetchOwnFile(`${EMBEDDED_MODEL.folder}/${name}`, {
      what: `The built-in model’s ${name}`,
      advice: "Reload the page, or open a model of your own.",
      ...{ sha256, signal, onBytes: (done, of) => onBytes(before + done, before + of) },
    });
    before += files[name].byteLength;
  }
  return memoryFolder(EMBEDDED_MODEL.name, files);
}
