// Reference of exact GELU, with an erf to the precision of f64.
import { at, type OpRef, randomRef, refTensor, type RefTensor, zerosLike } from "./kit/ref.ts";

type Params = Record<string, never>;

/** The series of Abramowitz and Stegun 7.1.6, whose terms are all positive. From 6 on, erf is 1 in f64. */
export function erf(x: number): number {
  if (Math.abs(x) >= 6) return Math.sign(x);
  let term = x;
  let sum = x;
  for (let n = 1; term !== 0 && sum + term !== sum; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

const distribution = (x: number): number => 0.5 * (1 + erf(x / Math.SQRT2));

function only([x]: readonly RefTensor[]): RefTensor {
  if (!x) throw new RangeError("gelu takes x");
  return x;
}

/** `count` evenly spaced values. */
const line = (from: number, to: number, count: number): RefTensor =>
  refTensor(
    [count],
    Float64Array.from({ length: count }, (_, i) => Math.fround(from + ((to - from) * i) / (count - 1))),
  );

export const geluRef: OpRef<Params> = {
  name: "gelu",
  tolerance: 2e-6,
  cases: [
    { name: "C1", params: {}, inputs: () => [randomRef(1, [1])] },
    { name: "R5 C65", params: {}, inputs: () => [randomRef(1, [5, 65], 3)] },
    { name: "-1 to 1", params: {}, inputs: () => [line(-1, 1, 1001)] },
    { name: "-9 to 9", params: {}, inputs: () => [line(-9, 9, 2001)] },
    { name: "1e-4 scale", params: {}, inputs: () => [randomRef(1, [64], 1e-4)] },
    { name: "1e4 scale", params: {}, inputs: () => [randomRef(1, [64], 1e4)] },
    { name: "zeros", params: {}, inputs: () => [refTensor([64])] },
  ],
  forward(inputs) {
    const x = only(inputs);
    return [
      refTensor(
        x.shape,
        x.data.map((value) => value * distribution(value)),
      ),
    ];
  },
  backward(inputs, _, [dy]) {
    if (!dy) throw new RangeError("gelu has one output");
    const x = only(inputs);
    const dx = zerosLike(x);
    x.data.forEach((value, i) => {
      const density = Math.exp((-value * value) / 2) / Math.sqrt(2 * Math.PI);
      dx.data[i] = at(dy.data, i) * (distribution(value) + value * density);
    });
    return [dx];
  },
};
