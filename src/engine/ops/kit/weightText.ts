// The WGSL with which kernels read frozen weights: as f32, as halves packed two per u32, or as blocks of a GGUF file.
import fifthBits from "../../../../shaders/lib/fifth_bits.wgsl?raw";
import scalar from "../../../../shaders/lib/scalar.wgsl?raw";
import sixBits from "../../../../shaders/lib/six_bits.wgsl?raw";
import vec4 from "../../../../shaders/lib/vec4.wgsl?raw";
import bitsF16 from "../../../../shaders/lib/weight_bits_f16.wgsl?raw";
import bitsF32 from "../../../../shaders/lib/weight_bits_f32.wgsl?raw";
import weightsF16 from "../../../../shaders/lib/weights_f16.wgsl?raw";
import weightsF16Single from "../../../../shaders/lib/weights_f16_single.wgsl?raw";
import weightsF32 from "../../../../shaders/lib/weights_f32.wgsl?raw";
import weightBlocks from "../../../../shaders/lib/weight_blocks.wgsl?raw";
import weightsQ40 from "../../../../shaders/lib/weights_q4_0.wgsl?raw";
import weightsQ41 from "../../../../shaders/lib/weights_q4_1.wgsl?raw";
import weightsQ4K from "../../../../shaders/lib/weights_q4_k.wgsl?raw";
import weightsQ50 from "../../../../shaders/lib/weights_q5_0.wgsl?raw";
import weightsQ51 from "../../../../shaders/lib/weights_q5_1.wgsl?raw";
import weightsQ5K from "../../../../shaders/lib/weights_q5_k.wgsl?raw";
import weightsQ6K from "../../../../shaders/lib/weights_q6_k.wgsl?raw";
import weightsQ80 from "../../../../shaders/lib/weights_q8_0.wgsl?raw";
import { type BlockDtype, isBlockDtype, type MatrixDtype } from "../../dtype.ts";
import { EngineError, invariant } from "../../errors.ts";
import type { DType, Tensor } from "../../tensor.ts";

/** Columns that a kernel handles at a time: 4, or 1 if a width is not a multiple of 4. */
export type Width = 1 | 4;

/** lib/vec4.wgsl or lib/scalar.wgsl. */
export const valueText = (width: Width): string => (width === 4 ? vec4 : scalar);

/** The texts of the types with blocks, after lib/weight_blocks.wgsl. They read four columns at a time, and have weight_bits. */
const BLOCK_TEXTS: Readonly<Record<BlockDtype, readonly string[]>> = {
  Q8_0: [weightsQ80],
  Q4_0: [weightsQ40],
  Q4_1: [weightsQ41],
  Q5_0: [fifthBits, weightsQ50],
  Q5_1: [fifthBits, weightsQ51],
  Q4_K: [sixBits, weightsQ4K],
  Q5_K: [sixBits, weightsQ5K],
  Q6_K: [weightsQ6K],
};

const blockText = (dtype: BlockDtype): string => [weightBlocks, ...BLOCK_TEXTS[dtype]].join("\n");

/** lib/weights_*.wgsl for a kernel of this width. It needs valueText(width) before it. */
export function weightText(dtype: MatrixDtype, width: Width): string {
  if (dtype === "f32") return weightsF32;
  if (dtype === "f16") return width === 4 ? weightsF16 : weightsF16Single;
  invariant(width === 4, "bug", `expected ${dtype} weights to be read four at a time`);
  return blockText(dtype);
}

/** The weights of kernels that fetch them a round early: lib/weights_*.wgsl with weight_bits and weight_of, four columns wide. */
export function earlyWeightText(dtype: MatrixDtype): string {
  if (dtype === "f32") return `${weightsF32}\n${bitsF32}`;
  return dtype === "f16" ? `${weightsF16}\n${bitsF16}` : blockText(dtype);
}

/** Comes first in a kernel with halves in workgroup memory. */
export const HALF_FIRST = "enable f16;";

/** One value per way to store a matrix, made when it is first needed. */
export function perMatrixDtype<T>(make: (dtype: MatrixDtype) => T): (dtype: MatrixDtype) => T {
  const made = new Map<MatrixDtype, T>();
  return (dtype) => {
    const found = made.get(dtype) ?? make(dtype);
    made.set(dtype, found);
    return found;
  };
}

/** How a weight is stored. Throws "bug" for a tensor of integers. */
export function precisionOf({ dtype, label }: Tensor): MatrixDtype {
  if (isMatrixDtype(dtype)) return dtype;
  throw new EngineError("bug", `${label}: expected a weight in f32, f16 or blocks, got ${dtype}`);
}

const isMatrixDtype = (dtype: DType): dtype is MatrixDtype => dtype === "f32" || dtype === "f16" || isBlockDtype(dtype);
