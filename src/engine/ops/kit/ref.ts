// What a CPU reference of an op is: f64 loops forward and backward, and the named cases that all its tests share.
import { fromFloat32, toFloat32 } from "../../dtype.ts";
import { uniformNoise } from "../../rng.ts";
import { type DType, type Precision, sizeOf } from "../../tensor.ts";

/** A tensor of the reference: f64 values (integers and halves too, with their dtype named). */
export interface RefTensor {
  readonly shape: readonly number[];
  readonly data: Float64Array;
  readonly dtype?: DType;
}

export interface OpCase<P> {
  /** What is special about it: "C63", "R1 C1", "zeros", "1e4 scale". */
  readonly name: string;
  readonly inputs: () => RefTensor[];
  readonly params: P;
}

export interface OpRef<P> {
  readonly name: string;
  readonly cases: readonly OpCase<P>[];
  forward(inputs: readonly RefTensor[], params: P): RefTensor[];
  /** Gradient of each input given those of the outputs; null where an input has none. Leave out for an op without backward. */
  backward?(inputs: readonly RefTensor[], params: P, dOut: readonly RefTensor[]): (RefTensor | null)[];
  /** Set where backward is by design not the derivative of forward (a gradient estimator); finite differences are left out and a test of its own takes their place. */
  readonly estimator?: boolean;
  /** Largest difference allowed on the GPU, as a share of the largest absolute value; default TOLERANCE. */
  readonly tolerance?: number;
}

/** f32 kernels against f64 loops: largest difference over largest absolute value. */
export const TOLERANCE = 2e-5;

export const refTensor = (shape: readonly number[], data?: Float64Array): RefTensor => ({
  shape,
  data: data ?? new Float64Array(sizeOf(shape)),
});

export const zerosLike = (tensor: RefTensor): RefTensor => refTensor(tensor.shape);

/** Repeatable values in (-scale, scale), already rounded to f32 so that both sides see the same numbers. */
export function randomRef(seed: number, shape: readonly number[], scale = 1): RefTensor {
  const data = Float64Array.from({ length: sizeOf(shape) }, (_, i) =>
    Math.fround(scale * (2 * uniformNoise(seed, 0, 0, 0, i) - 1)),
  );
  return { shape, data };
}

/** Repeatable weights: as randomRef, for f16 rounded to halves. */
export function randomWeights(seed: number, shape: readonly number[], precision: Precision): RefTensor {
  const values = randomRef(seed, shape);
  if (precision === "f32") return values;
  const halves = toFloat32(fromFloat32(Float32Array.from(values.data), "F16"), "F16");
  return { shape, data: Float64Array.from(halves), dtype: "f16" };
}

/** Repeatable integers in [0, below). */
export function randomInts(seed: number, shape: readonly number[], below: number): RefTensor {
  const data = Float64Array.from({ length: sizeOf(shape) }, (_, i) =>
    Math.floor(uniformNoise(seed, 1, 0, 0, i) * below),
  );
  return { shape, data, dtype: "u32" };
}

/** Reads an element that the shapes say is there. */
export const at = (data: Float64Array, i: number): number => {
  const value = data[i];
  if (value === undefined) throw new RangeError(`element ${i} of ${data.length}`);
  return value;
};
