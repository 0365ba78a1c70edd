// Reference of the next-token cross-entropy of hidden states against a head.
import { linearRef } from "./linear.ref.ts";
import { at, type OpCase, type OpRef, randomInts, randomRef, refTensor, type RefTensor, zerosLike } from "./kit/ref.ts";

export interface CrossEntropyParams {
  /** Rows of the head in one part. */
  partRows: number;
  logitsBytes: number;
}

interface Shape {
  rows: number;
  vocab: number;
  width?: number;
  scale?: number;
  bias?: boolean;
  partRows?: number;
  /** Rows of logits that the limit has room for; default: all. */
  held?: number;
}

/** One entry in every row, a power of two, so that the logits are the head's own values times it, exact in f32. */
function scaledRows(rows: number, width: number, scale: number): RefTensor {
  const x = refTensor([rows, width]);
  for (let t = 0; t < rows; t++) x.data[t * width + (t % width)] = scale;
  return x;
}

function shapeCase({
  rows,
  vocab,
  width = 4,
  scale = 1,
  bias,
  partRows = vocab,
  held = rows,
}: Shape): OpCase<CrossEntropyParams> {
  const parts = partRows < vocab ? ` parts of ${partRows}` : "";
  const chunks = held < rows ? ` ${held} rows at once` : "";
  return {
    name: `T${rows} V${vocab} C${width} scale ${scale}${bias ? " bias" : ""}${parts}${chunks}`,
    params: { partRows, logitsBytes: 4 * vocab * held },
    inputs: () => [
      scale > 1 ? scaledRows(rows, width, scale) : randomRef(1, [rows, width]),
      randomRef(2, [vocab, width], Math.min(1, scale)),
      randomInts(3, [rows], vocab),
      ...(bias ? [randomRef(4, [vocab])] : []),
    ],
  };
}

const CASES = [
  shapeCase({ rows: 2, vocab: 1 }),
  shapeCase({ rows: 2, vocab: 3, width: 3 }),
  shapeCase({ rows: 5, vocab: 63 }),
  shapeCase({ rows: 6, vocab: 64, width: 12 }),
  shapeCase({ rows: 66, vocab: 512, width: 8, bias: true }),
  shapeCase({ rows: 4, vocab: 2047 }),
  shapeCase({ rows: 9, vocab: 2048 }),
  shapeCase({ rows: 3, vocab: 49152 }),
  shapeCase({ rows: 4, vocab: 512, scale: 32 }),
  shapeCase({ rows: 4, vocab: 512, scale: 8192 }),
  shapeCase({ rows: 4, vocab: 64, scale: 0 }),
  // rows on both sides of the edges of a chunk; a view of rows that are 4 wide starts on multiples of 16 of them
  shapeCase({ rows: 31, vocab: 64, held: 16 }),
  shapeCase({ rows: 32, vocab: 64, held: 16 }),
  shapeCase({ rows: 33, vocab: 64, held: 16 }),
  shapeCase({ rows: 33, vocab: 63, width: 6, held: 32, bias: true }),
  shapeCase({ rows: 5, vocab: 64, width: 64, held: 1 }),
  shapeCase({ rows: 70, vocab: 12, width: 5, held: 1 }),
  // a head in parts: the last one whole, of one row, of some; with chunks; with logits that a sum of exponentials would not hold
  shapeCase({ rows: 5, vocab: 128, partRows: 64 }),
  shapeCase({ rows: 6, vocab: 129, partRows: 64, bias: true }),
  shapeCase({ rows: 35, vocab: 200, partRows: 64, held: 16, bias: true }),
  shapeCase({ rows: 4, vocab: 512, scale: 8192, partRows: 128 }),
];

function logitsOf(inputs: readonly RefTensor[]): RefTensor {
  const [x, weight, , bias] = inputs;
  if (!x || !weight) throw new RangeError("cross-entropy takes x, weight, ids and perhaps a bias");
  const [logits] = linearRef.forward(bias ? [x, weight, bias] : [x, weight], null);
  if (!logits) throw new RangeError("no logits");
  return logits;
}

function logSumExp(logits: RefTensor, row: number): number {
  const cols = logits.shape[1] ?? 0;
  const values = logits.data.subarray(row * cols, (row + 1) * cols);
  const top = values.reduce((most, value) => Math.max(most, value), -Infinity);
  return top + Math.log(values.reduce((sum, value) => sum + Math.exp(value - top), 0));
}

export const crossEntropyRef: OpRef<CrossEntropyParams> = {
  name: "cross-entropy",
  cases: CASES,
  forward(inputs) {
    const logits = logitsOf(inputs);
    const ids = inputs[2];
    if (!ids) throw new RangeError("cross-entropy takes ids");
    const [rows = 0, cols = 0] = logits.shape;
    let sum = 0;
    for (let t = 0; t < rows - 1; t++) sum += logSumExp(logits, t) - at(logits.data, t * cols + at(ids.data, t + 1));
    return [refTensor([1], Float64Array.of(sum / (rows - 1)))];
  },
  backward(inputs, _, [dloss]) {
    const [x, weight, ids] = inputs;
    if (!x || !weight || !ids || !dloss) throw new RangeError("cross-entropy takes x, weight and ids");
    const logits = logitsOf(inputs);
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
    const [dx = null] = linearRef.backward?.([x, weight], null, [dlogits]) ?? [];
    return [dx, null, null, ...(inputs.length > 3 ? [null] : [])];
  },
};
