// The origin's private file system in memory, as much of it as tests in Node need.

/** The contents of a file, or a folder. */
type Entry = Uint8Array<ArrayBuffer> | Map<string, Entry>;

/** Makes `navigator.storage.getDirectory()` return an empty folder, and returns it. `moves`: whether its files can be moved. */
export function memoryOpfs(moves = true): Map<string, Entry> {
  const root = new Map<string, Entry>();
  Object.defineProperty(globalThis, "navigator", {
    configurable: true,
    value: {
      storage: { getDirectory: () => Promise.resolve(directoryOf(root, moves)), estimate: () => Promise.resolve({}) },
    },
  });
  return root;
}

const notFound = (): never => {
  throw new DOMException("no such entry", "NotFoundError");
};

function directoryOf(entries: Map<string, Entry>, moves: boolean): object {
  const made = (name: string, create: boolean | undefined, empty: () => Entry): Entry => {
    const known = entries.get(name) ?? (create ? empty() : notFound());
    entries.set(name, known);
    return known;
  };
  return {
    entries,
    getDirectoryHandle: async (name: string, options?: { create?: boolean }) => {
      const entry = made(name, options?.create, () => new Map<string, Entry>());
      return entry instanceof Map ? directoryOf(entry, moves) : notFound();
    },
    getFileHandle: async (name: string, options?: { create?: boolean }) => {
      made(name, options?.create, () => new Uint8Array());
      return fileOf(entries, name, moves);
    },
    removeEntry: async (name: string) => {
      if (!entries.delete(name)) notFound();
    },
  };
}

function fileOf(entries: Map<string, Entry>, name: string, moves: boolean): object {
  return {
    getFile: async () => new File([entries.get(name) as Uint8Array<ArrayBuffer>], name),
    createWritable: async () => {
      const chunks: Uint8Array<ArrayBuffer>[] = [];
      return {
        write: async (chunk: Uint8Array<ArrayBuffer>) => void chunks.push(chunk.slice()),
        close: async () => void entries.set(name, new Uint8Array(await new Blob(chunks).arrayBuffer())),
        abort: async () => undefined,
      };
    },
    ...(moves
      ? {
          move: async (to: { entries: Map<string, Entry> }, renamed: string) => {
            to.entries.set(renamed, entries.get(name) ?? notFound());
            entries.delete(name);
          },
        }
      : {}),
  };
}
