// Model sources as folders: the embedded model from the page's own server, or files that the user picked.
import { blobSource, EngineError, type Folder, folderOf, isGguf, memoryFolder, modelFolder } from "../engine/index.ts";
import type { ModelSource } from "./protocol.ts";
import { basePath } from "./texts.ts";

const EMBEDDED_NAME = "speeches-3.5M";
const EMBEDDED_FILES = [
  "config.json",
  "generation_config.json",
  "tokenizer.json",
  "tokenizer_config.json",
  "README.md",
  "model.safetensors",
];

/** Opens a source. onBytes gets the bytes fetched so far and in all. */
export async function folderOfSource(
  source: ModelSource,
  onBytes: (done: number, of: number) => void,
): Promise<Folder> {
  if (source.kind === "embedded") return fetchEmbedded(onBytes);
  const files = source.files.filter(({ name }) => !name.startsWith("."));
  if (!files.some(({ name }) => name === "config.json" || isGguf(name))) {
    const names = files.slice(0, 6).map(({ name }) => name);
    throw new EngineError(
      "format",
      `A model's folder with config.json was expected; ${names.length > 0 ? `${names.join(", ")} came` : "it was empty"}. Choose the folder that holds config.json, tokenizer.json and *.safetensors, or a *.gguf file.`,
    );
  }
  const sources = files.map((file) => blobSource(file.name, file));
  return modelFolder(folderOf(source.name, sources));
}

async function fetchEmbedded(onBytes: (done: number, of: number) => void): Promise<Folder> {
  const files: Record<string, Uint8Array> = {};
  let before = 0;
  for (const name of EMBEDDED_FILES) {
    const response = await fetch(new URL(`model/${name}`, self.location.origin + basePath()));
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
  return memoryFolder(EMBEDDED_NAME, files);
}
