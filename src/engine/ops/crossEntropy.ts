// Next-token cross-entropy of hidden states with a frozen head. The logits exist a few rows at a time, never as (T, V).
import wgsl from "../../../shaders/cross_entropy.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import { invariant } from "../errors.ts";
import { logitRows } from "../logitsSize.ts";
import { checkShape, elements, matrixOf, type Tensor, view } from "../tensor.ts";
import { scaleInPlace } from "./arithmetic.ts";
import { linearForward } from "./linear.ts";
import { linearPartsBackward } from "./linearParts.ts";
import { heightOf, placed, type PlacedPart, type RowParts } from "./kit/rowParts.ts";
import { rowKernel } from "./kit/variants.ts";

const TOKEN_LOSSES = rowKernel("crossEntropy", "token_losses", [wgsl]);
const TOP_TOKENS = rowKernel("crossEntropy", "top_tokens", [wgsl]);
const GRADIENTS = rowKernel("crossEntropy", "gradients", [wgsl]);
const MEAN = rowKernel("crossEntropy", "mean", [wgsl]);

/** Makes the logits of hidden states: y = x weight^T + bias. weight: (V, d) in parts, bias: (V); both frozen. */
interface Head {
  weight: RowParts;
  bias?: Tensor;
}

export interface CrossEntropyOptions {
  head: Head;
  /** u32 (T), below V. */
  ids: Tensor;
  /** Most bytes of logits in memory at a time (see logitRows). Default: ctx.logitsBytes. */
  logitsBytes?: number;
}

/**
 * Mean over t < T - 1 of -ln p(ids[t + 1]) from row t of x, in nats: (1). x: (T, d), T at least 2. Since the head is frozen, the gradient of
 * each chunk of rows is made during forward, while its logits exist; backward only multiplies it by d loss, on the GPU.
 */
export function crossEntropy(ctx: Ctx, x: Tensor, options: CrossEntropyOptions): Tensor {
  const loss = ctx.empty([1], "loss", { requiresGrad: ctx.needsGrad(x) });
  const dx = loss.requiresGrad ? ctx.empty(x.shape, "d head input") : undefined;
  const { nll } = scoreRows(ctx, x, options, { dx });
  const mean = MEAN(ctx, 1, 1);
  ctx.run(mean.spec, [nll, loss], { rows: elements(options.ids) }, [1]);
  return ctx.record(loss, [x], (dloss) => {
    invariant(dx, "bug", "crossEntropy: expected a gradient from forward, got none");
    scaleInPlace(ctx, dx, dloss);
    return [dx];
  });
}

/** -ln p(ids[t + 1]) from row t of x, in nats, for every t < T - 1: (T - 1). Otherwise as crossEntropy; without a gradient. */
export const crossEntropyByToken = (ctx: Ctx, x: Tensor, options: CrossEntropyOptions): Tensor =>
  scoreRows(ctx, x, options).nll;

/**
 * Each row's largest logit, ln of the sum of exp(logit - largest), logit of ids[t + 1], and 0: (T, 4). The last row's third value means
 * nothing. ln p(ids[t + 1]) is the third minus the first two, and the token is the likeliest where the third equals the first. No gradient.
 */
export const crossEntropyTerms = (ctx: Ctx, x: Tensor, options: CrossEntropyOptions): Tensor =>
  scoreRows(ctx, x, options).sums;

/** Each row's largest logit and its token, the smallest of equals: (T, 2). Otherwise as crossEntropy; without a gradient. */
export function topTokens(ctx: Ctx, x: Tensor, options: CrossEntropyOptions): Tensor {
  const tops = ctx.empty([matrixOf(x).rows, 2], "top tokens");
  scoreRows(ctx, x, options, { tops });
  return tops;
}

/** What to write besides each row's sums and loss: the gradient of the mean loss, or the likeliest tokens. */
interface ScoreTargets {
  dx?: Tensor | undefined;
  tops?: Tensor;
}

/** Losses and log-sum-exps of all rows, chunk by chunk. */
function scoreRows(ctx: Ctx, x: Tensor, options: CrossEntropyOptions, { dx, tops }: ScoreTargets = {}): Rows {
  const { head, ids, logitsBytes = ctx.logitsBytes } = options;
  const { rows, cols: width } = matrixOf(x);
  invariant(rows >= 2, "shape", `next-token loss: expected at least 2 tokens, got ${rows}`);
  checkShape(ids, [rows], "token ids of a loss");
  const rowsOf = { ids, sums: ctx.empty([rows, 4], "log-sum-exp"), nll: ctx.empty([rows - 1], "nll") };
  const most = rowsAtOnce(ctx, x, head.weight, logitsBytes);
  const room = placed(head.weight).map((part) => ({ ...part, logits: ctx.empty([most, part.rows], "logits") }));
  for (let first = 0; first < rows; first += most) {
    const count = Math.min(most, rows - first);
    const rowsFrom = (of: Tensor): Tensor => view(of, first * width, [count, width]);
    const pieces = room.map((piece) => ({ ...piece, logits: view(piece.logits, 0, [count, piece.rows]) }));
    const chunk = { first, x: rowsFrom(x), pieces };
    chunkLosses(ctx, chunk, head, rowsOf);
    if (tops) chunkTops(ctx, chunk, tops);
    if (dx) chunkGradient(ctx, chunk, rowsOf, rowsFrom(dx));
    // Without a tape, a forward is submitted in pieces (see decoderHidden).
    else if (first + most < rows) ctx.submit();
  }
  return rowsOf;
}

/** Rows per chunk: their logits fit into `bytes`, and those of each part into one buffer. */
function rowsAtOnce(ctx: Ctx, x: Tensor, weight: RowParts, bytes: number): number {
  const { rows: tokens, cols: width } = matrixOf(x);
  const vocab = heightOf(weight);
  const widest = Math.max(...placed(weight).map(({ rows }) => rows));
  return logitRows({ tokens, vocab, width }, Math.min(bytes, (ctx.buffers.limitBytes * vocab) / widest));
}

/** A part of the head, and the logits of a chunk that it makes. */
interface Piece extends PlacedPart {
  logits: Tensor;
}

/** Some adjacent rows of x, starting with row `first`, and their logits. */
interface Chunk {
  first: number;
  x: Tensor;
  pieces: readonly Piece[];
}

/** Values of all T rows; see cross_entropy.wgsl. */
interface Rows {
  ids: Tensor;
  sums: Tensor;
  nll: Tensor;
}

/** Computes the logits of a chunk, and from them its sums and losses. */
function chunkLosses(ctx: Ctx, { first, x, pieces }: Chunk, { bias }: Head, { ids, sums, nll }: Rows): void {
  for (const { part, first: column, rows: width, logits } of pieces) {
    linearForward(ctx, { x, weight: part, bias: bias && view(bias, column, [width]), y: logits });
    const { rows: count, cols } = matrixOf(logits);
    const { spec, groups, cols: values } = TOKEN_LOSSES(ctx, count, cols);
    ctx.run(spec, [ids, logits, sums, nll], { rows: elements(ids), cols: values, first, count, column }, groups);
  }
}

/** Writes the likeliest token of each row of a chunk. */
function chunkTops(ctx: Ctx, { first, pieces }: Chunk, tops: Tensor): void {
  for (const { first: column, logits } of pieces) {
    const { rows: count, cols } = matrixOf(logits);
    const { spec, groups, cols: values } = TOP_TOKENS(ctx, count, cols);
    ctx.run(spec, [logits, tops], { rows: matrixOf(tops).rows, cols: values, first, count, column }, groups);
  }
}

/** Turns the logits of a chunk into their gradients, in place, and writes the gradient of its rows to dx. */
function chunkGradient(ctx: Ctx, { first, pieces }: Chunk, { ids, sums }: Rows, dx: Tensor): void {
  for (const { first: column, logits } of pieces) {
    const { rows: count, cols } = matrixOf(logits);
    const { spec, groups, cols: values } = GRADIENTS(ctx, count, cols);
    ctx.run(spec, [ids, sums, logits], { rows: elements(ids), cols: values, first, count, column }, groups);
  }
  const dPieces = pieces.map(({ part, logits }) => ({ part, dy: logits }));
  linearPartsBackward(ctx, dPieces, dx);
}
