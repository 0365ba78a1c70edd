// References of the elementwise arithmetic.
import { at, type OpCase, type OpRef, randomRef, refTensor, type RefTensor } from "./kit/ref.ts";

/** Around the vec4s and workgroups of the kernels. */
const SIZES = [1, 63, 64, 65, 1000, 1025];

const pairs: OpCase<null>[] = SIZES.map((n) => ({
  name: `N${n}`,
  params: null,
  inputs: () => [randomRef(1, [n]), randomRef(2, [n])],
}));

const mapped = ({ shape, data }: RefTensor, of: (value: number, i: number) => number): RefTensor =>
  refTensor(shape, data.map(of));

export const addRef: OpRef<null> = {
  name: "arithmetic: add",
  cases: pairs,
  forward([a, b]) {
    if (!a || !b) throw new RangeError("add takes two tensors");
    return [mapped(a, (value, i) => value + at(b.data, i))];
  },
  backward: (_, __, [dy]) => [dy ?? null, dy ?? null],
};

export const addIntoRef: OpRef<null> = {
  name: "arithmetic: add into",
  cases: pairs,
  forward([target, source]) {
    if (!target || !source) throw new RangeError("addInto takes a target and a source");
    return [mapped(target, (value, i) => value + at(source.data, i))];
  },
};

export const copyIntoRef: OpRef<null> = {
  name: "arithmetic: copy into",
  cases: pairs,
  tolerance: 0,
  forward([target, source]) {
    if (!target || !source) throw new RangeError("copyInto takes a target and a source");
    return [source];
  },
};

export const scaleInPlaceRef: OpRef<null> = {
  name: "arithmetic: scale in place",
  cases: SIZES.map((n) => ({ name: `N${n}`, params: null, inputs: () => [randomRef(1, [n]), randomRef(2, [1], 3)] })),
  forward([tensor, factor]) {
    if (!tensor || !factor) throw new RangeError("scaleInPlace takes a tensor and a factor");
    return [mapped(tensor, (value) => value * at(factor.data, 0))];
  },
};

export const fillRef: OpRef<{ value: number }> = {
  name: "arithmetic: fill",
  tolerance: 0,
  cases: SIZES.map((n) => ({ name: `N${n}`, params: { value: 0.25 }, inputs: () => [randomRef(1, [n])] })),
  forward([tensor], { value }) {
    if (!tensor) throw new RangeError("fill takes a tensor");
    return [mapped(tensor, () => value)];
  },
};

export const capInPlaceRef: OpRef<{ cap: number }> = {
  name: "arithmetic: cap in place",
  cases: SIZES.flatMap((n) =>
    [2, 0.01].map((cap) => ({ name: `N${n} cap ${cap}`, params: { cap }, inputs: () => [randomRef(1, [n], 3)] })),
  ),
  forward([tensor], { cap }) {
    if (!tensor) throw new RangeError("capInPlace takes a tensor");
    return [mapped(tensor, (value) => cap * Math.tanh(value / cap))];
  },
};

/** Inputs: parts (P, N with padding to a multiple of 4), and perhaps a tensor to add. */
export const sumPartsRef: OpRef<{ length: number }> = {
  name: "arithmetic: sum parts",
  cases: SIZES.flatMap((n) => {
    const padded = Math.ceil(n / 4) * 4;
    return [
      { name: `P3 N${n}`, params: { length: n }, inputs: () => [randomRef(1, [3, padded])] },
      { name: `P17 N${n} more`, params: { length: n }, inputs: () => [randomRef(1, [17, padded]), randomRef(2, [n])] },
    ];
  }),
  forward([parts, more], { length }) {
    if (!parts) throw new RangeError("sumParts takes parts");
    const [rows = 0, cols = 0] = parts.shape;
    const sum = refTensor([length], more?.data.slice());
    for (let row = 0; row < rows; row++) {
      for (let i = 0; i < length; i++) sum.data[i] = at(sum.data, i) + at(parts.data, row * cols + i);
    }
    return [sum];
  },
};
