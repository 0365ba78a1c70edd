// How the hypernetwork's parameters lie in one flat buffer, their names and shapes as in PyTorch, and their initialisation (method.md 1.2).
import { invariant } from "../errors.ts";
import { DRAW, normals, uniforms } from "../rng.ts";
import { sizeOf } from "../tensor.ts";
import type { GateLayout } from "./gates.ts";

/** Features of one row of z. */
export const INPUT_WIDTH = 32;
/** H of the GRU, per direction. */
export const HIDDEN = 64;
/** C: both directions together, the width that the heads read. */
export const WIDTH = 2 * HIDDEN;
export const NORM_EPS = 1e-5;
/** Every tensor starts on a multiple of this many floats, so that a view of it is a legal binding. */
const ALIGNMENT = 64;

/** A range of the flat parameters, in floats. */
export interface ParameterRange {
  readonly name: string;
  readonly shape: readonly number[];
  readonly start: number;
}

export interface HypernetLayout {
  readonly gates: GateLayout;
  /** The tensors that ops read: the GRU's and the norm's, and "heads", all heads in one (flat gates, C), padding rows included. */
  readonly tensors: readonly ParameterRange[];
  /** PyTorch's parameters, names and order: the same, but a heads.{i}.weight (N_i, C) for each vector. */
  readonly named: readonly ParameterRange[];
  /** Floats in the flat buffer, a multiple of 64. Between and after parameters there is padding, which is and stays 0. */
  readonly length: number;
}

export type NamedArrays = ReadonlyMap<string, Float32Array<ArrayBuffer>>;

const GRU_AND_NORM: readonly (readonly [name: string, shape: readonly number[]])[] = [
  ...["", "_reverse"].flatMap((direction) => [
    [`gru.weight_ih_l0${direction}`, [3 * HIDDEN, INPUT_WIDTH]] as const,
    [`gru.weight_hh_l0${direction}`, [3 * HIDDEN, HIDDEN]] as const,
    [`gru.bias_ih_l0${direction}`, [3 * HIDDEN]] as const,
    [`gru.bias_hh_l0${direction}`, [3 * HIDDEN]] as const,
  ]),
  ["norm.weight", [WIDTH]],
  ["norm.bias", [WIDTH]],
];

/** The hypernetwork for these gates. */
export function hypernetLayout(gates: GateLayout): HypernetLayout {
  let length = 0;
  const place = (name: string, shape: readonly number[]): ParameterRange => {
    const start = length;
    length += Math.ceil(sizeOf(shape) / ALIGNMENT) * ALIGNMENT;
    return { name, shape, start };
  };
  const own = GRU_AND_NORM.map(([name, shape]) => place(name, shape));
  const heads = place("heads", [gates.length, WIDTH]);
  const named = gates.sizes.map((size, i) => ({
    name: `heads.${i}.weight`,
    shape: [size, WIDTH],
    start: heads.start + (gates.offsets[i] ?? 0) * WIDTH,
  }));
  return { gates, tensors: [...own, heads], named: [...own, ...named], length };
}

/** PyTorch's initialisation: GRU U(-1/sqrt(H), 1/sqrt(H)), heads U(-1/sqrt(C), 1/sqrt(C)), norm weight 1 and bias 0. Depends on nothing but the seed. */
export function initialTheta(layout: HypernetLayout, seed: number): Float32Array<ArrayBuffer> {
  const theta = new Float32Array(layout.length);
  layout.named.forEach(({ name, shape, start }, i) => {
    const count = sizeOf(shape);
    if (name === "norm.weight") theta.fill(1, start, start + count);
    else if (name !== "norm.bias") {
      const bound = 1 / Math.sqrt(name.startsWith("gru.") ? HIDDEN : WIDTH);
      theta.set(uniforms(seed, DRAW.init, i, count, bound), start);
    }
  });
  return theta;
}

/** z: (vectors, 32) ~ N(0, 1), drawn once a run and never trained. */
export function initialInputs(gates: GateLayout, seed: number): Float32Array<ArrayBuffer> {
  const z = new Float32Array(gates.sizes.length * INPUT_WIDTH);
  gates.sizes.forEach((_, i) => z.set(normals(seed, DRAW.inputs, i, INPUT_WIDTH), i * INPUT_WIDTH));
  return z;
}

/** Puts PyTorch's named parameters together. Throws EngineError("format") for one that is missing or has another size. */
export function thetaOf(layout: HypernetLayout, arrays: NamedArrays): Float32Array<ArrayBuffer> {
  const theta = new Float32Array(layout.length);
  for (const { name, shape, start } of layout.named) {
    const values = arrays.get(name);
    invariant(
      values?.length === sizeOf(shape),
      "format",
      () =>
        `hypernetwork: ${name} must have ${shape.join("x")} values, ${values?.length ?? "none"} came; is it of another model?`,
    );
    theta.set(values, start);
  }
  return theta;
}

/** Takes the flat parameters apart again, without padding. */
export function namedOf(
  layout: HypernetLayout,
  theta: Float32Array<ArrayBuffer>,
): Map<string, Float32Array<ArrayBuffer>> {
  return new Map(layout.named.map(({ name, shape, start }) => [name, theta.slice(start, start + sizeOf(shape))]));
}
