// The WGSL with which kernels read frozen weights: as f32, or as halves packed two per u32 and unpacked to f32.
import scalar from "../../../../shaders/lib/scalar.wgsl?raw";
import vec4 from "../../../../shaders/lib/vec4.wgsl?raw";
import bitsF16 from "../../../../shaders/lib/weight_bits_f16.wgsl?raw";
import bitsF32 from "../../../../shaders/lib/weight_bits_f32.wgsl?raw";
import weightsF16 from "../../../../shaders/lib/weights_f16.wgsl?raw";
import weightsF16Single from "../../../../shaders/lib/weights_f16_single.wgsl?raw";
import weightsF32 from "../../../../shaders/lib/weights_f32.wgsl?raw";
import { EngineError } from "../../errors.ts";
import type { DType, Precision, Tensor } from "../../tensor.ts";

/** Columns that a kernel handles at a time: 4, or 1 if a width is not a multiple of 4. */
export type Width = 1 | 4;

/** lib/vec4.wgsl or lib/scalar.wgsl. */
export const valueText = (width: Width): string => (width === 4 ? vec4 : scalar);

/** lib/weights_*.wgsl for a kernel of this width. It needs valueText(width) before it. */
export function weightText(precision: Precision, width: Width): string {
  if (precision === "f32") return weightsF32;
  return width === 4 ? weightsF16 : weightsF16Single;
}

/** The weights of kernels that fetch them a round early: lib/weights_*.wgsl and lib/weight_bits_*.wgsl, four columns wide. */
export const earlyWeightText = (precision: Precision): string =>
  precision === "f32" ? `${weightsF32}\n${bitsF32}` : `${weightsF16}\n${bitsF16}`;

/** Comes first in a kernel with halves in workgroup memory. */
export const HALF_FIRST = "enable f16;";

/** How a weight is stored. Throws "bug" for a tensor of integers. */
export function precisionOf({ dtype, label }: Tensor): Precision {
  if (isPrecision(dtype)) return dtype;
  throw new EngineError("bug", `${label}: expected a weight in f32 or f16, got ${dtype}`);
}

const isPrecision = (dtype: DType): dtype is Precision => dtype === "f32" || dtype === "f16";
