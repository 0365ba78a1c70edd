// Reference of the linear layer whose weight is stored in parts: the linear layer itself, frozen or with all of it trained.
import { linearCase, linearRef, type LinearShape } from "./linear.ref.ts";
import { linearTrainedRef } from "./linearTrained.ref.ts";
import type { OpCase, OpRef } from "./kit/ref.ts";

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
