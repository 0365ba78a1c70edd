// References of the next-token cross-entropy of hidden states with a head: the mean, and the loss of each token.
import { linearRef } from "./linear.ref.ts";
import { type OpCase, type OpRef, randomInts, randomRef, refTensor, type RefTensor, zerosLike } from "./kit/ref.ts";

export interface CrossEntropyParams {
  /** Rows of the head per part. */
  partRows: number;
  logitsBytes: number;
  /** Softcap of the logits. */
  cap?: number | undefined;
}

/** cap tanh(logit / cap). */
export const cappedLogits = (logits: RefTensor, cap: number | undefined): RefTensor =>
  cap === undefined
    ? logits
    : refTensor(
        logits.shape,
        logits.data.map((value) => cap * Math.tanh(value / cap)),
      );

/** d capped logit / d logit, from the capped one. */
export const capSlope = (capped: number, cap: number | undefined): number =>
  cap === undefined ? 1 : 1 - (capped / cap) ** 2;

interface Shape {
  rows: number;
  vocab: number;
  width?: number;
  scale?: number;
  bias?: boolean;
  cap?: number;
  partRows?: number;
  /** Rows of logits within the limit; default: all. */
  chunkRows?: number;
  /** The last row predicts a token too. */
  next?: boolean;
}

/** One entry per row, a power of two, so that the logits are values of the head times that power, exact in f32. */
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
  cap,
  partRows = vocab,
  chunkRows = rows,
  next,
}: Shape): OpCase<CrossEntropyParams> {
  const parts = partRows < vocab ? ` parts of ${partRows}` : "";
  const chunks = chunkRows < rows ? ` ${chunkRows} rows at once` : "";
  return {
    name: `T${rows} V${vocab} C${width} scale ${scale}${bias ? " bias" : ""}${parts}${chunks}${cap === undefined ? "" : ` cap ${cap}`}${next ? " and the next" : ""}`,
    params: { partRows, logitsBytes: 4 * vocab * chunkRows, cap },
    inputs: () => [
      scale > 1 ? scaledRows(rows, width, scale) : randomRef(1, [rows, width]),
      randomRef(2, [vocab, width], Math.min(1, scale)),
      randomInts(3, [next ? rows + 1 : rows], vocab),
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
  // row counts around the edges of a chunk; chunks of rows of width 4 start at multiples of 16 rows
  shapeCase({ rows: 31, vocab: 64, chunkRows: 16 }),
  shapeCase({ rows: 32, vocab: 64, chunkRows: 16 }),
  shapeCase({ rows: 33, vocab: 64, chunkRows: 16 }),
  shapeCase({ rows: 33, vocab: 63, width: 6, chunkRows: 32, bias: true }),
  shapeCase({ rows: 5, vocab: 64, width: 64, chunkRows: 1 }),
  shapeCase({ rows: 70, vocab: 12, width: 5, chunkRows: 1 }),
  // a head in parts: the last one full, of one row, of some rows; with chunks; with logits whose exponentials overflow
  shapeCase({ rows: 5, vocab: 128, partRows: 64 }),
  shapeCase({ rows: 6, vocab: 129, partRows: 64, bias: true }),
  shapeCase({ rows: 35, vocab: 200, partRows: 64, chunkRows: 16, bias: true }),
  shapeCase({ rows: 4, vocab: 512, scale: 8192, partRows: 128 }),
  shapeCase({ rows: 6, vocab: 64, width: 12, cap: 2 }),
  shapeCase({ rows: 35, vocab: 199, partRows: 64, chunkRows: 16, bias: true, cap: 0.5 }),
  shapeCase({ rows: 1, vocab: 64, next: true }),
  shapeCase({ rows: 6, vocab: 63, width: 12, next: true }),
  shapeCase({ rows: 33, vocab: 199, partRows: 64, chunkRows: 16, bias: true, cap: 0.5, next: true }),
];

function logitsOf(inputs: readonly RefTensor[], { cap }: CrossEntropyParams): RefTensor {
  const [x, weight, , bias] = inputs;
  if (!x || !weight) throw new RangeError("cross-entropy takes x, weight, ids and perhaps a bias");
  const [logits] = linearRef.forward(bias ? [x, weight, bias] : [x, weight], null);
  if (!logits) throw new RangeError("no logits");
  return cappedLogits(logits, cap);
}

/** ln of the sum of exp of each row. */
export function logSumExp(logits: RefTensor): number[] {
  const [rows = 0, cols = 0] = logits.shape;
  return Array.from({ length: rows }, (_, row) => {
    const values = logits.data.subarray(row * cols, (row + 1) * cols);
    const top = values.reduce((most, value) => Math.max(most, value), -Infinity);
    return top + Math.log(values.reduce((sum, value) => sum + Math.exp(value - top), 0));
  });
}

/** -ln p(ids[t + 1]) of each row with a next id. */
function tokenLosses(inputs: readonly RefTensor[], params: CrossEntropyParams): Float64Array {
  const logits = logitsOf(inputs, params);
  const ids = inputs[2];
  if (!ids) throw new RangeError("cross-entropy takes ids");
  const cols = logits.shape[1] ?? 0;
  const losses = logSumExp(logits).slice(0, ids.data.length - 1);
  return Float64Array.from(losses, (lse, t) => lse - logits.data[t * cols + ids.data[t + 1]!]!);
}

export const crossEntropyRef: OpRef<CrossEntropyParams> = {
  name: "crossEntropy",
  cases: CASES,
  forward(inputs, params) {
    const losses = tokenLosses(inputs, params);
    return [refTensor([1], Float64Array.of(losses.reduce((sum, loss) => sum + loss, 0) / losses.length))];
  },
  backward(inputs, params, [dloss]) {
    const [x, weight, ids] = inputs;
    if (!x || !weight || !ids || !dloss) throw new RangeError("cross-entropy takes x, weight and ids");
    const logits = logitsOf(inputs, params);
    const cols = logits.shape[1] ?? 0;
    const scored = ids.data.length - 1;
    const scale = dloss.data[0]! / scored;
    const dlogits = zerosLike(logits);
    logSumExp(logits)
      .slice(0, scored)
      .forEach((lse, t) => {
        for (let c = 0; c < cols; c++) {
          const onehot = c === ids.data[t + 1]! ? 1 : 0;
          const logit = logits.data[t * cols + c]!;
          dlogits.data[t * cols + c] = scale * (Math.exp(logit - lse) - onehot) * capSlope(logit, params.cap);
        }
      });
    const [dx = null] = linearRef.backward?.([x, weight], null, [dlogits]) ?? [];
    return [dx, null, null, ...(inputs.length > 3 ? [null] : [])];
  },
};

export const crossEntropyByTokenRef: OpRef<CrossEntropyParams> = {
  name: "crossEntropy: by token",
  cases: CASES,
  forward(inputs, params) {
    const losses = tokenLosses(inputs, params);
    return [refTensor([losses.length], losses)];
  },
};

/** The inputs' logits, and for each row its log-sum-exp split as the kernel splits it. */
export const crossEntropyTermsRef: OpRef<CrossEntropyParams> = {
  name: "crossEntropy: terms",
  cases: CASES,
  forward(inputs, params) {
    const logits = logitsOf(inputs, params);
    const [rows = 0, cols = 0] = logits.shape;
    const targets = inputs[2];
    if (!targets) throw new RangeError("cross-entropy takes ids");
    const terms = refTensor([rows, 4]);
    logSumExp(logits).forEach((lse, t) => {
      const values = logits.data.subarray(t * cols, (t + 1) * cols);
      const top = values.reduce((most, value) => Math.max(most, value), -Infinity);
      // a row without a next id predicts nothing, and the kernel gives it its own token
      const target = values[targets.data[Math.min(t + 1, targets.data.length - 1)]!]!;
      terms.data.set([top, lse - top, target, 0], t * 4);
    });
    return [terms];
  },
};
