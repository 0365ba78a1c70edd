// Model sources as folders: the embedded model from the page's own server, files that the user picked, and models from the web.
import {
  blobSource,
  EngineError,
  type Folder,
  folderOf,
  isGguf,
  memoryFolder,
  modelFolder,
} from "../../engine/index.ts";
import { EMBEDDED_MODEL } from "../embeddedModel.ts";
import { openCached } from "./library.ts";
import type { ModelSource } from "../protocol.ts";
import { basePath } from "./texts.ts";

export interface OpeningOptions {
  signal: AbortSignal;
  /** Bytes done and in all of what `note` says. */
  onProgress: (done: number, of: number, note: string) => void;
}

/** Opens a source as a model's folder. Throws "cancelled", "format", and for those on the web what fetchModel throws. */
export async function folderOfSource(source: ModelSource, options: OpeningOptions): Promise<Folder> {
  return modelFolder(checked(await filesOfSource(source, options)));
}

function filesOfSource(source: ModelSource, { signal, onProgress }: OpeningOptions): Folder | Promise<Folder> {
  switch (source.kind) {
    case "embedded":
      return fetchEmbedded(signal, (done, of) => onProgress(done, of, "fetching"));
    case "hub":
      return openCached(source.address, true, signal, onProgress);
    case "cached":
      return openCached(source.address, false, signal, onProgress);
    case "files": {
      const files = source.files.filter(({ name }) => !name.startsWith("."));
      return folderOf(
        source.name,
        files.map((file) => blobSource(file.name, file)),
      );
    }
  }
}

/** Refuses what cannot be a model with the names of what came. */
function checked(folder: Folder): Folder {
  const names = folder.list();
  if (!names.some((name) => name === "config.json" || isGguf(name))) {
    throw new EngineError(
      "format",
      `A model's folder with config.json was expected; ${names.length > 0 ? `${names.slice(0, 6).join(", ")} came` : "it was empty"}. Choose the folder that holds config.json, tokenizer.json and *.safetensors, or a *.gguf file.`,
    );
  }
  return folder;
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
        `The embedded model's ${name} could not be loaded (the server answered ${response.status}). Reload the page, or open a model of your own.`,
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
