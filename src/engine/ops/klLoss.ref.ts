// Reference of the forward KL divergence from a teacher to a student, with the gradient of the student's head input.
import { cappedLogits, capSlope, logSumExp } from "./crossEntropy.ref.ts";
import { linearRef } from "./linear.ref.ts";
import { type OpCase, type OpRef, randomRef, refTensor, type RefTensor, zerosLike } from "./kit/ref.ts";

export interface KlLossParams {
  /** Rows of the heads per part. */
  partRows: number;
  logitsBytes: number;
  /** Softcap of the logits of both models. */
  cap?: number | undefined;
}

interface Shape {
  rows: number;
  vocab: number;
  /** Of the student's and of the teacher's head input. */
  width?: number;
  teacherWidth?: number;
  scale?: number;
  bias?: boolean;
  cap?: number;
  partRows?: number;
  /** Rows of logits of both models within the limit; default: all. */
  chunkRows?: number;
}

function shapeCase(shape: Shape): OpCase<KlLossParams> {
  const { rows, vocab, width = 4, scale = 1, bias = false, cap } = shape;
  const { teacherWidth = width, partRows = vocab, chunkRows = rows } = shape;
  const parts = partRows < vocab ? ` parts of ${partRows}` : "";
  const chunks = chunkRows < rows ? ` ${chunkRows} rows at once` : "";
  return {
    name: `T${rows} V${vocab} C${width}, ${teacherWidth} scale ${scale}${bias ? " bias" : ""}${parts}${chunks}${cap === undefined ? "" : ` cap ${cap}`}`,
    params: { partRows, logitsBytes: 2 * 4 * vocab * chunkRows, cap },
    inputs: () => [
      randomRef(1, [rows, width], scale),
      randomRef(2, [vocab, width]),
      randomRef(3, [rows, teacherWidth], scale),
      randomRef(4, [vocab, teacherWidth]),
      ...(bias ? [randomRef(5, [vocab])] : []),
    ],
  };
}

/** Logits (T, V) of the student and of the teacher. */
function logitsOf(
  [x, weight, teacherX, teacherWeight, bias]: readonly RefTensor[],
  { cap }: KlLossParams,
): [RefTensor, RefTensor] {
  if (!x || !weight || !teacherX || !teacherWeight) throw new RangeError("KL takes x and weight of two models");
  const more = bias ? [bias] : [];
  const [student] = linearRef.forward([x, weight, ...more], null);
  const [teacher] = linearRef.forward([teacherX, teacherWeight, ...more], null);
  if (!student || !teacher) throw new RangeError("no logits");
  return [cappedLogits(student, cap), cappedLogits(teacher, cap)];
}

/** ln of the softmax of each row. */
function logSoftmax(logits: RefTensor): Float64Array {
  const cols = logits.shape[1] ?? 1;
  const sums = logSumExp(logits);
  return logits.data.map((value, i) => value - (sums[Math.floor(i / cols)] ?? NaN));
}

const CASES = [
  shapeCase({ rows: 1, vocab: 1 }),
  shapeCase({ rows: 2, vocab: 3, width: 3 }),
  shapeCase({ rows: 5, vocab: 63 }),
  shapeCase({ rows: 6, vocab: 64, width: 12, teacherWidth: 20 }),
  shapeCase({ rows: 66, vocab: 512, width: 8, bias: true }),
  shapeCase({ rows: 4, vocab: 2047 }),
  shapeCase({ rows: 9, vocab: 2048 }),
  shapeCase({ rows: 3, vocab: 49152 }),
  shapeCase({ rows: 4, vocab: 512, scale: 32 }),
  shapeCase({ rows: 4, vocab: 64, scale: 0 }),
  // row counts around the edges of a chunk, whose rows start where both widths allow: 4 at 16 rows, 6 at 32, 32 at 2
  shapeCase({ rows: 31, vocab: 64, chunkRows: 16 }),
  shapeCase({ rows: 32, vocab: 64, chunkRows: 16 }),
  shapeCase({ rows: 33, vocab: 64, chunkRows: 16 }),
  shapeCase({ rows: 33, vocab: 63, width: 32, teacherWidth: 6, chunkRows: 16, bias: true }),
  shapeCase({ rows: 5, vocab: 64, width: 64, chunkRows: 1 }),
  shapeCase({ rows: 70, vocab: 12, width: 5, chunkRows: 1 }),
  // heads in parts: the last one full, of one row, of some rows; with chunks
  shapeCase({ rows: 5, vocab: 128, partRows: 64 }),
  shapeCase({ rows: 6, vocab: 129, partRows: 64, bias: true }),
  shapeCase({ rows: 35, vocab: 200, partRows: 64, chunkRows: 16, bias: true }),
  shapeCase({ rows: 5, vocab: 64, cap: 2 }),
  shapeCase({ rows: 35, vocab: 199, partRows: 64, chunkRows: 16, scale: 8, cap: 3 }),
];

export const klLossRef: OpRef<KlLossParams> = {
  name: "klLoss",
  cases: CASES,
  forward(inputs, params) {
    const [student, teacher] = logitsOf(inputs, params);
    const [lnQ, lnP] = [logSoftmax(student), logSoftmax(teacher)];
    const sum = lnP.reduce((total, ln, i) => total + Math.exp(ln) * (ln - lnQ[i]!), 0);
    return [refTensor([1], Float64Array.of(sum / (student.shape[0] ?? 1)))];
  },
  backward(inputs, params, [dloss]) {
    const [x, weight] = inputs;
    if (!x || !weight || !dloss) throw new RangeError("KL takes x and weight of two models");
    const [student, teacher] = logitsOf(inputs, params);
    const [lnQ, lnP] = [logSoftmax(student), logSoftmax(teacher)];
    const scale = dloss.data[0]! / (student.shape[0] ?? 1);
    const dlogits = zerosLike(student);
    lnQ.forEach(
      (ln, i) =>
        (dlogits.data[i] = scale * (Math.exp(ln) - Math.exp(lnP[i]!)) * capSlope(student.data[i]!, params.cap)),
    );
    const [dx = null] = linearRef.backward?.([x, weight], null, [dlogits]) ?? [];
    return [dx, ...inputs.slice(1).map(() => null)];
  },
};

/** KL of each row, and the largest logit and its token of each row of both models. */
export const compareTokensRef: OpRef<KlLossParams> = {
  name: "klLoss: by token, with the likeliest",
  cases: CASES,
  forward(inputs, params) {
    const [student, teacher] = logitsOf(inputs, params);
    const [lnQ, lnP] = [logSoftmax(student), logSoftmax(teacher)];
    const [rows = 0, cols = 0] = student.shape;
    const kl = refTensor([rows]);
    lnP.forEach((ln, i) => (kl.data[Math.floor(i / cols)]! += Math.exp(ln) * (ln - lnQ[i]!)));
    return [kl, topsOf(student), topsOf(teacher)];
  },
};

function topsOf({ data, shape: [rows = 0, cols = 0] }: RefTensor): RefTensor {
  const tops = refTensor([rows, 2]);
  for (let t = 0; t < rows; t++) {
    const values = data.subarray(t * cols, (t + 1) * cols);
    const top = values.reduce((most, value) => Math.max(most, value), -Infinity);
    tops.data.set([top, values.indexOf(top)], t * 2);
  }
  return tops;
}
