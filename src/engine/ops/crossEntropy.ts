// Next-token cross-entropy of hidden states with a frozen head. The logits exist a few rows at a time, never as (T, V).
import wgsl from "../../../shaders/cross_entropy.wgsl?raw";
import logits from "../../../shaders/lib/logits.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import { invariant } from "../errors.ts";
import { checkShape, elements, matrixOf, type Tensor } from "../tensor.ts";
import { capInPlace, scaleInPlace } from "./arithmetic.ts";
import { linearPartsBackward, linearPartsForward } from "./linearParts.ts";
import { meanInto } from "./mean.ts";
import {
  chunkIn,
  gradientPieces,
  type Head,
  type LogitChunk,
  logitsRoom,
  rowsIn,
  rowsPerChunk,
  runOnPieces,
} from "./kit/headLogits.ts";
import { rowKernel } from "./kit/variants.ts";

const TOKEN_LOSSES = rowKernel("crossEntropy", "token_losses", [logits, wgsl]);
const GRADIENTS = rowKernel("crossEntropy", "gradients", [logits, wgsl]);

export interface CrossEntropyOptions {
  head: Head;
  /** u32, below V: (T), or (T + 1) where the last row predicts a token too, which is none of the input. */
  ids: Tensor;
  /** Most bytes of logits in memory at a time (see logitRows). Default: ctx.logitsBytes. */
  logitsBytes?: number;
}

/**
 * Mean over all t of -ln p(ids[t + 1]) from row t of x, in nats: (1). x: (T, d), at least 2 ids. Since the head is frozen, the gradient of each
 * chunk of rows is made during forward, while its logits exist; backward only multiplies it by d loss, on the GPU.
 */
export function crossEntropy(ctx: Ctx, x: Tensor, options: CrossEntropyOptions): Tensor {
  const loss = ctx.empty([1], "loss", { requiresGrad: ctx.needsGrad(x) });
  const dx = loss.requiresGrad ? ctx.empty(x.shape, "d head input") : undefined;
  const { nll } = scoreRows(ctx, x, options, dx);
  meanInto(ctx, nll, loss);
  return ctx.record(loss, [x], (dloss) => {
    invariant(dx, "bug", "crossEntropy: expected a gradient from forward, got none");
    scaleInPlace(ctx, dx, dloss);
    return [dx];
  });
}

/** -ln p(ids[t + 1]) from row t of x, in nats: one less than there are ids. Otherwise as crossEntropy; without a gradient. */
export const crossEntropyByToken = (ctx: Ctx, x: Tensor, options: CrossEntropyOptions): Tensor =>
  scoreRows(ctx, x, options).nll;

/**
 * Each row's largest logit, ln of the sum of exp(logit - largest), logit of ids[t + 1], and 0: (T, 4). The third value of a row without a next
 * id means nothing. ln p(ids[t + 1]) is the third minus the first two, and the token is the likeliest where the third equals the first. No gradient.
 */
export const crossEntropyTerms = (ctx: Ctx, x: Tensor, options: CrossEntropyOptions): Tensor =>
  scoreRows(ctx, x, options).sums;

/** Log-sum-exps (T, 4) of all rows and the losses of those with a next id, chunk by chunk; see cross_entropy.wgsl. dx: gets the gradient of the mean loss. */
function scoreRows(ctx: Ctx, x: Tensor, options: CrossEntropyOptions, dx?: Tensor): { sums: Tensor; nll: Tensor } {
  const { head, ids, logitsBytes = ctx.logitsBytes } = options;
  const { rows } = matrixOf(x);
  const count = elements(ids);
  invariant(count >= 2, "shape", `next-token loss: expected at least 2 tokens, got ${count}`);
  checkShape(ids, [count > rows ? rows + 1 : rows], "token ids of a loss");
  const sums = ctx.empty([rows, 4], "log-sum-exp");
  const nll = ctx.empty([count - 1], "nll");
  const most = rowsPerChunk(ctx, [{ x, head }], logitsBytes);
  const room = logitsRoom(ctx, head, most);
  for (let first = 0; first < rows; first += most) {
    const range = { first, count: Math.min(most, rows - first) };
    const chunk = chunkIn(room, count, range, head);
    makeLogits(ctx, x, head, chunk);
    runOnPieces(ctx, TOKEN_LOSSES, chunk, (piece) => [piece, ids, sums, nll]);
    if (dx) {
      // the logits become their gradients, in place
      runOnPieces(ctx, GRADIENTS, chunk, (piece) => [sums, ids, piece]);
      linearPartsBackward(ctx, gradientPieces(chunk), rowsIn(dx, range));
    }
    // Without a tape, a forward is submitted in pieces (see decoderHidden).
    else if (first + most < rows) ctx.submit();
  }
  return { sums, nll };
}

/** Makes the logits of a chunk from x: (T, d). */
export function makeLogits(ctx: Ctx, x: Tensor, head: Head, { range, pieces, cap }: LogitChunk): void {
  linearPartsForward(ctx, rowsIn(x, range), pieces, head.bias);
  if (cap !== undefined) for (const { y } of pieces) capInPlace(ctx, y, cap);
}
