// Forward KL divergence from a teacher's distributions to a student's, from their head inputs. Logits exist a few rows at a time, never as (T, V).
import wgsl from "../../../shaders/kl_loss.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import { invariant } from "../errors.ts";
import { logitRows } from "../logitsSize.ts";
import { checkShape, matrixOf, type Tensor, view } from "../tensor.ts";
import { scaleInPlace } from "./arithmetic.ts";
import { linearForward } from "./linear.ts";
import { linearPartsBackward } from "./linearParts.ts";
import { heightOf, placed, type PlacedPart, type RowParts } from "./kit/rowParts.ts";
import { rowKernel } from "./kit/variants.ts";

const LOG_SUMS = rowKernel("klLoss", "log_sums", [wgsl]);
const DIVERGENCES = rowKernel("klLoss", "divergences", [wgsl]);
const MEAN = rowKernel("klLoss", "mean", [wgsl]);

/** Makes logits: y = x weight^T + bias. weight: (V, d) in parts, bias: (V); both frozen. Both models' heads have parts of equal heights. */
interface Head {
  weight: RowParts;
  bias?: Tensor;
}

/** A model as this loss sees it: the input of its head, (T, d), and its head. */
interface HeadOf {
  x: Tensor;
  head: Head;
}

export interface KlLossOptions {
  head: Head;
  /** Without a gradient. Its width may differ from the student's, its vocabulary may not. */
  teacher: HeadOf;
  /** Most bytes of logits in memory at a time, of both models together. Default: ctx.logitsBytes. */
  logitsBytes?: number;
}

/**
 * Mean over all T tokens of KL(p || q) in nats: (1). p: the teacher's next-token distribution, q: that of the student, whose head reads
 * x: (T, d) (Hinton et al. 2015, at temperature 1). As in crossEntropy, the gradient of each chunk of rows, (q - p) / T, is made during
 * forward and overwrites the student's logits; backward multiplies it by d loss.
 */
export function klLoss(ctx: Ctx, x: Tensor, { head, teacher, logitsBytes = ctx.logitsBytes }: KlLossOptions): Tensor {
  const { rows } = matrixOf(x);
  invariant(
    heightOf(head.weight) === heightOf(teacher.head.weight),
    "shape",
    () => `KL: expected models of one vocabulary, got ${heightOf(head.weight)} and ${heightOf(teacher.head.weight)}`,
  );
  checkShape(teacher.x, [rows, matrixOf(teacher.x).cols], "the teacher's head input");
  const loss = ctx.empty([1], "KL", { requiresGrad: ctx.needsGrad(x) });
  const dx = loss.requiresGrad ? ctx.empty(x.shape, "d head input") : undefined;
  const models = [{ x, head }, teacher];
  const all = {
    rows,
    sums: models.map(() => ctx.empty([rows, 2], "log-sum-exp")),
    kl: ctx.empty([rows], "KL by token"),
  };
  const most = rowsAtOnce(ctx, models, logitsBytes);
  const rooms = models.map((model) => roomFor(ctx, model.head, most));
  for (let first = 0; first < rows; first += most) {
    const range = { first, count: Math.min(most, rows - first) };
    const pieces = models.map((model, i) => chunkLogits(ctx, model, rooms[i] ?? [], range));
    chunkDivergence(ctx, pieces, all, range);
    const dPieces = pieces[0]?.map(({ part, logits }) => ({ part, dy: logits })) ?? [];
    if (dx) linearPartsBackward(ctx, dPieces, rowsOf(dx, range));
  }
  const mean = MEAN(ctx, 1, 1);
  ctx.run(mean.spec, [all.kl, loss], { rows }, [1]);
  return ctx.record(loss, [x], (dloss) => {
    invariant(dx, "bug", "klLoss: expected a gradient from forward, got none");
    scaleInPlace(ctx, dx, dloss);
    return [dx];
  });
}

/** Rows [first, first + count) of all T. */
interface RowRange {
  first: number;
  count: number;
}

/** A part of a head, and the logits of a chunk that it makes. */
interface Piece extends PlacedPart {
  logits: Tensor;
}

const rowsOf = (of: Tensor, { first, count }: RowRange): Tensor => {
  const { cols } = matrixOf(of);
  return view(of, first * cols, [count, cols]);
};

/** Rows per chunk: the logits of both models fit into `bytes`, and those of each part into one buffer. */
function rowsAtOnce(ctx: Ctx, models: readonly HeadOf[], bytes: number): number {
  const tokens = matrixOf(models[0]?.x ?? models[1]!.x).rows;
  const parts = models.flatMap(({ head }) => placed(head.weight));
  const vocab = heightOf(models[0]?.head.weight ?? []);
  const widest = Math.max(...parts.map(({ rows }) => rows));
  // Chunks are views of both models' hidden states: the width with the smaller power of two decides where they may start.
  const width = Math.min(...models.map(({ x }) => matrixOf(x).cols & -matrixOf(x).cols));
  return logitRows(
    { tokens, vocab, width },
    Math.min(bytes / models.length, (ctx.buffers.limitBytes * vocab) / widest),
  );
}

const roomFor = (ctx: Ctx, { weight }: Head, rows: number): Piece[] =>
  placed(weight).map((part) => ({ ...part, logits: ctx.empty([rows, part.rows], "logits") }));

/** The logits of a chunk by one model, in `room`. */
function chunkLogits(ctx: Ctx, { x, head: { bias } }: HeadOf, room: readonly Piece[], range: RowRange): Piece[] {
  return room.map((piece) => {
    const { part, first, rows } = piece;
    const logits = view(piece.logits, 0, [range.count, rows]);
    linearForward(ctx, { x: rowsOf(x, range), weight: part, bias: bias && view(bias, first, [rows]), y: logits });
    return { ...piece, logits };
  });
}

/** From the logits of a chunk, student first: their divergences, and the student's gradients in place of its logits. */
function chunkDivergence(
  ctx: Ctx,
  chunk: readonly (readonly Piece[])[],
  { rows, sums, kl }: { rows: number; sums: readonly Tensor[]; kl: Tensor },
  { first, count }: RowRange,
): void {
  const [student = [], teacher = []] = chunk;
  const [studentSums, teacherSums] = sums;
  invariant(studentSums && teacherSums, "bug", "klLoss: expected the sums of two models");
  for (const [pieces, of] of [
    [student, studentSums],
    [teacher, teacherSums],
  ] as const) {
    for (const { first: column, rows: width, logits } of pieces) {
      const { spec, groups, cols } = LOG_SUMS(ctx, count, width);
      ctx.run(spec, [logits, of], { rows, cols, first, count, column }, groups);
    }
  }
  for (const [i, { first: column, rows: width, logits }] of student.entries()) {
    const other = teacher[i];
    invariant(other && other.rows === width, "bug", "klLoss: expected heads with parts of equal heights");
    const { spec, groups, cols } = DIVERGENCES(ctx, count, width);
    ctx.run(spec, [other.logits, teacherSums, studentSums, logits, kl], { rows, cols, first, count, column }, groups);
  }
}
