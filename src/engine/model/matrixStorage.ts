// How each matrix of a model is stored on the GPU: all in one precision, in the blocks that its file has, or quantised as it is read.
import {
  type BlockDtype,
  isBlockDtype,
  type MatrixDtype,
  type Precision,
  quantisedOnOpening,
  toFloat32,
  type WeightStorage,
} from "../dtype.ts";
import { invariant } from "../errors.ts";
import { quantize } from "../formats/gguf/write/quantize.ts";
import { blockTypeNamed } from "../formats/gguf/types.ts";
import type { Weights } from "../formats/safetensors/safetensors.ts";
import type { ModelConfig } from "../config/config.ts";
import { modelTensors, type TensorShape } from "../config/tensors.ts";
import { elementBytes } from "../tensor.ts";

/** The element type of each matrix in its file, by the tensor's name. Plain data, for memory plans. */
export type FileDtypes = Readonly<Record<string, string>>;

/** Where matrices are stored as in their file. */
export interface MatrixStorage {
  dtypeOf(name: string): MatrixDtype;
  /** The blocks of rows [first, first + count) of a matrix as its file has them. Missing in memory plans. */
  blocks?: (name: string, first: number, count: number) => Promise<Uint8Array<ArrayBuffer>>;
}

/** The precision of a model whose matrices are stored so, and of copies that are cut or changed: in f32 they have every value of the file. */
export const precisionOfStorage = (storage: WeightStorage): Precision => (storage === "f16" ? "f16" : "f32");

/** The element types of the matrices that the config describes. */
export function fileDtypes(config: ModelConfig, { blocks, info }: Weights): FileDtypes {
  return Object.fromEntries(matricesOf(config).map(({ name }) => [name, blocks?.dtypeOf(name) ?? info(name).dtype]));
}

/**
 * The same for a model that is quantised to one type when it is opened. A matrix whose rows are not a multiple of a block is stored in halves,
 * and one that its file already stores in blocks of this size or smaller keeps the blocks of the file.
 */
function quantisedDtypes(config: ModelConfig, dtype: BlockDtype, inFile: FileDtypes = {}): FileDtypes {
  const { values } = blockTypeNamed(dtype);
  const typeOf = ({ name, shape }: TensorShape): string => {
    const own = inFile[name] ?? "";
    if (isBlockDtype(own) && elementBytes(own) <= elementBytes(dtype)) return own;
    return (shape.at(-1) ?? 0) % values === 0 ? dtype : "F16";
  };
  return Object.fromEntries(matricesOf(config).map((tensor) => [tensor.name, typeOf(tensor)]));
}

/** A sentence for the user about matrices that could not be quantised when the model was opened; undefined where there are none. */
export function quantisedNote(storage: WeightStorage, config: ModelConfig, inFile: FileDtypes): string | undefined {
  const type = quantisedOnOpening(storage);
  if (!type) return undefined;
  const dtypes = quantisedDtypes(config, type, inFile);
  const [first, ...more] = matricesOf(config).filter(({ name }) => dtypes[name] === "F16");
  if (!first) return undefined;
  const others = more.length > 0 ? ` and ${more.length} more` : "";
  return `${first.name}${others}: rows of ${first.shape.at(-1)} values are not a multiple of ${blockTypeNamed(type).values}, so ${more.length > 0 ? "these matrices are" : "this matrix is"} stored in half precision instead of ${type}.`;
}

const matricesOf = (config: ModelConfig): TensorShape[] =>
  modelTensors(config).filter(({ shape }) => shape.length === 2);

/** The blocks' types among them, the one with the most values first. */
export function blockDtypesOf(config: ModelConfig, dtypes: FileDtypes): BlockDtype[] {
  const values = new Map<BlockDtype, number>();
  for (const { name, shape } of modelTensors(config)) {
    const dtype = dtypes[name] ?? "";
    if (isBlockDtype(dtype)) values.set(dtype, (values.get(dtype) ?? 0) + shape.reduce((product, n) => product * n, 1));
  }
  return [...values].sort(([, a], [, b]) => b - a).map(([dtype]) => dtype);
}

/** The element type of each matrix where matrices have types of their own; `inFile`: those of the file. */
function storedDtypes(storage: WeightStorage, config: ModelConfig, inFile: FileDtypes): FileDtypes | undefined {
  const type = quantisedOnOpening(storage);
  if (type) return quantisedDtypes(config, type, inFile);
  return storage === "file" ? inFile : undefined;
}

/** The storage for a memory plan; undefined where all matrices have one precision. */
export function plannedStorage(
  storage: WeightStorage,
  config: ModelConfig,
  inFile: FileDtypes,
): MatrixStorage | undefined {
  const dtypes = storedDtypes(storage, config, inFile);
  return dtypes && { dtypeOf: (name) => stored(dtypes[name]) };
}

/** The same for weights that are loaded. Blocks that the file does not have are quantised as they are read. */
export function openedStorage(
  storage: WeightStorage,
  config: ModelConfig,
  weights: Weights,
): MatrixStorage | undefined {
  const planned = plannedStorage(storage, config, fileDtypes(config, weights));
  if (!planned) return undefined;
  const { blocks } = weights;
  return {
    ...planned,
    blocks: async (name, first, count) => {
      const type = planned.dtypeOf(name);
      if (blocks?.dtypeOf(name) === type) return blocks.readRows(name, first, count);
      invariant(type === "Q8_0" || type === "Q4_0", "bug", `${name}: there is no quantiser for ${type}`);
      const values = toFloat32(await weights.readRows(name, first, count), weights.info(name).dtype);
      return quantize(type, values, `tensor '${name}'`);
    },
  };
}

/** How a matrix of this type is stored so that no value changes: BF16 has exponents that halves lack. */
function stored(dtype: string | undefined): MatrixDtype {
  if (dtype === "F16") return "f16";
  return dtype !== undefined && isBlockDtype(dtype) ? dtype : "f32";
}

/** How most values of a model are stored, for which matmul kernels are chosen. */
export function mainDtype(storage: WeightStorage, config: ModelConfig, inFile: FileDtypes): MatrixDtype {
  if (storage === "f32" || storage === "f16") return storage;
  return blockDtypesOf(config, storedDtypes(storage, config, inFile) ?? {})[0] ?? "f32";
}
