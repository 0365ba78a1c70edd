// Reads safetensors: one file, or the shards of a model's folder. Headers are read on opening, tensors on request, by slices.
import { EngineError, invariant, showValue } from "../../errors.ts";
import { toFloat32 } from "../../dtype.ts";
import { type BlockTensors, type ByteSource, type Folder, missingFile, readJson } from "../files/folder.ts";
import { FETCH_AGAIN, readError } from "../files/readError.ts";
import { LENGTH_BYTES, parseHeader, readHeaderLength, requireTensor } from "./safetensorsHeader.ts";
import type { SafetensorsHeader, TensorInfo } from "./safetensorsHeader.ts";

export type { SafetensorsHeader, TensorInfo } from "./safetensorsHeader.ts";
export { safetensorsLayout, writeSafetensors } from "./safetensorsWriter.ts";
export type { SafetensorsLayout, TensorSpec, TensorStream } from "./safetensorsWriter.ts";

export const SINGLE_FILE = "model.safetensors";
export const INDEX_FILE = "model.safetensors.index.json";

const INDEX_ADVICE = "Take the index and all shards from the same model.";

export interface SafetensorsFile extends SafetensorsHeader {
  readonly name: string;
  /** A copy of a tensor's bytes; throws "format" where there is none of that name. */
  readTensor(name: string): Promise<Uint8Array<ArrayBuffer>>;
  /** The bytes of rows [first, first + count) of the first dimension; a scalar has one row. */
  readRows(name: string, first: number, count: number): Promise<Uint8Array<ArrayBuffer>>;
  /** The values of a tensor as float32, row-major. */
  readFloat32(name: string): Promise<Float32Array<ArrayBuffer>>;
}

/** The weights of a model, in one file or in several. */
export interface Weights {
  /** Names of tensors whose values are not those of the files, because they were trained after pruning. */
  readonly changed?: ReadonlySet<string>;
  /** How errors refer to the weights: the file, or the index of the shards. */
  readonly file: string;
  /** In the order of the files and, within each, of their bytes. */
  readonly names: readonly string[];
  /** Bytes of all tensors together, as stored. */
  readonly sizeBytes: number;
  readonly metadata: Readonly<Record<string, string>>;
  has(name: string): boolean;
  /** Throws "format" where there is no such tensor; so do the three reads. */
  info(name: string): TensorInfo;
  readBytes(name: string): Promise<Uint8Array<ArrayBuffer>>;
  /** The bytes of rows [first, first + count) of the first dimension, so that a large tensor need not fit in memory. */
  readRows(name: string, first: number, count: number): Promise<Uint8Array<ArrayBuffer>>;
  readFloat32(name: string): Promise<Float32Array<ArrayBuffer>>;
  /** The quantised tensors of a GGUF file. */
  readonly blocks?: BlockTensors;
}

async function readExactly(source: ByteSource, offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await source.read(offset, length);
  if (bytes.byteLength === length) return bytes;
  throw readError({
    file: source.name,
    field: `bytes ${offset} to ${offset + length}`,
    expected: `${length} bytes`,
    got: String(bytes.byteLength),
    advice: FETCH_AGAIN,
  });
}

/**
 * Reads and checks the header of a safetensors file. Throws EngineError("format") naming file, field and number where the file is
 * malformed or inconsistent: lengths, offsets, shapes, dtypes, duplicate names, trailing bytes.
 * Format: https://github.com/huggingface/safetensors
 */
export async function readSafetensors(source: ByteSource): Promise<SafetensorsFile> {
  const { name: file, size } = source;
  if (size < LENGTH_BYTES) {
    const expected = `at least ${LENGTH_BYTES} bytes`;
    throw readError({ file, field: "size", expected, got: String(size), advice: FETCH_AGAIN, detail: { size } });
  }
  const headerBytes = readHeaderLength(file, await readExactly(source, 0, LENGTH_BYTES), size);
  const { tensors, metadata } = parseHeader(file, await readExactly(source, LENGTH_BYTES, headerBytes), size);
  const readTensor = async (name: string) => {
    const { begin, end } = requireTensor(file, tensors, name);
    return readExactly(source, begin, end - begin);
  };
  const readRows = async (name: string, first: number, count: number) => {
    const { begin, end, shape } = requireTensor(file, tensors, name);
    const [rows = 1] = shape;
    invariant(
      first >= 0 && count >= 0 && first + count <= rows,
      "bug",
      `${file}: tensor '${name}': expected rows below ${rows}, got ${first} to ${first + count}. Please report this bug.`,
    );
    const rowBytes = rows === 0 ? 0 : (end - begin) / rows;
    return readExactly(source, begin + first * rowBytes, count * rowBytes);
  };
  const readFloat32 = async (name: string) =>
    toFloat32(await readTensor(name), requireTensor(file, tensors, name).dtype);
  return { name: file, tensors, metadata, readTensor, readRows, readFloat32 };
}

/** The shard file of every tensor, from the index of a sharded model. */
export async function readIndex(folder: Folder): Promise<Map<string, string>> {
  const json = await readJson(await folder.open(INDEX_FILE));
  const map = typeof json === "object" && json !== null && "weight_map" in json ? json.weight_map : undefined;
  const refuse = (field: string, expected: string, got: unknown) =>
    readError({ file: INDEX_FILE, field, expected, got: showValue(got), advice: INDEX_ADVICE });
  if (typeof map !== "object" || map === null || Array.isArray(map)) {
    throw refuse("weight_map", "an object from tensor names to files", map);
  }
  return new Map(
    Object.entries(map).map(([tensor, shard]: [string, unknown]) => {
      if (typeof shard !== "string") throw refuse(`weight_map['${tensor}']`, "a file name", shard);
      return [tensor, shard];
    }),
  );
}

/** Opens the shards that the index names, and checks that index and shards agree. */
async function openShards(folder: Folder): Promise<SafetensorsFile[]> {
  const index = await readIndex(folder);
  const shards = [...new Set(index.values())].sort();
  const present = new Set(folder.list());
  const missing = shards.filter((shard) => !present.has(shard));
  if (missing.length > 0) {
    throw readError({
      file: folder.name,
      expected: `the ${shards.length} shards that ${INDEX_FILE} names`,
      got: `${shards.length - missing.length} (missing: ${missing.join(", ")})`,
      advice: "Add the missing shards to the folder.",
      detail: { missing },
    });
  }
  const files: SafetensorsFile[] = [];
  const shardOf = new Map<string, string>();
  for (const shard of shards) {
    const file = await readSafetensors(await folder.open(shard));
    for (const name of file.tensors.keys()) {
      const other = shardOf.get(name);
      if (other !== undefined) throw misplaced(name, "it in one shard", `it in two, ${other} and ${shard}`);
      const listed = index.get(name);
      if (listed !== shard) throw misplaced(name, shard, listed ?? "no shard");
      shardOf.set(name, shard);
    }
    files.push(file);
  }
  for (const [name, shard] of index) {
    if (!shardOf.has(name)) throw misplaced(name, `a shard that has it`, `${shard}, which does not`);
  }
  return files;
}

/** A tensor whose entry in the index contradicts the shards. */
function misplaced(tensor: string, expected: string, got: string): EngineError {
  return readError({ file: INDEX_FILE, field: `weight_map['${tensor}']`, expected, got, advice: INDEX_ADVICE });
}

/**
 * Opens the weights of a model's folder: model.safetensors, or model.safetensors.index.json with its shards.
 * Throws EngineError("format") where both are missing, or where index and shards contradict each other.
 */
export async function openWeights(folder: Folder): Promise<Weights> {
  const listed = folder.list();
  const files = listed.includes(SINGLE_FILE)
    ? [await readSafetensors(await folder.open(SINGLE_FILE))]
    : listed.includes(INDEX_FILE)
      ? await openShards(folder)
      : undefined;
  if (!files) {
    const { message, detail } = missingFile(folder, `${SINGLE_FILE} or ${INDEX_FILE}`);
    const pickle = listed.some((file) => /\.(bin|pth?|ckpt)$/.test(file));
    const remedy = pickle ? " Convert a PyTorch file with save_pretrained(dir, safe_serialization=True)." : "";
    throw new EngineError("format", message + remedy, detail);
  }
  const tensors = new Map(files.flatMap((file) => [...file.tensors]));
  const fileOf = new Map(files.flatMap((file) => [...file.tensors.keys()].map((name) => [name, file] as const)));
  const find = (name: string) => {
    requireTensor(folder.name, tensors, name);
    return fileOf.get(name)!;
  };
  return {
    file: listed.includes(SINGLE_FILE) ? SINGLE_FILE : INDEX_FILE,
    names: [...tensors.keys()],
    sizeBytes: [...tensors.values()].reduce((sum, { begin, end }) => sum + end - begin, 0),
    metadata: Object.assign({}, ...files.map((file) => file.metadata)) as Record<string, string>,
    has: (name) => tensors.has(name),
    info: (name) => requireTensor(folder.name, tensors, name),
    readBytes: async (name) => find(name).readTensor(name),
    readRows: async (name, first, count) => find(name).readRows(name, first, count),
    readFloat32: async (name) => find(name).readFloat32(name),
    ...(folder.blocks ? { blocks: folder.blocks } : {}),
  };
}
