// References of ops: loops in f64, forward and backward, with the named cases that all tests share.
import { type BlockDtype, fromFloat32, isBlockDtype, type MatrixDtype, toFloat32 } from "../../dtype.ts";
import { dequantized } from "../../formats/gguf/dequantize.ts";
import { blockTypeNamed } from "../../formats/gguf/types.ts";
import { uniformNoise } from "../../rng.ts";
import { type DType, sizeOf } from "../../tensor.ts";

/** A tensor of a reference: f64 values, whatever its dtype on the GPU. */
export interface RefTensor {
  readonly shape: readonly number[];
  readonly data: Float64Array;
  /** Default: f32. */
  readonly dtype?: DType;
  /** The blocks of a type with blocks, as in a file. */
  readonly stored?: Uint8Array<ArrayBuffer>;
}

export interface OpCase<P> {
  /** What is special about the case: "C63", "R1 C1", "zeros", "1e4 scale". */
  readonly name: string;
  readonly inputs: () => RefTensor[];
  readonly params: P;
}

export interface OpRef<P> {
  /** The op's stem, as in its file names. If one stem has several references, a colon and the variant follow: "gate: add". */
  readonly name: string;
  readonly cases: readonly OpCase<P>[];
  forward(inputs: readonly RefTensor[], params: P): RefTensor[];
  /** The gradients of the inputs from those of the outputs; null for an input without one. Omit it for an op without backward. */
  backward?(inputs: readonly RefTensor[], params: P, dOut: readonly RefTensor[]): (RefTensor | null)[];
  /** True if backward is not the derivative of forward by design (a gradient estimator). Then a test of its own replaces finite differences. */
  readonly estimator?: boolean;
  /** Largest difference allowed on the GPU, relative to the largest absolute value. Default: TOLERANCE. */
  readonly tolerance?: number;
}

/** A tensor of a reference; default: zeros. */
export const refTensor = (shape: readonly number[], data?: Float64Array): RefTensor => ({
  shape,
  data: data ?? new Float64Array(sizeOf(shape)),
});

export const zerosLike = (tensor: RefTensor): RefTensor => refTensor(tensor.shape);

/** Repeatable values in (-scale, scale), rounded to f32 so that reference and kernel get the same numbers. */
export function randomRef(seed: number, shape: readonly number[], scale = 1): RefTensor {
  const data = Float64Array.from({ length: sizeOf(shape) }, (_, i) =>
    Math.fround(scale * (2 * uniformNoise({ seed, draw: 0 }, i) - 1)),
  );
  return { shape, data };
}

/** Repeatable weights: f32 in (-1, 1), the same rounded to halves, or random blocks. */
export function randomWeights(seed: number, shape: readonly number[], dtype: MatrixDtype): RefTensor {
  if (isBlockDtype(dtype)) return randomBlocks(seed, shape, dtype);
  const values = randomRef(seed, shape);
  if (dtype === "f32") return values;
  const halves = toFloat32(fromFloat32(Float32Array.from(values.data), "F16"), "F16");
  return { shape, data: Float64Array.from(halves), dtype: "f16" };
}

/** Where a block has its scales: halves that are multiplied by the largest code, and that code. */
const SCALES: Record<BlockDtype, readonly (readonly [at: number, code: number])[]> = {
  Q8_0: [[0, 127]],
  Q4_0: [[0, 8]],
  Q5_0: [[0, 16]],
  Q4_1: [
    [0, 15],
    [2, 1],
  ],
  Q5_1: [
    [0, 31],
    [2, 1],
  ],
  Q4_K: [
    [0, 63 * 15],
    [2, 63],
  ],
  Q5_K: [
    [0, 63 * 31],
    [2, 63],
  ],
  Q6_K: [[208, 127 * 32]],
};

/** Blocks of random bytes, of which every code occurs, with scales of both signs that keep the values near (-most, most). Some scales are subnormal halves. */
export function randomBlocks(
  seed: number,
  shape: readonly number[],
  dtype: BlockDtype,
  most = 1,
): RefTensor & { stored: Uint8Array<ArrayBuffer> } {
  const { values, bytes: size } = blockTypeNamed(dtype);
  const blocks = sizeOf(shape) / values;
  const noise = { seed, draw: 0, step: 2 };
  const stored = Uint8Array.from({ length: blocks * size }, (_, i) => Math.floor(256 * uniformNoise(noise, i)));
  for (let b = 0; b < blocks; b++)
    for (const [i, [at, code]] of SCALES[dtype].entries()) {
      const scale = Math.fround((most * (2 * uniformNoise({ ...noise, step: 3 + i }, b) - 1)) / code);
      stored.set(fromFloat32(Float32Array.of(scale), "F16"), b * size + at);
    }
  return { shape, data: Float64Array.from(dequantized(dtype, stored, sizeOf(shape))), dtype, stored };
}

/** Repeatable integers in [0, below). */
export function randomInts(seed: number, shape: readonly number[], below: number): RefTensor {
  const data = Float64Array.from({ length: sizeOf(shape) }, (_, i) =>
    Math.floor(uniformNoise({ seed, draw: 0, step: 1 }, i) * below),
  );
  return { shape, data, dtype: "u32" };
}

/** An element that must exist. Throws RangeError if it does not. */
export const at = (data: Float64Array, i: number): number => {
  const value = data[i];
  if (value === undefined) throw new RangeError(`element: expected an index below ${data.length}, got ${i}`);
  return value;
};
