// Reference of the hypernetwork's heads.
import { layoutOf } from "../masks/gates.ts";
import { at, type OpRef, randomRef, refTensor, type RefTensor, zerosLike } from "./kit/ref.ts";

type Params = { sizes: readonly number[] };

const sizesCase = (name: string, sizes: readonly number[], cols: number, scale = 1) => ({
  name: `${name} C${cols}`,
  params: { sizes },
  inputs: () => [randomRef(1, [sizes.length, cols], scale), randomRef(2, [layoutOf(sizes).length, cols])],
});

/** Calls `visit` with every real gate of the flat buffer, and its vector. */
function eachGate(sizes: readonly number[], visit: (gate: number, vector: number) => void): void {
  const { offsets } = layoutOf(sizes);
  sizes.forEach((size, vector) => {
    for (let i = 0; i < size; i++) visit((offsets[vector] ?? 0) + i, vector);
  });
}

function both([h, weight]: readonly RefTensor[]): { h: RefTensor; weight: RefTensor; cols: number } {
  if (!h || !weight) throw new RangeError("heads takes h and weight");
  return { h, weight, cols: h.shape[1] ?? 1 };
}

export const headsRef: OpRef<Params> = {
  name: "heads",
  cases: [
    sizesCase("N1", [1], 4),
    sizesCase("N63 64 65", [63, 64, 65], 128),
    sizesCase("one block", [64, 64, 64, 176, 64], 128),
    sizesCase("wide", [5, 300], 132),
    sizesCase("1e4 scale", [10, 20], 128, 1e4),
    {
      name: "zeros",
      params: { sizes: [3, 70] },
      inputs: () => [refTensor([2, 8]), randomRef(2, [layoutOf([3, 70]).length, 8])],
    },
  ],
  forward(inputs, { sizes }) {
    const { h, weight, cols } = both(inputs);
    const logits = refTensor([layoutOf(sizes).length]);
    eachGate(sizes, (gate, vector) => {
      let sum = 0;
      for (let c = 0; c < cols; c++) sum += at(weight.data, gate * cols + c) * at(h.data, vector * cols + c);
      logits.data[gate] = sum;
    });
    return [logits];
  },
  backward(inputs, { sizes }, [dLogits]) {
    if (!dLogits) throw new RangeError("heads has one output");
    const { h, weight, cols } = both(inputs);
    const [dh, dWeight] = [zerosLike(h), zerosLike(weight)];
    eachGate(sizes, (gate, vector) => {
      const slope = at(dLogits.data, gate);
      for (let c = 0; c < cols; c++) {
        const i = vector * cols + c;
        dWeight.data[gate * cols + c] = slope * at(h.data, i);
        dh.data[i] = at(dh.data, i) + slope * at(weight.data, gate * cols + c);
      }
    });
    return [dh, dWeight];
  },
};
