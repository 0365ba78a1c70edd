// What an op is timed on: its inputs at the sizes of a training step, and the work that its rate counts.
import type { OpRef } from "../../engine/ops/kit/ref.ts";
import { placesOf } from "../../engine/ops/kit/keptColumns.ts";
import { bytesOfShape, type DType, sizeOf } from "../../engine/tensor.ts";
import { noiseValues } from "../timing.ts";

/** Sizes of the model and of the step whose ops are timed. */
export interface TimedSizes {
  /** Tokens. */
  rows: number;
  /** Hidden size, and width of the middle of the MLP. */
  d: number;
  f: number;
  heads: number;
  vocab: number;
  /** Blocks, whose gates the hypernetwork makes. */
  blocks: number;
  /** Width of the hypernetwork's GRU in one direction. */
  hidden: number;
}

/** The values are made when they are needed. */
export interface TimedInput {
  shape: readonly number[];
  dtype?: Extract<DType, "f32" | "u32">;
  values: () => Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;
}

/** One op at one size. Without `flop` and `bytes` it is limited by memory, and moves its inputs and outputs once each. */
export interface TimedCase<P> {
  inputs: readonly TimedInput[];
  params: P;
  /** Floating-point operations, of an op that multiply-adds limit. */
  flop?: number;
  /** Bytes that are read or written at least, where these are not all of the inputs and outputs. */
  bytes?: number;
}

/** The case of an op, by the name of its reference, which is also the name in the registry. */
export interface Timed {
  op: string;
  at: (sizes: TimedSizes) => TimedCase<unknown>;
}

/** Pairs a reference with the case on which its op is timed: the inputs and parameters are those that the reference takes. */
export const timedCase = <P>(ref: OpRef<P>, at: (sizes: TimedSizes) => TimedCase<P>): Timed => ({ op: ref.name, at });

/** Bytes of f32 tensors. */
export const f32Bytes = (...shapes: readonly (readonly number[])[]): number =>
  shapes.reduce((sum, shape) => sum + bytesOfShape(shape, "f32"), 0);

/** Values of both signs. */
export const values = (...shape: number[]): TimedInput => ({ shape, values: () => noiseValues(sizeOf(shape)) });

/** Values above 0, for squares and probabilities. */
export const positive = (...shape: number[]): TimedInput => ({
  shape,
  values: () => noiseValues(sizeOf(shape)).map((value) => Math.abs(value) + 1e-3),
});

/** Integers in [0, below), all of which occur. */
export const integers = (below: number, ...shape: number[]): TimedInput => ({
  shape,
  dtype: "u32",
  values: () => Uint32Array.from({ length: sizeOf(shape) }, (_, i) => i % below),
});

/** One integer, such as a position. */
export const scalar = (value: number): TimedInput => ({
  shape: [1],
  dtype: "u32",
  values: () => Uint32Array.of(value),
});

/** Every other column of `width`: the index, and the places. */
export function columns(width: number): [index: TimedInput, places: TimedInput] {
  const index = Uint32Array.from({ length: width / 2 }, (_, k) => 2 * k);
  return [
    { shape: [index.length], dtype: "u32", values: () => index },
    { shape: [width], dtype: "u32", values: () => placesOf(index, width) },
  ];
}

/** What a case moves between memory and the GPU: its own count, or all of its inputs and outputs once. */
export function bytesMoved(
  { inputs, bytes }: TimedCase<unknown>,
  outputs: readonly { shape: readonly number[]; dtype?: DType }[],
): number {
  const all = [...inputs, ...outputs].map(({ shape, dtype = "f32" }) => bytesOfShape(shape, dtype));
  return bytes ?? all.reduce((sum, one) => sum + one, 0);
}

/** The shapes of the inputs, without scalars and repetitions: "128 x 512, 1536 x 512". */
export function sizeWords({ inputs }: TimedCase<unknown>): string {
  const shapes = inputs.filter(({ shape }) => sizeOf(shape) > 1).map(({ shape }) => shape.join(" x "));
  return [...new Set(shapes)].join(", ");
}
