// The origin's private file system in memory, as much of it as tests in Node need.

/** The contents of a file, or a folder. */
type Entry = Uint8Array<ArrayBuffer> | Map<string, Entry>;

/** Makes `navigator.storage.getDirectory()` return an empty folder, and returns it. `moves`: whether its files can be moved. */
export function memoryOpfs(moves = true): Map<string, Entry> {
  const root = new Map<string, Entry>();
  times.clear();
  Object.defineProperty(globalThis, "navigator", {
    configurable: true,
    value: {
      locks: memoryLocks(),
      storage: {
        getDirectory: () => Promise.resolve(directoryOf(root, moves)),
        estimate: () => Promise.resolve({ usage: 5, quota: 100 }),
        persisted: () => Promise.resolve(false),
      },
    },
  });
  return root;
}

/** Web Locks that are held for ever, or until their callback has resolved. */
function memoryLocks(): object {
  const held = new Set<string>();
  return {
    query: () => Promise.resolve({ held: [...held].map((name) => ({ name })) }),
    request: async (name: string, _options: object, work: () => Promise<unknown>) => {
      if (held.has(name)) throw new DOMException("held", "TimeoutError");
      held.add(name);
      return work().finally(() => held.delete(name));
    },
  };
}

/** When files were written, in steps of a clock of our own: two writes of a test may fall into one millisecond. */
let clock = 0;
const times = new Map<string, number>();

const notFound = (): never => {
  throw new DOMException("no such entry", "NotFoundError");
};

function directoryOf(entries: Map<string, Entry>, moves: boolean): object {
  const made = (name: string, create: boolean | undefined, empty: () => Entry): Entry => {
    const known = entries.get(name) ?? (create ? empty() : notFound());
    entries.set(name, known);
    return known;
  };
  const handleOf = (name: string, entry: Entry): object =>
    entry instanceof Map
      ? { kind: "directory", ...directoryOf(entry, moves) }
      : { kind: "file", ...fileOf(entries, name, moves) };
  return {
    /** What `move` of another file needs. */
    contents: entries,
    entries: async function* () {
      for (const [name, entry] of [...entries]) yield [name, handleOf(name, entry)] as const;
    },
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
    getFile: async () =>
      new File([entries.get(name) as Uint8Array<ArrayBuffer>], name, { lastModified: times.get(name) ?? 0 }),
    createWritable: async () => {
      const chunks: Uint8Array<ArrayBuffer>[] = [];
      clock += 1;
      times.set(name, clock);
      return {
        write: async (chunk: Uint8Array<ArrayBuffer>) => void chunks.push(chunk.slice()),
        close: async () => void entries.set(name, new Uint8Array(await new Blob(chunks).arrayBuffer())),
        abort: async () => undefined,
      };
    },
    ...(moves
      ? {
          move: async (to: { contents: Map<string, Entry> }, renamed: string) => {
            to.contents.set(renamed, entries.get(name) ?? notFound());
            entries.delete(name);
          },
        }
      : {}),
  };
}
