// Three golden cases as files beside the built studio, which are fetched only when the lab asks for them.
import { EngineError, type Folder, folderOf, memoryFolder } from "../../engine/index.ts";

/** Addresses by path: "../../../golden/llama3/config.json". The same cases as in the lab's package for other machines. */
const FILES = import.meta.glob<string>("../../../golden/{llama3,opt,qwen3}/*", {
  query: "?url",
  import: "default",
  eager: true,
});

/** Each case as a folder whose files are fetched as they are opened. */
export function goldenFolders(signal: AbortSignal): Folder[] {
  const cases = new Map<string, Map<string, string>>();
  for (const [path, address] of Object.entries(FILES)) {
    const [name = "", file = ""] = path.split("/").slice(-2);
    cases.set(name, (cases.get(name) ?? new Map<string, string>()).set(file, address));
  }
  return [...cases].map(([name, files]) => fetchedFolder(name, files, signal));
}

function fetchedFolder(name: string, files: ReadonlyMap<string, string>, signal: AbortSignal): Folder {
  const names = [...files.keys()];
  return {
    name,
    list: () => names,
    open: async (file) => {
      const address = files.get(file);
      if (address === undefined) return folderOf(name, []).open(file);
      const response = await fetch(address, { signal });
      if (!response.ok)
        throw new EngineError(
          "format",
          `The golden case ${name} could not be loaded: ${file} gave HTTP status ${response.status}. Reload the page.`,
        );
      return memoryFolder(name, { [file]: new Uint8Array(await response.arrayBuffer()) }).open(file);
    },
  };
}
