// Forward KL divergence from a teacher's distributions to a student's, from their head inputs. Logits exist a few rows at a time, never as (T, V).
import wgsl from "../../../shaders/kl_loss.wgsl?raw";
import logits from "../../../shaders/lib/logits.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import { invariant } from "../errors.ts";
import { checkShape, matrixOf, type Tensor } from "../tensor.ts";
import { scaleInPlace } from "./arithmetic.ts";
import { makeLogits } from "./crossEntropy.ts";
import { linearPartsBackward } from "./linearParts.ts";
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
const TOP_TOKENS = rowKernel("klLoss", "top_tokens", [logits, wgsl]);
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
export function klLoss(ctx: Ctx, x: Tensor, options: KlLossOptions): Tensor {
  const loss = ctx.empty([1], "KL", { requiresGrad: ctx.needsGrad(x) });
  const dx = loss.requiresGrad ? ctx.empty(x.shape, "d head input") : undefined;
  meanInto(ctx, divergences(ctx, x, options, { dx }), loss);
  return ctx.record(loss, [x], (dloss) => {
    invariant(dx, "bug", "klLoss: expected a gradient from forward, got none");
    scaleInPlace(ctx, dx, dloss);
    return [dx];
  });
}

interface ComparedTokens {
  /** KL of each token in nats: (T). */
  kl: Tensor;
  /** Each row's largest logit and its token: (T, 2), of the student and of the teacher. Of equal logits the smallest token counts. */
  studentTop: Tensor;
  teacherTop: Tensor;
}

/** KL of each row of x, as in klLoss, and the likeliest token of both models from the same logits. Without a gradient. */
export function compareTokens(ctx: Ctx, x: Tensor, options: KlLossOptions): ComparedTokens {
  const { rows } = matrixOf(x);
  const [studentTop, teacherTop] = [ctx.empty([rows, 2], "top tokens"), ctx.empty([rows, 2], "top tokens")];
  const kl = divergences(ctx, x, options, { tops: [studentTop, teacherTop] });
  return { kl, studentTop, teacherTop };
}

/** The gradient of the mean KL, or the likeliest tokens of student and teacher, made while the logits of a chunk exist. */
interface DivergenceTargets {
  dx?: Tensor | undefined;
  tops?: readonly [Tensor, Tensor];
}

/** KL of all rows, chunk by chunk: (T). See kl_loss.wgsl. */
function divergences(
  ctx: Ctx,
  x: Tensor,
  { head, teacher, logitsBytes = ctx.logitsBytes }: KlLossOptions,
  { dx, tops }: DivergenceTargets,
): Tensor {
  const { rows } = matrixOf(x);
  invariant(
    heightOf(head.weight) === heightOf(teacher.head.weight),
    "shape",
    () => `KL: expected models of one vocabulary, got ${heightOf(head.weight)} and ${heightOf(teacher.head.weight)}`,
  );
  checkShape(teacher.x, [rows, matrixOf(teacher.x).cols], "the teacher's head input");
  const models: [HeadOf, HeadOf] = [{ x, head }, teacher];
  const sumsOf = (): Tensor => ctx.empty([rows, 2], "log-sum-exp");
  const sums = [sumsOf(), sumsOf()] as const;
  const kl = ctx.empty([rows], "KL by token");
  const most = rowsPerChunk(ctx, models, logitsBytes);
  const rooms = models.map((model) => logitsRoom(ctx, model.head, most));
  for (let first = 0; first < rows; first += most) {
    const range = { first, count: Math.min(most, rows - first) };
    const [student, taught] = models.map((model, i) => {
      const chunk = chunkIn(rooms[i] ?? [], rows, range, model.head);
      makeLogits(ctx, model.x, model.head, chunk);
      for (const [kernel, into] of [
        [LOG_SUMS, sums[i]],
        [TOP_TOKENS, tops?.[i]],
      ] as const)
        if (into) runOnPieces(ctx, kernel, chunk, (piece) => [piece, into]);
      return chunk;
    });
    invariant(student && taught, "bug", "klLoss: expected the logits of two models");
    // the student's logits become their gradients, in place
    runOnPieces(ctx, DIVERGENCES, student, (piece, i) => {
      const other = taught.pieces[i];
      invariant(
        other && other.rows === student.pieces[i]?.rows,
        "bug",
        "klLoss: expected heads with parts of equal heights",
      );
      return [other.y, sums[1], sums[0], piece, kl];
    });
    if (dx) linearPartsBackward(ctx, gradientPieces(student), rowsIn(dx, range));
    // Without a tape, a forward is submitted in pieces (see decoderHidden).
    else if (!ctx.tape && first + most < rows) ctx.submit();
  }
  return kl;
}
