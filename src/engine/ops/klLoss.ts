// Forward KL divergence from a teacher's distributions to a student's, from their head inputs. Logits exist a few rows at a time, never as (T, V).
import wgsl from "../../../shaders/kl_loss.wgsl?raw";
import logits from "../../../shaders/lib/logits.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import { invariant } from "../errors.ts";
import { checkShape, matrixOf, type Tensor } from "../tensor.ts";
import { scaleInPlace } from "./arithmetic.ts";
import { linearPartsBackward, linearPartsForward } from "./linearParts.ts";
import { meanInto } from "./mean.ts";
import {
  chunkIn,
  gradientPieces,
  type Head,
  type HeadOf,
  logitsRoom,
  rowsIn,
  rowsPerChunk,
  runOnPieces,
} from "./kit/headLogits.ts";
import { heightOf } from "./kit/rowParts.ts";
import { rowKernel } from "./kit/variants.ts";

const LOG_SUMS = rowKernel("klLoss", "log_sums", [logits, wgsl]);
const DIVERGENCES = rowKernel("klLoss", "divergences", [logits, wgsl]);

export interface KlLossOptions {
  /** The student's. Its parts have the heights of the teacher's. */
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
  const models: [HeadOf, HeadOf] = [{ x, head }, teacher];
  const sumsOf = (): Tensor => ctx.empty([rows, 2], "log-sum-exp");
  const [studentSums, teacherSums] = [sumsOf(), sumsOf()];
  const kl = ctx.empty([rows], "KL by token");
  const most = rowsPerChunk(ctx, models, logitsBytes);
  const [studentRoom, teacherRoom] = [logitsRoom(ctx, head, most), logitsRoom(ctx, teacher.head, most)];
  for (let first = 0; first < rows; first += most) {
    const range = { first, count: Math.min(most, rows - first) };
    const student = chunkIn(studentRoom, rows, range);
    const taught = chunkIn(teacherRoom, rows, range);
    linearPartsForward(ctx, rowsIn(x, range), student.pieces, head.bias);
    linearPartsForward(ctx, rowsIn(teacher.x, range), taught.pieces, teacher.head.bias);
    runOnPieces(ctx, LOG_SUMS, student, (piece) => [piece, studentSums]);
    runOnPieces(ctx, LOG_SUMS, taught, (piece) => [piece, teacherSums]);
    // the student's logits become their gradients, in place
    runOnPieces(ctx, DIVERGENCES, student, (piece, i) => {
      const other = taught.pieces[i];
      invariant(
        other && other.rows === student.pieces[i]?.rows,
        "bug",
        "klLoss: expected heads with parts of equal heights",
      );
      return [other.y, teacherSums, studentSums, piece, kl];
    });
    if (dx) linearPartsBackward(ctx, gradientPieces(student), rowsIn(dx, range));
  }
  meanInto(ctx, kl, loss);
  return ctx.record(loss, [x], (dloss) => {
    invariant(dx, "bug", "klLoss: expected a gradient from forward, got none");
    scaleInPlace(ctx, dx, dloss);
    return [dx];
  });
}
