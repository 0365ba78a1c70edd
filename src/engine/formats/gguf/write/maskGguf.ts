// The masked form of a model that came as GGUF: the same file with pruned weights zeroed. Everything else stays byte for byte.
import type { ModelConfig } from "../../../config/config.ts";
import { elementCount } from "../../../dtype.ts";
import type { WeightMasks } from "../../../masks/weightMasks.ts";
import { isKept } from "../../../masks/weightMasks.ts";
import type { Masks } from "../../../masks/gates.ts";
import { tensorGates } from "../../../masks/tensorGates.ts";
import type { ByteSource } from "../../files/folder.ts";
import { CHUNK_BYTES, type OutputFile } from "../../files/outputFile.ts";
import { dequantized } from "../dequantize.ts";
import { ggufFamilyNamed } from "../ggufFamilies.ts";
import { type GgufHeader, type GgufTensor, readGgufHeader } from "../header.ts";
import { tensorViews } from "../tensorViews.ts";
import type { QuantType } from "../types.ts";
import { changedHeader, type GgufTensorStream, tensorBytes } from "./ggufFile.ts";
import { bytesOfValues, quantize } from "./quantize.ts";
import { ZERO_CODES } from "./zeroCodes.ts";

/** The masks of either kind of pruning. */
export type PruningMasks = { gates: Masks } | { weights: WeightMasks };

/** What is zeroed in one tensor: its rows, or values of rows. */
interface Edit {
  /** 0 for rows that become zero. */
  rows?: Uint8Array;
  /** Whether a value becomes zero. */
  pruned?: (row: number, column: number) => boolean;
}

/**
 * A tensor and its edit. `converted`: its type cannot store zeros beside other values, so it is written as Q8_0. `values`: all of it is
 * quantised again, from other values than the source's.
 */
interface EditedTensor {
  tensor: GgufTensor;
  edit: Edit;
  converted: boolean;
  values?: GgufTensorStream | undefined;
}

interface MaskedFile {
  file: OutputFile;
  /** Names of transformers of the tensors that are written as Q8_0. */
  converted: readonly string[];
}

interface MaskedModel {
  config: ModelConfig;
  masks: PruningMasks;
  /** Tensors that are written from other values than the source's, by their names in the file. */
  changed?: ReadonlyMap<string, GgufTensorStream>;
}

/**
 * The file under the name `name`. Header and kept values are the source's, except for tensors of a type with a minimum per block of which
 * single columns are zeroed: these are Q8_0.
 */
export async function maskGguf(
  source: ByteSource,
  name: string,
  { config, masks, changed }: MaskedModel,
): Promise<MaskedFile> {
  const header = await readGgufHeader(source);
  const edits = editsOf(source.name, header, config, masks);
  const tensors = [...header.tensors.values()].map((tensor): EditedTensor => {
    const edit = edits.get(tensor.name)?.edit ?? {};
    const values = changed?.get(tensor.name);
    const converted = !values && edit.pruned !== undefined && !ZERO_CODES[tensor.type.name];
    return { tensor, edit, converted, values };
  });
  const converted = tensors.filter((one) => one.converted).flatMap(({ tensor }) => edits.get(tensor.name)?.names ?? []);
  if (tensors.every((one) => typeAfter(one) === one.tensor.type.name)) {
    const stream = async function* () {
      let at = 0;
      for (const one of tensors) {
        yield* copied(source, at, one.tensor.begin);
        yield* editedBytes(source, one);
        at = one.tensor.end;
      }
      yield* copied(source, at, source.size);
    };
    return { file: { name, sizeBytes: source.size, stream }, converted };
  }
  const infos = tensors.map((one) => ({ ...one.tensor, type: typeAfter(one) }));
  const metadata = await source.read(0, header.metadataEnd);
  const { bytes, alignment } = changedHeader(metadata, infos, header.metadata.get("general.alignment"));
  const padding = (size: number): number => (alignment - (size % alignment)) % alignment;
  const sizes = infos.map(tensorBytes);
  return {
    converted,
    file: {
      name,
      sizeBytes: sizes.reduce((sum, size) => sum + size + padding(size), bytes.length),
      async *stream() {
        yield bytes;
        for (const [i, one] of tensors.entries()) {
          yield* editedBytes(source, one);
          const zeros = padding(sizes[i] ?? 0);
          if (zeros > 0) yield new Uint8Array(zeros);
        }
      },
    },
  };
}

const typeAfter = ({ tensor, converted, values }: EditedTensor): QuantType =>
  values?.type ?? (converted ? "Q8_0" : tensor.type.name);

/** The edits by the tensors' names in the file. Rows of q and k, which the file has in another order, have no gates. */
function editsOf(
  file: string,
  header: GgufHeader,
  config: ModelConfig,
  masks: PruningMasks,
): Map<string, { edit: Edit; names: string[] }> {
  const name = String(header.metadata.get("general.architecture") ?? "llama");
  const family = ggufFamilyNamed(file, name, config.family === "mistral");
  const { heads, kvHeads, headDim } = config;
  const rows = { headDim, q: heads * headDim, kv: kvHeads * headDim, mlp: config.dMlp };
  const edits = new Map<string, { edit: Edit; names: string[] }>();
  for (const view of tensorViews(file, header, family, rows)) {
    const edit = editOf(view.name, config, masks);
    const known = edits.get(view.tensor.name);
    if (!edit) continue;
    const joined = joinedEdit(known?.edit ?? {}, edit, { first: view.firstRow, count: view.shape[0] ?? 0 });
    edits.set(view.tensor.name, { edit: joined, names: [...(known?.names ?? []), view.name] });
  }
  return edits;
}

/** An edit of `count` rows from `first` on, beside the edit of rows before them: layers may be stored in one tensor. */
function joinedEdit(before: Edit, edit: Edit, { first, count }: { first: number; count: number }): Edit {
  if (first === 0) return edit;
  const rows = new Uint8Array(first + count).fill(1);
  rows.set(before.rows?.subarray(0, first) ?? []);
  rows.set(edit.rows?.subarray(0, count) ?? [], first);
  const pruned = (row: number, column: number): boolean =>
    (row < first ? before.pruned?.(row, column) : edit.pruned?.(row - first, column)) === true;
  return { ...(before.rows || edit.rows ? { rows } : {}), ...(before.pruned || edit.pruned ? { pruned } : {}) };
}

function editOf(name: string, { family }: ModelConfig, masks: PruningMasks): Edit | undefined {
  if ("weights" in masks) {
    const mask = masks.weights.find(({ matrix }) => matrix.name === name);
    const columns = mask?.matrix.shape[1] ?? 0;
    return mask && { pruned: (row, column) => !isKept(mask, row * columns + column) };
  }
  const gates = tensorGates(family, name);
  if (!gates) return undefined;
  const [rows, cols] = [gates.rows, gates.cols].map((vector) => masks.gates[vector ?? -1]);
  return {
    ...(rows ? { rows } : {}),
    ...(cols && cols.includes(0) ? { pruned: (_: number, column: number) => cols[column] === 0 } : {}),
  };
}

async function* copied(source: ByteSource, begin: number, end: number): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (let at = begin; at < end; at += CHUNK_BYTES) yield source.read(at, Math.min(CHUNK_BYTES, end - at));
}

/** The bytes of a tensor after the edit, some rows at a time. A vector is a column. */
async function* editedBytes(
  source: ByteSource,
  { tensor, edit, converted, values }: EditedTensor,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  if (values) {
    yield* values.chunks();
    return;
  }
  const { type, shape, begin } = tensor;
  const columns = shape.length > 1 ? elementCount(shape.slice(1)) : 1;
  const count = shape[0] ?? 0;
  const rowBytes = bytesOfValues(type.name, columns);
  const atOnce = Math.max(1, Math.floor(CHUNK_BYTES / rowBytes));
  for (let first = 0; first < count; first += atOnce) {
    const rows = Math.min(atOnce, count - first);
    const bytes = (await source.read(begin + first * rowBytes, rows * rowBytes)).slice();
    yield converted
      ? asQ8(tensor, bytes, { edit, first, rows, columns })
      : zeroedRows(tensor, bytes, { edit, first, rows, columns });
  }
}

interface Rows {
  edit: Edit;
  first: number;
  rows: number;
  columns: number;
}

function zeroedRows(
  { type: { name: type } }: GgufTensor,
  bytes: Uint8Array<ArrayBuffer>,
  { edit, first, rows, columns }: Rows,
): Uint8Array<ArrayBuffer> {
  const rowBytes = bytes.length / rows;
  // bytes of 0 are zeros in every type; in Q4_0 the Python package has other bytes for them
  const zeros = type === "Q4_0" ? quantize(type, new Float32Array(columns), "zeros") : new Uint8Array(rowBytes);
  for (let i = 0; i < rows; i++) {
    const row = first + i;
    if (edit.rows?.[row] === 0) bytes.set(zeros, i * rowBytes);
    else if (edit.pruned)
      ZERO_CODES[type]?.({ bytes, at: i * rowBytes, columns }, (column) => edit.pruned?.(row, column) === true);
  }
  return bytes;
}

function asQ8(
  { name, type }: GgufTensor,
  bytes: Uint8Array<ArrayBuffer>,
  { edit, first, rows, columns }: Rows,
): Uint8Array<ArrayBuffer> {
  const values = dequantized(type.name, bytes, rows * columns);
  for (let i = 0; i < rows; i++)
    for (let column = 0; column < columns; column++)
      if (edit.rows?.[first + i] === 0 || edit.pruned?.(first + i, column)) values[i * columns + column] = 0;
  return quantize("Q8_0", values, name);
}
