// References of the next-token cross-entropy.
import { at, type OpCase, type OpRef, randomInts, randomRef, refTensor, type RefTensor, zerosLike } from "./ref.ts";

const shapeCase = (rows: number, vocab: number, scale = 1, name = `T${rows} V${vocab}`): OpCase<null> => ({
  name,
  params: null,
  inputs: () => [randomRef(1, [rows, vocab], scale), randomInts(2, [rows], vocab)],
});

const CASES: readonly OpCase<null>[] = [
  shapeCase(2, 1),
  shapeCase(2, 3),
  shapeCase(5, 63),
  shapeCase(6, 64),
  shapeCase(66, 512),
  shapeCase(4, 2047),
  shapeCase(9, 2048),
  shapeCase(3, 49152),
  shapeCase(4, 512, 30, "30 scale"),
  shapeCase(4, 512, 1e4, "1e4 scale"),
  { name: "zeros", params: null, inputs: () => [refTensor([3, 64]), randomInts(2, [3], 64)] },
];

function logSumExp(logits: RefTensor, row: number): number {
  const cols = logits.shape[1] ?? 0;
  const values = logits.data.subarray(row * cols, (row + 1) * cols);
  const top = values.reduce((most, value) => Math.max(most, value), -Infinity);
  return top + Math.log(values.reduce((sum, value) => sum + Math.exp(value - top), 0));
}

function losses([logits, ids]: readonly RefTensor[]): Float64Array {
  if (!logits || !ids) throw new RangeError("cross-entropy takes logits and ids");
  const [rows = 0, cols = 0] = logits.shape;
  return Float64Array.from(
    { length: rows - 1 },
    (_, t) => logSumExp(logits, t) - at(logits.data, t * cols + at(ids.data, t + 1)),
  );
}

export const tokenLossesRef: OpRef<null> = {
  name: "token losses",
  cases: CASES,
  forward(inputs) {
    const nll = losses(inputs);
    return [refTensor([nll.length], nll)];
  },
};

export const crossEntropyRef: OpRef<null> = {
  name: "cross-entropy",
  cases: CASES,
  forward(inputs) {
    const nll = losses(inputs);
    return [refTensor([1], Float64Array.of(nll.reduce((sum, value) => sum + value, 0) / nll.length))];
  },
  backward([logits, ids], _, [dloss]) {
    if (!logits || !ids || !dloss) throw new RangeError("cross-entropy takes logits and ids");
    const [rows = 0, cols = 0] = logits.shape;
    const scale = at(dloss.data, 0) / (rows - 1);
    const dlogits = zerosLike(logits);
    for (let t = 0; t < rows - 1; t++) {
      const lse = logSumExp(logits, t);
      for (let c = 0; c < cols; c++) {
        const onehot = c === at(ids.data, t + 1) ? 1 : 0;
        dlogits.data[t * cols + c] = scale * (Math.exp(at(logits.data, t * cols + c) - lse) - onehot);
      }
    }
    return [dlogits, null];
  },
};
