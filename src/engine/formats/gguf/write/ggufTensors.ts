// The tensors of a GGUF file in order, each a stream of quantised rows under llama.cpp's name.
import { FAMILIES } from "../../../config/families/families.ts";
import type { ModelConfig } from "../../../config/config.ts";
import { modelTensors } from "../../../config/tensors.ts";
import { elementCount } from "../../../dtype.ts";
import { CHUNK_BYTES } from "../../files/outputFile.ts";
import { ROPE_FACTORS } from "../config.ts";
import { dequantized } from "../dequantize.ts";
import type { StoredModel } from "../readGgufExport.ts";
import { ggufTensorName } from "../tensorViews.ts";
import { blockTypeNamed } from "../types.ts";
import type { EditedTensors } from "./editedTensors.ts";
import type { GgufTensorStream } from "./ggufFile.ts";
import type { GgufLayout } from "./ggufLayout.ts";
import { type BlockSizes, ropeDivisors } from "./ggufMetadata.ts";
import { bytesOfValues, fillsBlocks, type GgufType, quantize } from "./quantize.ts";

interface TensorChoice {
  type: GgufType;
  /** Types of single tensors by their names in the file; default: those that `type` gives. */
  typeOf?: (name: string, shape: readonly number[]) => GgufType | undefined;
  /** The sizes of each block in the file, which may be larger than what is left of it: rows and columns of zeros fill up. */
  blocks: readonly BlockSizes[];
}

/** One tensor of the file. */
interface PlannedTensor {
  name: string;
  type: GgufType;
  /** (rows, columns), or (values). */
  shape: readonly number[];
  /** Tensors of transformers, one below the other. */
  sources: readonly string[];
  /** Rows of a head whose halves are interleaved; 1 for none. */
  headRows: number;
  /** Added to every value. */
  shift: number;
}

/** All tensors of the model as `edited` has them. A block without heads has no tensors of attention. */
export function ggufTensors(
  config: ModelConfig,
  layout: GgufLayout,
  edited: EditedTensors,
  choice: TensorChoice,
): GgufTensorStream[] {
  const factors = ropeDivisors(config);
  const frequencies: GgufTensorStream[] = factors
    ? [
        {
          name: ROPE_FACTORS,
          type: "F32",
          shape: [factors.length],
          chunks: () => [quantize("F32", factors, ROPE_FACTORS)],
        },
      ]
    : [];
  return [...frequencies, ...planned(config, layout, edited, choice).map((tensor) => streamOf(tensor, edited))];
}

function planned(
  config: ModelConfig,
  layout: GgufLayout,
  edited: EditedTensors,
  { type, typeOf, blocks }: TensorChoice,
): PlannedTensor[] {
  const { names } = FAMILIES[config.family];
  const fusedPart = (name: string): boolean => layout.fused && [names.k, names.v].some((part) => name.includes(part));
  return modelTensors(config).flatMap(({ name }): PlannedTensor[] => {
    const target = ggufTensorName(config.family, name);
    const sizes = target.block === undefined ? undefined : blocks[target.block];
    if (sizes?.heads === 0 && target.part.startsWith("attn_")) return [];
    if (fusedPart(name) && !target.part.endsWith("_norm")) return [];
    const isFused = layout.fused && target.part === "attn_q";
    const sources = isFused ? [names.q, names.k, names.v].map((part) => name.replace(names.q, part)) : [name];
    const [, columns] = edited.shape(name);
    const rows = sources.reduce((sum, one) => sum + (edited.shape(one)[0] ?? 0), 0);
    const up = target.part === "ffn_gate" || target.part === "ffn_up";
    const shape = [
      up && sizes ? sizes.mlp : rows,
      ...(columns === undefined ? [] : [target.part === "ffn_down" && sizes ? sizes.mlp : columns]),
    ];
    const pairs = layout.pairedRows && (target.part === "attn_q" || target.part === "attn_k");
    const fileName = isFused ? target.name.replace("attn_q.", "attn_qkv.") : target.name;
    return [
      {
        name: fileName,
        type: typeOf?.(fileName, shape) ?? tensorType(target.part, shape, type),
        shape,
        sources,
        headRows: pairs ? config.headDim : 1,
        shift: target.part.endsWith("_norm") ? layout.normShift : 0,
      },
    ];
  });
}

/**
 * Vectors are F32 in every file. Embedding and head of a Q4_0 file are Q8_0, because 4 bits cost most there (llama.cpp's own quantiser
 * gives them more bits too). Matrices whose rows are not whole blocks are F16, as in llama.cpp's converter.
 */
function tensorType(part: string, shape: readonly number[], chosen: GgufType): GgufType {
  if (shape.length < 2) return "F32";
  const type = chosen === "Q4_0" && (part === "token_embd" || part === "output") ? "Q8_0" : chosen;
  return fillsBlocks(type, shape.at(-1) ?? 0) ? type : "F16";
}

function streamOf(tensor: PlannedTensor, edited: EditedTensors): GgufTensorStream {
  const { name, type, shape } = tensor;
  return { name, type, shape, chunks: () => chunksOf(tensor, edited) };
}

/**
 * The same values under the names and in the order of transformers, rounded as the file stores them. Attention that the file leaves out is
 * zeros.
 */
export function storedTensors(
  config: ModelConfig,
  layout: GgufLayout,
  edited: EditedTensors,
  choice: TensorChoice,
): StoredModel["weights"] {
  const bySource = new Map(
    planned(config, layout, edited, choice).flatMap(({ sources, shape, ...rest }) =>
      sources.map((name) => [name, { ...rest, shape: sources.length > 1 ? edited.shape(name) : shape }] as const),
    ),
  );
  const known = new Set(modelTensors(config).map(({ name }) => name));
  return {
    has: (name) => known.has(name),
    info: (name) => ({ shape: bySource.get(name)?.shape ?? edited.shape(name) }),
    readFloat32: async (name) => {
      const tensor = bySource.get(name);
      if (!tensor) return new Float32Array(elementCount(edited.shape(name)));
      const { shape, type } = tensor;
      const [rows = 0, columns = 1] = shape;
      const out = new Float32Array(rows * columns);
      let at = 0;
      for await (const bytes of chunksOf({ ...tensor, sources: [name], headRows: 1, shift: 0 }, edited)) {
        const count = (bytes.length / bytesOfValues(type, columns)) * columns;
        out.set(dequantized(type, bytes, count), at);
        at += count;
      }
      return out;
    },
  };
}

/** The values of tensors that keep their shapes; those named in `rounding` rounded to its types. */
export function roundedTensors(
  config: ModelConfig,
  edited: EditedTensors,
  rounding: ReadonlyMap<string, GgufType>,
): StoredModel["weights"] {
  const known = new Set(modelTensors(config).map(({ name }) => name));
  return {
    has: (name) => known.has(name),
    info: (name) => ({ shape: edited.shape(name) }),
    readFloat32: async (name) => {
      const values = await edited.rows(name, 0, edited.sourceRows(name));
      const type = rounding.get(name);
      return type ? dequantized(type, quantize(type, values, name), values.length) : values;
    },
  };
}

async function* chunksOf(tensor: PlannedTensor, edited: EditedTensors): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const { name, type, shape, sources, headRows, shift } = tensor;
  const [rows = 0, columns = 1] = shape;
  let written = 0;
  for (const source of sources) {
    const total = edited.sourceRows(source);
    const left = elementCount(edited.shape(source).slice(1));
    const atOnce = Math.max(1, Math.floor(CHUNK_BYTES / (4 * Math.max(left, columns) * headRows))) * headRows;
    for (let first = 0; first < total; first += atOnce) {
      const values = await edited.rows(source, first, Math.min(atOnce, total - first));
      if (shift !== 0) for (let i = 0; i < values.length; i++) values[i]! += shift;
      const wide = widened(values, left, columns);
      if (wide.length > 0) yield quantize(type, headRows > 1 ? interleaved(wide, columns, headRows) : wide, name);
      written += wide.length / columns;
    }
  }
  // rows of zeros; a vector is one row of the file, but of any length because it is F32
  const perChunk = Math.max(1, Math.floor(CHUNK_BYTES / (4 * columns)));
  for (; written < rows; written += perChunk)
    yield quantize(type, new Float32Array(Math.min(perChunk, rows - written) * columns), name);
}

/** Rows of `from` values with zeros after them, up to `to`. */
function widened(values: Float32Array<ArrayBuffer>, from: number, to: number): Float32Array<ArrayBuffer> {
  if (from === to) return values;
  const rows = from === 0 ? 0 : values.length / from;
  const out = new Float32Array(rows * to);
  for (let row = 0; row < rows; row++) out.set(values.subarray(row * from, (row + 1) * from), row * to);
  return out;
}

/** Complete heads with the rows of both halves alternating, as `storedRow` of weightsSource.ts reads them. */
function interleaved(values: Float32Array, columns: number, headRows: number): Float32Array {
  const out = new Float32Array(values.length);
  const half = headRows / 2;
  for (let row = 0; row * columns < values.length; row++) {
    const inHead = row % headRows;
    const to = row - inHead + 2 * (inHead % half) + Math.floor(inHead / half);
    out.set(values.subarray(row * columns, (row + 1) * columns), to * columns);
  }
  return out;
}

/** The smallest width for `kept` dimensions that a type's blocks allow: at least 1, because llama.cpp skips an MLP of width 0 with its residual. */
export function fileWidth(kept: number, type: GgufType): number {
  const { values } = blockTypeNamed(type);
  return Math.max(1, Math.ceil(kept / values)) * values;
}
