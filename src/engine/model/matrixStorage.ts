// How each matrix of a model is stored on the GPU: all in one precision, or in the blocks that its file has.
import { type BlockDtype, isBlockDtype, type MatrixDtype, type Precision, type WeightStorage } from "../dtype.ts";
import { blockTypeNamed } from "../formats/gguf/types.ts";
import type { Weights } from "../formats/safetensors/safetensors.ts";
import type { ModelConfig } from "../config/config.ts";
import { modelTensors, type TensorShape } from "../config/tensors.ts";

/** The element type of each matrix in its file, by the tensor's name. Plain data, for memory plans. */
export type FileDtypes = Readonly<Record<string, string>>;

/** Where matrices are stored as in their file. */
export interface MatrixStorage {
  dtypeOf(name: string): MatrixDtype;
  /** All blocks of a matrix as its file has them, row by row. Missing in memory plans. */
  blocks?: (name: string) => Promise<Uint8Array<ArrayBuffer>>;
}

/** The precision of a model whose matrices are stored so, and of copies that are cut or changed: in f32 they have every value of the file. */
export const precisionOfStorage = (storage: WeightStorage): Precision => (storage === "f16" ? "f16" : "f32");

/** The element types of the matrices that the config describes. */
export function fileDtypes(config: ModelConfig, { blocks, info }: Weights): FileDtypes {
  return Object.fromEntries(matricesOf(config).map(({ name }) => [name, blocks?.dtypeOf(name) ?? info(name).dtype]));
}

/** The same for a model that would be quantised to one type. A matrix whose rows are not a multiple of a block stays in halves. */
export function quantisedDtypes(config: ModelConfig, dtype: BlockDtype): FileDtypes {
  const { values } = blockTypeNamed(dtype);
  const typeOf = (shape: readonly number[]): string => ((shape.at(-1) ?? 0) % values === 0 ? dtype : "F16");
  return Object.fromEntries(matricesOf(config).map(({ name, shape }) => [name, typeOf(shape)]));
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

/** The storage for a memory plan; undefined where all matrices have one precision. */
export function plannedStorage(storage: WeightStorage, dtypes: FileDtypes): MatrixStorage | undefined {
  return storage === "file" ? { dtypeOf: (name) => stored(dtypes[name]) } : undefined;
}

/** The same for weights that are loaded. */
export function openedStorage(
  storage: WeightStorage,
  config: ModelConfig,
  weights: Weights,
): MatrixStorage | undefined {
  const planned = plannedStorage(storage, fileDtypes(config, weights));
  const { blocks } = weights;
  return planned && { ...planned, ...(blocks ? { blocks: (name) => blocks.read(name) } : {}) };
}

/** How a matrix of this type is stored so that no value changes: BF16 has exponents that halves lack. */
function stored(dtype: string | undefined): MatrixDtype {
  if (dtype === "F16") return "f16";
  return dtype !== undefined && isBlockDtype(dtype) ? dtype : "f32";
}

/** How most values of a model are stored, for which matmul kernels are chosen. */
export const mainDtype = (storage: WeightStorage, config: ModelConfig, dtypes: FileDtypes): MatrixDtype =>
  storage === "file" ? (blockDtypesOf(config, dtypes)[0] ?? "f32") : storage;
