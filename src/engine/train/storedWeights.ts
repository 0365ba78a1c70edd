// The bytes of matrices that are stored on the GPU as blocks of a GGUF type, for memory plans.
import type { ModelConfig } from "../config/modelConfig.ts";
import { FAMILIES } from "../config/families/families.ts";
import { modelTensors, type TensorShape } from "../config/tensors.ts";
import { blockTypeNamed } from "../formats/gguf/types.ts";
import { elementBytes, type Precision, sizeOf } from "../tensor.ts";

/** Types that a model can be quantised to when it is opened: blocks of 32 values in 34 and in 18 bytes. */
type StoredType = "q8_0" | "q4_0";
/** The type of all matrices, or what all of them take in a file. */
export type StoredWeights = StoredType | { readonly matrixBytes: number };

const NAMES = { q8_0: "Q8_0", q4_0: "Q4_0" } as const;

/** The bytes of a model whose matrices take `weights` instead of values in `precision`; `bytes`: what it takes with these values. */
export function storedBytes(
  config: ModelConfig,
  bytes: number,
  { precision, weights }: { precision: Precision; weights?: StoredWeights },
): number {
  if (weights === undefined) return bytes;
  const matrices = matricesOf(config).map(({ shape }) => shape);
  const valueBytes = (shape: readonly number[]): number => sizeOf(shape) * elementBytes(precision);
  const without = bytes - total(matrices.map(valueBytes));
  if (typeof weights !== "string") return without + weights.matrixBytes;
  return without + total(matrices.map((shape) => blockBytes(shape, weights) ?? valueBytes(shape)));
}

const total = (numbers: readonly number[]): number => numbers.reduce((sum, n) => sum + n, 0);

/** Undefined for a matrix that stays in values, because its rows are no multiple of a block. */
function blockBytes(shape: readonly number[], type: StoredType): number | undefined {
  const { values, bytes } = blockTypeNamed(NAMES[type]);
  return (shape.at(-1) ?? 0) % values === 0 ? (sizeOf(shape) / values) * bytes : undefined;
}

/** What kernels read as matrices: linear layers, embedding and head. Learned positions are added as they are. */
function matricesOf(config: ModelConfig): TensorShape[] {
  const { positions } = FAMILIES[config.family].names;
  return modelTensors(config).filter(({ name, shape }) => shape.length === 2 && name !== `${positions?.name}.weight`);
}
