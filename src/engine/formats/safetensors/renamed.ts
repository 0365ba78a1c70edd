// A model's folder with some tensors under other names: only the headers and the index are written anew, the data stays where it is.
import type { ByteSource, Folder } from "../files/folder.ts";
import { checkRange } from "../files/folder.ts";
import { memorySource } from "../files/memoryFolder.ts";
import { jsonText } from "../files/outputFile.ts";
import { INDEX_FILE, readIndex, readSafetensors, SINGLE_FILE } from "./safetensors.ts";
import { LENGTH_BYTES, METADATA_KEY } from "./safetensorsHeader.ts";

/** `folder` with files added; one of the same name is replaced. */
export function withFiles(folder: Folder, files: ReadonlyMap<string, () => Promise<ByteSource>>): Folder {
  return {
    ...folder,
    list: () => [...new Set([...folder.list(), ...files.keys()])],
    open: async (file) => (files.get(file) ?? (() => folder.open(file)))(),
  };
}

/**
 * The folder with its tensors renamed; `names` has the new name of each stored name that changes, and the new names are distinct.
 * The folder must be one that `openWeights` opens.
 */
export const renamedWeights = (folder: Folder, names: ReadonlyMap<string, string>): Promise<Folder> =>
  rewrittenWeights(folder, (name) => {
    const renamed = names.get(name);
    return renamed === undefined ? undefined : [{ name: renamed }];
  });

/** What a stored tensor is presented as: another name, or several with some of its rows each, in order. Undefined: as it is. */
type Rewrite = (name: string, shape: readonly number[]) => readonly { name: string; rows?: number }[] | undefined;

/** The folder with its tensors presented as `rewrite` says. In an index, which has no shapes, it is asked with an empty one. */
export async function rewrittenWeights(folder: Folder, rewrite: Rewrite): Promise<Folder> {
  const files = new Map<string, () => Promise<ByteSource>>();
  const rename = (file: string): void => {
    files.set(file, async () => rewrittenFile(await folder.open(file), rewrite));
  };
  if (folder.list().includes(SINGLE_FILE)) rename(SINGLE_FILE);
  else {
    const index = await readIndex(folder);
    new Set(index.values()).forEach(rename);
    const map = Object.fromEntries(
      [...index].flatMap(([name, shard]) => (rewrite(name, []) ?? [{ name }]).map((one) => [one.name, shard] as const)),
    );
    files.set(INDEX_FILE, async () => jsonSource(INDEX_FILE, { metadata: {}, weight_map: map }));
  }
  return withFiles(folder, files);
}

/** JSON in memory as a file. */
export function jsonSource(name: string, json: unknown): ByteSource {
  return memorySource(name, new TextEncoder().encode(jsonText(json)));
}

/** A safetensors file with another header before the same data. */
async function rewrittenFile(source: ByteSource, rewrite: Rewrite): Promise<ByteSource> {
  const { tensors, metadata } = await readSafetensors(source);
  const dataStart = Math.min(source.size, ...[...tensors.values()].map(({ begin }) => begin));
  const entries = [...tensors.values()].flatMap(({ name, dtype, shape, begin, end }): [string, unknown][] => {
    const [height = 1, ...rest] = shape;
    const rowBytes = height === 0 ? 0 : (end - begin) / height;
    let at = begin - dataStart;
    return (rewrite(name, shape) ?? [{ name }]).map((one) => {
      const first = at;
      at += (one.rows ?? height) * rowBytes;
      const own = one.rows === undefined ? shape : [one.rows, ...rest];
      return [one.name, { dtype, shape: own, data_offsets: [first, at] }];
    });
  });
  if (Object.keys(metadata).length > 0) entries.unshift([METADATA_KEY, metadata]);
  // Joined here because an object would lose the name "__proto__".
  const json = `{${entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(",")}}`;
  const text = new TextEncoder().encode(json);
  const header = new Uint8Array(LENGTH_BYTES + text.length);
  new DataView(header.buffer).setBigUint64(0, BigInt(text.length), true);
  header.set(text, LENGTH_BYTES);
  return spliced(source, header, dataStart);
}

/** The bytes of `header`, then those of `source` from `dataStart` on. */
function spliced(source: ByteSource, header: Uint8Array, dataStart: number): ByteSource {
  const view: ByteSource = {
    name: source.name,
    size: header.length + source.size - dataStart,
    read: async (offset, length) => {
      checkRange(view, offset, length);
      const end = offset + length;
      if (offset >= header.length) return source.read(offset - header.length + dataStart, length);
      const bytes = new Uint8Array(length);
      bytes.set(header.subarray(offset, Math.min(end, header.length)));
      if (end > header.length) bytes.set(await source.read(dataStart, end - header.length), header.length - offset);
      return bytes;
    },
  };
  return view;
}
