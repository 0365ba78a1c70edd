// The parameters of the hypernetwork in one flat buffer: layout, names and shapes as in PyTorch, and initialisation (METHOD.md 1.2).
import { invariant } from "../../errors.ts";
import { DRAW, normals, uniforms } from "../../rng.ts";
import { sizeOf } from "../../tensor.ts";
import type { GateLayout } from "../../masks/gates.ts";

/** Features of one row of z. */
export const INPUT_WIDTH = 32;
/** H of the GRU, per direction. */
const HIDDEN = 64;
/** C: the width of both directions together, the input of the heads. */
export const WIDTH = 2 * HIDDEN;
export const NORM_EPS = 1e-5;
/** Every tensor starts at a multiple of this many floats, so that a view of it is a legal binding. */
const ALIGNMENT = 64;

/** Number of features of the ratio (METHOD.md 1.7). */
export const RATIO_FEATURES = 8;
const RATIO = "ratio.";
/** All heads together. */
const HEADS = "heads";

/** A range of the flat parameters, in floats. */
interface ParameterRange {
  readonly name: string;
  readonly shape: readonly number[];
  readonly start: number;
}

export interface HypernetLayout {
  readonly gates: GateLayout;
  /** Whether the hypernetwork takes the ratio as input, and so makes gate logits for every ratio (METHOD.md 1.7). */
  readonly everyRatio: boolean;
  /** The tensors that ops read: those of GRU and norm, and "heads", all heads in one (flat gates, C) with padding rows. */
  readonly tensors: readonly ParameterRange[];
  /** The same as PyTorch names and orders them, with a heads.{i}.weight (N_i, C) for each vector. */
  readonly named: readonly ParameterRange[];
  /** Floats in the flat buffer, a multiple of 64. The padding between and after parameters is 0 and stays 0. */
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

/** Two layers from the features of the ratio to its embedding, which is added to every row of z; names as in PyTorch's nn.Sequential. */
const RATIO_EMBEDDING: readonly (readonly [name: string, shape: readonly number[]])[] = [
  [`${RATIO}0.weight`, [INPUT_WIDTH, RATIO_FEATURES]],
  [`${RATIO}0.bias`, [INPUT_WIDTH]],
  [`${RATIO}2.weight`, [INPUT_WIDTH, INPUT_WIDTH]],
  [`${RATIO}2.bias`, [INPUT_WIDTH]],
];

/** The layout of a hypernetwork for these gates; with `everyRatio` it includes the embedding of the ratio. */
export function hypernetLayout(gates: GateLayout, everyRatio = false): HypernetLayout {
  let length = 0;
  const append = (name: string, shape: readonly number[]): ParameterRange => {
    const start = length;
    length += Math.ceil(sizeOf(shape) / ALIGNMENT) * ALIGNMENT;
    return { name, shape, start };
  };
  const own = GRU_AND_NORM.map(([name, shape]) => append(name, shape));
  const heads = append(HEADS, [gates.length, WIDTH]);
  const named = gates.sizes.map((size, i) => ({
    name: `heads.${i}.weight`,
    shape: [size, WIDTH],
    start: heads.start + (gates.offsets[i] ?? 0) * WIDTH,
  }));
  // The embedding comes last, so that a seed gives the other parameters the same values with and without it.
  const ratio = everyRatio ? RATIO_EMBEDDING.map(([name, shape]) => append(name, shape)) : [];
  return { gates, everyRatio, tensors: [...own, heads, ...ratio], named: [...own, ...named, ...ratio], length };
}

/** The ranges of the flat parameters that are a tensor each: what precedes the heads, the heads, and what follows them, if anything does. */
export function parameterRanges({ tensors, gates, length }: HypernetLayout): { start: number; end: number }[] {
  const start = tensors.find(({ name }) => name === HEADS)?.start ?? 0;
  const end = start + gates.length * WIDTH;
  return [
    { start: 0, end: start },
    { start, end },
    { start: end, end: length },
  ].filter((range) => range.end > range.start);
}

/** Bound of a parameter's uniform initialisation: 1/sqrt(H) in the GRU, 1/sqrt(inputs) in linear layers. */
function boundOf(name: string): number {
  if (name.startsWith("gru.")) return 1 / Math.sqrt(HIDDEN);
  if (name.startsWith(`${RATIO}0.`)) return 1 / Math.sqrt(RATIO_FEATURES);
  return 1 / Math.sqrt(name.startsWith(RATIO) ? INPUT_WIDTH : WIDTH);
}

/**
 * PyTorch's initialisation, one parameter after the other: uniform within `boundOf`, norm weight 1; the norm's bias and the padding stay 0.
 * Depends only on the seed. All parameters together take hundreds of megabytes for a model of 7 billion weights.
 */
export function* initialParameters(
  layout: HypernetLayout,
  seed: number,
): Generator<{ start: number; values: Float32Array<ArrayBuffer> }> {
  for (const [i, { name, shape, start }] of layout.named.entries()) {
    const count = sizeOf(shape);
    if (name === "norm.weight") yield { start, values: new Float32Array(count).fill(1) };
    else if (name !== "norm.bias")
      yield { start, values: uniforms({ seed, draw: DRAW.init, vector: i }, count, boundOf(name)) };
  }
}

/** The same, flat. */
export function initialTheta(layout: HypernetLayout, seed: number): Float32Array<ArrayBuffer> {
  const theta = new Float32Array(layout.length);
  for (const { start, values } of initialParameters(layout, seed)) theta.set(values, start);
  return theta;
}

/** z: (vectors, width) ~ N(0, 1), drawn once per run and never trained. */
export function initialInputs(gates: GateLayout, seed: number, width = INPUT_WIDTH): Float32Array<ArrayBuffer> {
  const z = new Float32Array(gates.sizes.length * width);
  gates.sizes.forEach((_, i) => z.set(normals({ seed, draw: DRAW.inputs, vector: i }, width), i * width));
  return z;
}

/** The features of a ratio: cos(pi k ratio) for k = 0 .. 7 (METHOD.md 1.7). */
export function ratioFeatures(ratio: number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: RATIO_FEATURES }, (_, k) => Math.cos(Math.PI * k * ratio));
}

/** The message for a named parameter of the wrong length. */
export function wrongLength(name: string, expected: number | string, values: ArrayLike<number> | undefined): string {
  return `hypernetwork: ${name}: expected ${expected} values, got ${values?.length ?? "none"}. It may be from another model: open that one, or start a new run.`;
}

/** The flat parameters from PyTorch's named ones. Throws EngineError("format") for one that is missing or has another size. */
export function thetaOf(layout: HypernetLayout, arrays: NamedArrays): Float32Array<ArrayBuffer> {
  const theta = new Float32Array(layout.length);
  for (const { name, shape, start } of layout.named) {
    const values = arrays.get(name);
    invariant(values?.length === sizeOf(shape), "format", () => wrongLength(name, shape.join(" x "), values));
    theta.set(values, start);
  }
  return theta;
}

/** PyTorch's named parameters from the flat ones, without padding. */
export function namedOf(
  layout: HypernetLayout,
  theta: Float32Array<ArrayBuffer>,
): Map<string, Float32Array<ArrayBuffer>> {
  return new Map(layout.named.map(({ name, shape, start }) => [name, theta.slice(start, start + sizeOf(shape))]));
}
