// References of the linear layer whose weight is stored in parts: the linear layer itself, frozen, trained, or with a low-rank adapter.
import { isSet, randomWords } from "./zeroWeights.ref.ts";
import { linearCase, linearRef, type LinearShape } from "./linear.ref.ts";
import { linearTrainedRef } from "./linearTrained.ref.ts";
import { type OpCase, type OpRef, randomRef, refTensor, type RefTensor } from "./kit/ref.ts";

interface Params {
  /** Rows of the weight per part. */
  partRows: number;
}

const partsCase = (partRows: number, shape: LinearShape): OpCase<Params> => {
  const { name, inputs } = linearCase(shape);
  return { name: `${name} parts of ${partRows}`, params: { partRows }, inputs };
};

export const linearPartsRef: OpRef<Params> = {
  name: "linearParts",
  // the last part has one row, some rows, or as many as the others
  cases: [
    partsCase(64, { m: 1, n: 128, k: 16 }),
    partsCase(64, { m: 17, n: 192, k: 20, bias: true }),
    partsCase(128, { m: 9, n: 200, k: 36 }),
    partsCase(64, { m: 5, n: 65, k: 28, bias: true }),
    partsCase(64, { m: 33, n: 130, k: 7 }),
    partsCase(64, { m: 17, n: 200, k: 36, bias: true, precision: "f16" }),
  ],
  forward: (inputs) => linearRef.forward(inputs, null),
  backward: (inputs, _, dOut) => linearRef.backward?.(inputs, null, dOut) ?? [],
};

export const linearPartsTrainedRef: OpRef<Params> = {
  name: "linearParts: trained",
  cases: [
    partsCase(64, { m: 1, n: 4, k: 4 }),
    partsCase(64, { m: 17, n: 36, k: 60, bias: true }),
    partsCase(64, { m: 16, n: 64, k: 64 }),
    partsCase(128, { m: 65, n: 68, k: 12, bias: true }),
    partsCase(64, { m: 5, n: 31, k: 27, bias: true }),
    partsCase(64, { m: 9, n: 130, k: 12, bias: true }),
  ],
  forward: (inputs) => linearRef.forward(inputs, null),
  backward: (inputs, _, dOut) => linearTrainedRef.backward?.(inputs, {}, dOut) ?? [],
};

interface AdaptedParams extends Params {
  /** Whether the last input has the bits of B A that exist. */
  masked: boolean;
}

interface AdaptedShape extends LinearShape {
  /** Rank of the adapter. */
  r: number;
}

/** x, weight, A, B, and then bits, a bias, or neither. */
const adaptedCase = (partRows: number, masked: boolean, shape: AdaptedShape): OpCase<AdaptedParams> => {
  const { n, k, r } = shape;
  const { name, inputs } = linearCase(shape);
  return {
    name: `${name} rank ${r}${partRows < n ? ` parts of ${partRows}` : ""}`,
    params: { partRows, masked },
    inputs: () => {
      const [x, weight, ...bias] = inputs();
      if (!x || !weight) throw new RangeError("a case of linear has x and weight");
      const factors = [randomRef(4, [r, k]), randomRef(5, [n, r])];
      return [x, weight, ...factors, ...bias, ...(masked ? [randomWords(6, Math.ceil((n * k) / 32))] : [])];
    },
  };
};

/** B A, or its entries whose bits are set: (n, k). */
function product(a: RefTensor, b: RefTensor, bits?: RefTensor): RefTensor {
  const [r = 0, k = 0] = a.shape;
  const [n = 0] = b.shape;
  const out = refTensor([n, k]);
  for (let i = 0; i < n * k; i++) {
    if (bits && !isSet(bits, i)) continue;
    const [row, col] = [Math.floor(i / k), i % k];
    for (let j = 0; j < r; j++) out.data[i] = out.data[i]! + b.data[row * r + j]! * a.data[j * k + col]!;
  }
  return out;
}

interface Adapted {
  x: RefTensor;
  /** weight + B A. */
  sum: RefTensor;
  a: RefTensor;
  b: RefTensor;
  bits: RefTensor | undefined;
  bias: RefTensor | undefined;
}

function adapted([x, weight, a, b, more]: readonly RefTensor[], masked: boolean): Adapted {
  if (!x || !weight || !a || !b) throw new RangeError("linearAdapted takes x, weight, A and B");
  const bits = masked ? more : undefined;
  const { data } = product(a, b, bits);
  const sum = refTensor(
    weight.shape,
    weight.data.map((value, i) => value + data[i]!),
  );
  return { x, sum, a, b, bits, bias: masked ? undefined : more };
}

/** transpose(matrix). */
function transposed({ shape: [rows = 0, cols = 0], data }: RefTensor): RefTensor {
  const values = Float64Array.from({ length: rows * cols }, (_, i) => data[(i % rows) * cols + Math.floor(i / rows)]!);
  return refTensor([cols, rows], values);
}

const adaptedRef = (name: string, cases: readonly OpCase<AdaptedParams>[]): OpRef<AdaptedParams> => ({
  name,
  cases,
  forward(inputs, { masked }) {
    const { x, sum, bias } = adapted(inputs, masked);
    return linearRef.forward([x, sum, ...(bias ? [bias] : [])], null);
  },
  backward(inputs, { masked }, dOut) {
    const { x, sum, a, b, bits } = adapted(inputs, masked);
    const [dx, dSum] = linearTrainedRef.backward?.([x, sum], {}, dOut) ?? [];
    if (!dx || !dSum) throw new RangeError("linearTrained has two gradients");
    const kept = refTensor(
      dSum.shape,
      dSum.data.map((value, i) => (bits && !isSet(bits, i) ? 0 : value)),
    );
    const da = product(kept, transposed(b));
    const db = product(transposed(a), kept);
    return [dx, null, da, db, ...(inputs.length > 4 ? [null] : [])];
  },
});

/** Around the tiles of the matmul kernels, and with widths that are not multiples of 4. */
export const linearAdaptedRef = adaptedRef("linearParts: adapted", [
  adaptedCase(64, false, { m: 1, n: 4, k: 4, r: 4 }),
  adaptedCase(64, false, { m: 16, n: 64, k: 64, r: 16 }),
  adaptedCase(64, false, { m: 17, n: 36, k: 60, r: 4, bias: true }),
  adaptedCase(64, false, { m: 33, n: 60, k: 28, r: 64 }),
  adaptedCase(128, false, { m: 65, n: 68, k: 12, r: 68, bias: true }),
  adaptedCase(256, false, { m: 9, n: 132, k: 132, r: 12 }),
  adaptedCase(64, false, { m: 5, n: 31, k: 27, r: 8, bias: true }),
  adaptedCase(64, false, { m: 9, n: 130, k: 12, r: 8 }),
  adaptedCase(64, false, { m: 17, n: 36, k: 60, r: 16, bias: true, precision: "f16" }),
]);

export const linearMaskedAdapterRef = adaptedRef("linearParts: masked adapter", [
  adaptedCase(64, true, { m: 1, n: 4, k: 4, r: 4 }),
  adaptedCase(64, true, { m: 16, n: 64, k: 64, r: 16 }),
  adaptedCase(64, true, { m: 17, n: 36, k: 60, r: 4 }),
  adaptedCase(64, true, { m: 33, n: 60, k: 28, r: 64 }),
  adaptedCase(128, true, { m: 65, n: 68, k: 12, r: 68 }),
  adaptedCase(256, true, { m: 9, n: 132, k: 132, r: 12 }),
  adaptedCase(64, true, { m: 5, n: 31, k: 27, r: 8 }),
  adaptedCase(64, true, { m: 9, n: 130, k: 12, r: 8 }),
  adaptedCase(64, true, { m: 17, n: 36, k: 60, r: 16, precision: "f16" }),
]);
