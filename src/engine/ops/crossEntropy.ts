// Next-token cross-entropy of hidden states against a frozen head: the logits exist a few rows at a time, never as (T, V).
import wgsl from "../../../shaders/cross_entropy.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import { invariant } from "../errors.ts";
import { logitRows } from "../logitsSize.ts";
import { checkShape, elements, matrixOf, type Tensor, view } from "../tensor.ts";
import { scaleInto } from "./arithmetic.ts";
import { linearForward } from "./linear.ts";
import { linearPartsBackward } from "./linearParts.ts";
import { heightOf, placed, type PlacedPart, type RowParts } from "./kit/rowParts.ts";
import { rowKernel } from "./kit/variants.ts";

const TOKEN_LOSSES = rowKernel("cross-entropy", wgsl, "token_losses");
const GRADIENTS = rowKernel("cross-entropy backward", wgsl, "gradients");
const MEAN = rowKernel("cross-entropy mean", wgsl, "mean");

/** What makes logits of hidden states: y = x weight^T + bias. weight: (V, d) in parts, bias: (V); both frozen. */
export interface Head {
  weight: RowParts;
  bias?: Tensor;
}

/**
 * Mean over t < T - 1 of -ln p(ids[t + 1]) from row t of x, in nats, shape (1). x: (T, d); ids: u32 (T), below V.
 * At most `logitsBytes` of logits are held at once (see logitRows). Since the head is frozen, each chunk's gradient is made where its
 * logits are, with the forward; backward only multiplies it by d loss, on the GPU.
 */
export function crossEntropy(ctx: Ctx, x: Tensor, head: Head, ids: Tensor, logitsBytes = ctx.logitsBytes): Tensor {
  const loss = ctx.empty([1], "loss", { requiresGrad: ctx.needsGrad(x) });
  const dx = loss.requiresGrad ? ctx.empty(x.shape, "d head input") : undefined;
  const nll = crossEntropyByToken(ctx, x, head, ids, logitsBytes, dx);
  const mean = MEAN(ctx, 1, 1);
  ctx.run(mean.spec, [nll, loss], { rows: elements(ids) }, [1]);
  return ctx.record(loss, [x], (dloss) => {
    invariant(dx, "bug", "the loss kept no gradient");
    scaleInto(ctx, dx, dloss);
    return [dx];
  });
}

/** -ln p(ids[t + 1]) from row t of x, in nats, for every t < T - 1: (T - 1). As `crossEntropy`; into dx goes the gradient of their mean. */
export function crossEntropyByToken(
  ctx: Ctx,
  x: Tensor,
  head: Head,
  ids: Tensor,
  logitsBytes = ctx.logitsBytes,
  dx?: Tensor,
): Tensor {
  const { rows, cols: width } = matrixOf(x);
  invariant(rows >= 2, "shape", `a next-token loss needs at least 2 tokens, ${rows} came`);
  checkShape(ids, [rows], "token ids of a loss");
  const rowsOf = { ids, sums: ctx.empty([rows, 4], "log-sum-exp"), nll: ctx.empty([rows - 1], "nll") };
  const most = rowsAtOnce(ctx, rows, width, head.weight, logitsBytes);
  const room = placed(head.weight).map((part) => ({ ...part, logits: ctx.empty([most, part.rows], "logits") }));
  for (let first = 0; first < rows; first += most) {
    const count = Math.min(most, rows - first);
    const chunk = (of: Tensor): Tensor => view(of, first * width, [count, width]);
    const pieces = room.map((piece) => ({ ...piece, logits: view(piece.logits, 0, [count, piece.rows]) }));
    chunkLosses(ctx, chunk(x), head, pieces, rowsOf, first);
    if (dx) chunkGradient(ctx, chunk(dx), pieces, rowsOf, first);
    // See decoderHidden: outside of training a submit must not get too long.
    else if (first + most < rows) ctx.submit();
  }
  return rowsOf.nll;
}

/** Rows whose logits fit into `bytes`, and those of each part into one buffer. */
function rowsAtOnce(ctx: Ctx, tokens: number, width: number, weight: RowParts, bytes: number): number {
  const vocab = heightOf(weight);
  const widest = Math.max(...placed(weight).map(({ rows }) => rows));
  return logitRows({ tokens, vocab, width }, Math.min(bytes, (ctx.buffers.limitBytes * vocab) / widest));
}

/** A part of the head, and the logits of one chunk that it makes. */
interface Piece extends PlacedPart {
  logits: Tensor;
}

/** What is known of all T rows: see cross_entropy.wgsl. */
interface Rows {
  ids: Tensor;
  sums: Tensor;
  nll: Tensor;
}

/** The logits of the rows `x` from row `first` on, and from them their sums and losses. */
function chunkLosses(
  ctx: Ctx,
  x: Tensor,
  { bias }: Head,
  pieces: readonly Piece[],
  { ids, sums, nll }: Rows,
  first: number,
): void {
  for (const { part, first: column, rows: width, logits } of pieces) {
    linearForward(ctx, x, part, bias && view(bias, column, [width]), logits);
    const { rows: count, cols } = matrixOf(logits);
    const { spec, groups, cols: values } = TOKEN_LOSSES(ctx, count, cols);
    ctx.run(spec, [ids, logits, sums, nll], { rows: elements(ids), cols: values, first, count, column }, groups);
  }
}

/** Turns the logits of a chunk into their gradients, in place, and those into dx. */
function chunkGradient(ctx: Ctx, dx: Tensor, pieces: readonly Piece[], { ids, sums }: Rows, first: number): void {
  for (const { first: column, logits } of pieces) {
    const { rows: count, cols } = matrixOf(logits);
    const { spec, groups, cols: values } = GRADIENTS(ctx, count, cols);
    ctx.run(spec, [ids, sums, logits], { rows: elements(ids), cols: values, first, count, column }, groups);
  }
  const dPieces = pieces.map(({ part, logits }) => ({ part, dy: logits }));
  linearPartsBackward(ctx, dPieces, dx);
}
