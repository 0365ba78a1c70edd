// The forward pass of every family: embedding, L blocks, final norm, head. The config says where families differ.
import type { Ctx } from "../ctx.ts";
import { invariant } from "../errors.ts";
import { addPositions } from "../ops/addPositions.ts";
import { capInPlace } from "../ops/arithmetic.ts";
import { crossEntropy, crossEntropyByToken, crossEntropyTerms } from "../ops/crossEntropy.ts";
import { embedding } from "../ops/embedding.ts";
import { elements, type Tensor, view } from "../tensor.ts";
import {
  apply,
  blockAt,
  type Decoder,
  type ForwardOptions,
  type TokenSpan,
  spanOf,
  streamOf,
  tensorsOf,
} from "./block.ts";
import { DENSE, type Selection } from "./selection.ts";
import { joined, normed, type Stream } from "./stream.ts";

/** From this many rows on, submit after each block, unless a tape is recording. */
const ROWS_PER_SUBMIT = 64;

/** The residual stream (T, d) after the last block, before the final norm. ids: u32 (T). */
export const decoderHidden = (ctx: Ctx, model: Decoder, ids: Tensor, options: ForwardOptions): Tensor =>
  joined({ ctx, selection: options.selection }, decoderStream(ctx, model, ids, options));

/** The head's input from token ids, u32 (T): (T, d) after the final norm. */
export const decoderRead = (ctx: Ctx, model: Decoder, ids: Tensor, options: ForwardOptions): Tensor =>
  readStream(ctx, model, decoderStream(ctx, model, ids, options), options.selection);

function decoderStream(ctx: Ctx, model: Decoder, ids: Tensor, options: ForwardOptions): Stream {
  const { selection, onHidden } = options;
  const span = spanOf(ctx, elements(ids), options.start);
  let stream: Stream = { x: embedAt(ctx, model, ids, span) };
  const layers = model.weights.blocks.length;
  const { blocks, group } = ctx.recompute;
  // A hook reads every block's result, which blocks that run again do not keep.
  const again = ctx.tape && !onHidden ? Math.min(blocks, layers) : 0;
  for (let first = 0; first < again; first += group)
    stream = blocksAgain(ctx, model, stream, { ...options, ...span, first, count: Math.min(group, again - first) });
  for (let block = again; block < layers; block++) {
    const before = stream;
    stream = blockAt(ctx, model, before, { ...options, ...span, block });
    if (onHidden) {
      stream = { x: joined({ ctx, selection }, stream) };
      onHidden(block, stream.x);
    } else ctx.release(...tensorsOf(before));
    // Adapters stop a program whose submits take seconds. A training step stays one submit, and so does a single token.
    if (!ctx.tape && elements(ids) >= ROWS_PER_SUBMIT) ctx.submit();
  }
  return stream;
}

interface AgainOptions extends Omit<ForwardOptions, "start">, TokenSpan {
  first: number;
  count: number;
}

/** The stream after `count` blocks from `first` on, which run again in the backward pass. */
function blocksAgain(ctx: Ctx, model: Decoder, before: Stream, { first, count, ...options }: AgainOptions): Stream {
  let after = before;
  const [x, y] = ctx.segment(() => {
    after = before;
    for (let block = first; block < first + count; block++) after = blockAt(ctx, model, after, { ...options, block });
    return tensorsOf(after);
  }, true);
  invariant(x, "bug", `block ${first} has no result`);
  return streamOf(x, y, after.branch?.at);
}

/** The residual stream (T, d) before the first block. ids: u32 (T), from position 0 on. */
export function embedTokens(ctx: Ctx, model: Decoder, ids: Tensor): Tensor {
  return embedAt(ctx, model, ids, spanOf(ctx, elements(ids)));
}

function embedAt(ctx: Ctx, { config, weights }: Decoder, ids: Tensor, { start, end }: TokenSpan): Tensor {
  let x = embedding(ctx, ids, weights.embedding, config.design.embeddingScale);
  if (weights.projectIn) x = apply(ctx, x, weights.projectIn);
  if (weights.positions) {
    const message = `${config.modelType}: expected at most ${config.context} tokens, its learned positions, got ${end}. Use fewer tokens per step or window.`;
    invariant(end <= config.context, "limit", message);
    x = addPositions(ctx, x, weights.positions, start);
  }
  return x;
}

/** The head's input from the residual stream: (T, d) after the final norm, or narrower if projectOut follows it. */
export const headInput = (ctx: Ctx, model: Decoder, hidden: Tensor): Tensor =>
  readStream(ctx, model, { x: hidden }, DENSE);

function readStream(ctx: Ctx, { config, weights }: Decoder, stream: Stream, selection: Selection): Tensor {
  const on = { ctx, selection };
  const x = weights.norm ? normed(on, stream, { weights: weights.norm, eps: config.normEps }).read : joined(on, stream);
  return weights.projectOut ? apply(ctx, x, weights.projectOut) : x;
}

/** Logits (T, V) of the head's input, all in one buffer. */
export function headLogits(ctx: Ctx, { weights }: Decoder, x: Tensor): Tensor {
  const logits = apply(ctx, x, weights.head);
  const { cap } = weights.head;
  if (cap !== undefined) capInPlace(ctx, logits, cap);
  return logits;
}

/** Next-token logits (T, V) of every row. A loss, or the next token alone, takes less memory (below). ids: u32 (T). */
export function decoderForward(ctx: Ctx, model: Decoder, ids: Tensor, options: ForwardOptions): Tensor {
  return headLogits(ctx, model, decoderRead(ctx, model, ids, options));
}

/** Mean next-token loss of ids, u32 (T), in nats: (1). Its logits exist a few rows at a time. */
export function decoderLoss(ctx: Ctx, model: Decoder, ids: Tensor, options: ForwardOptions): Tensor {
  return crossEntropy(ctx, decoderRead(ctx, model, ids, options), { head: model.weights.head, ids });
}

/** Loss of each of ids[1 ..], in nats: (T - 1). ids: u32 (T). It has no backward. */
export function decoderTokenLosses(ctx: Ctx, model: Decoder, ids: Tensor, options: ForwardOptions): Tensor {
  return crossEntropyByToken(ctx, decoderRead(ctx, model, ids, options), { head: model.weights.head, ids });
}

/**
 * Log-sum-exp of each token and logit of the next one, for ids, u32 (T + 1), of which the last is only predicted: (T, 4), see
 * crossEntropyTerms. It has no backward.
 */
export function decoderTokenTerms(ctx: Ctx, model: Decoder, ids: Tensor, options: ForwardOptions): Tensor {
  const inputs = view(ids, 0, [elements(ids) - 1]);
  return crossEntropyTerms(ctx, decoderRead(ctx, model, inputs, options), { head: model.weights.head, ids });
}

/** Logits (1, V) of the token after the last of ids, u32 (T). */
export function nextTokenLogits(ctx: Ctx, model: Decoder, ids: Tensor, options: ForwardOptions): Tensor {
  const rows = elements(ids);
  if (rows === 1) return decoderForward(ctx, model, ids, options);
  const hidden = decoderHidden(ctx, model, ids, options);
  const last = embedding(ctx, ctx.upload(Uint32Array.of(rows - 1), [1], "last row"), [hidden]);
  return headLogits(ctx, model, headInput(ctx, model, last));
}
