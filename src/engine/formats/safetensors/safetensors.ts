// Reads safetensors: one file, or the shards of a model's folder. Only headers are read ahead; tensors come by slices.
import { EngineError, invariant } from "../../errors.ts";
import { toFloat32 } from "../../dtype.ts";
import { type ByteSource, type Folder, missingFile, readJson } from "../files/folder.ts";
import { LENGTH_BYTES, parseHeader, readHeaderLength, requireTensor } from "./safetensorsHeader.ts";
import type { SafetensorsHeader, TensorInfo } from "./safetensorsHeader.ts";

export type { SafetensorsHeader, TensorInfo } from "./safetensorsHeader.ts";
export { safetensorsLayout, writeSafetensors } from "./safetensorsWriter.ts";
export type { SafetensorsLayout, TensorSpec, TensorStream } from "./safetensorsWriter.ts";

export const SINGLE_FILE = "model.safetensors";
export const INDEX_FILE = "model.safetensors.index.json";

export interface SafetensorsFile extends SafetensorsHeader {
  readonly name: string;
  /** The bytes of a tensor, fresh; throws "format" where there is none of that name. */
  readTensor(name: string): Promise<Uint8Array<ArrayBuffer>>;
  /** The bytes of its rows [first, first + count), along its first dimension; a scalar has one row. */
  readRows(name: string, first: number, count: number): Promise<Uint8Array<ArrayBuffer>>;
  /** The values of a tensor as float32, row-major. */
  readFloat32(name: string): Promise<Float32Array<ArrayBuffer>>;
}

/** The weights of a model, whichever files they are in. */
export interface Weights {
  /** Names in the order of the files, and of their bytes in each. */
  readonly names: readonly string[];
  /** Bytes of all tensors together, as stored. */
  readonly sizeBytes: number;
  readonly metadata: Readonly<Record<string, string>>;
  has(name: string): boolean;
  /** Throws "format" where there is no such tensor; so do the three reads. */
  info(name: string): TensorInfo;
  readBytes(name: string): Promise<Uint8Array<ArrayBuffer>>;
  /** The bytes of rows [first, first + count) of the first dimension, for tensors that need not be whole in memory. */
  readRows(name: string, first: number, count: number): Promise<Uint8Array<ArrayBuffer>>;
  readFloat32(name: string): Promise<Float32Array<ArrayBuffer>>;
}

async function readExactly(source: ByteSource, offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await source.read(offset, length);
  const came = bytes.byteLength;
  invariant(came === length, "format", `${source.name}: asked for ${length} bytes at ${offset}, got ${came}`);
  return bytes;
}

/**
 * Reads and checks the header of a safetensors file. A file that lies (lengths, offsets, shapes, dtypes, duplicate names, trailing bytes)
 * is refused with EngineError("format") that names file, field and number. Format: https://github.com/huggingface/safetensors
 */
export async function readSafetensors(source: ByteSource): Promise<SafetensorsFile> {
  const { name: file, size } = source;
  invariant(
    size >= LENGTH_BYTES,
    "format",
    `${file}: size: ${size} bytes are too few for a safetensors file; fetch it again`,
    { file, size },
  );
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
      `${name}: rows ${first} to ${first + count} were asked for, it has ${rows}`,
    );
    const rowBytes = rows === 0 ? 0 : (end - begin) / rows;
    return readExactly(source, begin + first * rowBytes, count * rowBytes);
  };
  const readFloat32 = async (name: string) =>
    toFloat32(await readTensor(name), requireTensor(file, tensors, name).dtype);
  return { name: file, tensors, metadata, readTensor, readRows, readFloat32 };
}

/** The shard of every tensor, from the index of a sharded model. */
async function readIndex(folder: Folder): Promise<Map<string, string>> {
  const json = await readJson(await folder.open(INDEX_FILE));
  const map = typeof json === "object" && json !== null && "weight_map" in json ? json.weight_map : undefined;
  invariant(
    typeof map === "object" && map !== null && !Array.isArray(map),
    "format",
    `${INDEX_FILE}: weight_map: expected an object from tensor names to files`,
  );
  return new Map(
    Object.entries(map).map(([tensor, shard]: [string, unknown]) => {
      invariant(typeof shard === "string", "format", `${INDEX_FILE}: weight_map['${tensor}']: expected a file name`);
      return [tensor, shard];
    }),
  );
}

/** Opens the shards that the index names, and checks that index and shards say the same. */
async function openShards(folder: Folder): Promise<SafetensorsFile[]> {
  const index = await readIndex(folder);
  const shards = [...new Set(index.values())].sort();
  const present = new Set(folder.list());
  const missing = shards.filter((shard) => !present.has(shard));
  invariant(
    missing.length === 0,
    "format",
    `${folder.name}: ${missing.length} of ${shards.length} shards are missing: ${missing.join(", ")}; add them to the folder`,
    { missing },
  );
  const files: SafetensorsFile[] = [];
  const home = new Map<string, string>();
  for (const shard of shards) {
    const file = await readSafetensors(await folder.open(shard));
    for (const name of file.tensors.keys()) {
      const other = home.get(name);
      invariant(other === undefined, "format", `tensor '${name}' is in two shards: ${other} and ${shard}`);
      const said = index.get(name) ?? "no shard";
      invariant(said === shard, "format", `tensor '${name}' is in ${shard}, but ${INDEX_FILE} says ${said}`);
      home.set(name, shard);
    }
    files.push(file);
  }
  for (const [name, shard] of index) {
    invariant(home.has(name), "format", `${shard} has no tensor '${name}', but ${INDEX_FILE} says so`);
  }
  return files;
}

/**
 * Opens the weights of a model's folder: model.safetensors, or model.safetensors.index.json with its shards.
 * Throws EngineError("format") where neither is there, or where index and shards contradict each other.
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
    const remedy = pickle ? "; convert the PyTorch file: save_pretrained(dir, safe_serialization=True)" : "";
    throw new EngineError("format", message + remedy, detail);
  }
  const tensors = new Map(files.flatMap((file) => [...file.tensors]));
  const fileOf = new Map(files.flatMap((file) => [...file.tensors.keys()].map((name) => [name, file] as const)));
  const find = (name: string) => {
    requireTensor(folder.name, tensors, name);
    return fileOf.get(name)!;
  };
  return {
    names: [...tensors.keys()],
    sizeBytes: [...tensors.values()].reduce((sum, { begin, end }) => sum + end - begin, 0),
    metadata: Object.assign({}, ...files.map((file) => file.metadata)) as Record<string, string>,
    has: (name) => tensors.has(name),
    info: (name) => requireTensor(folder.name, tensors, name),
    readBytes: async (name) => find(name).readTensor(name),
    readRows: async (name, first, count) => find(name).readRows(name, first, count),
    readFloat32: async (name) => find(name).readFloat32(name),
  };
}
