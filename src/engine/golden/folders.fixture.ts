// Golden folders and the embedded model for tests in the browser, fetched from the test server.
import { memoryFolder } from "../formats/files/memoryFolder.ts";
import type { Folder } from "../formats/files/folder.ts";

const GOLDEN: Record<string, string> = import.meta.glob(
  ["../../../golden/*/*", "!../../../golden/reference/*", "!../../../golden/smollm2/*"],
  {
    query: "?url",
    import: "default",
    eager: true,
  },
);
const EMBEDDED = ["config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors"];

async function fetched(name: string, urls: Record<string, string>, changes: object = {}): Promise<Folder> {
  const files: Record<string, Uint8Array> = {};
  for (const [file, url] of Object.entries(urls)) {
    const response = await fetch(url);
    if (!response.ok) throw new Error(`${url}: ${response.status}`);
    files[file] = new Uint8Array(await response.arrayBuffer());
  }
  if (!files["config.json"]) return memoryFolder(name, files); // a GGUF file has its own
  const config = JSON.parse(new TextDecoder().decode(files["config.json"])) as object;
  files["config.json"] = new TextEncoder().encode(JSON.stringify({ ...config, ...changes }));
  return memoryFolder(name, files);
}

/** A folder of golden/, such as "llama". changes: keys of its config.json to set. */
export function goldenFolder(name: string, changes?: object): Promise<Folder> {
  const paths = Object.entries(GOLDEN).map(([path, url]) => [path.split("/").slice(-2), url] as const);
  return fetched(
    name,
    Object.fromEntries(paths.flatMap(([[folder, file], url]) => (folder === name && file ? [[file, url]] : []))),
    changes,
  );
}

/** The embedded model. */
export function embeddedFolder(): Promise<Folder> {
  return fetched("speeches-3.5M", Object.fromEntries(EMBEDDED.map((file) => [file, `/model/${file}`])));
}
