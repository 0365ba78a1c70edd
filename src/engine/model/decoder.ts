// Every family as a list of ops: embedding, L blocks of attention and MLP, final norm, head. The config says where families differ.
import type { Ctx } from "../ctx.ts";
import { invariant } from "../errors.ts";
import { addPositions } from "../ops/addPositions.ts";
import { appendKv } from "../ops/appendKv.ts";
import { attention } from "../ops/attention.ts";
import { crossEntropy, crossEntropyByToken } from "../ops/crossEntropy.ts";
import { embedding } from "../ops/embedding.ts";
import { headNorm } from "../ops/headNorm.ts";
import { layerNorm } from "../ops/layerNorm.ts";
import { linearParts } from "../ops/linearParts.ts";
import { rmsnorm } from "../ops/rmsnorm.ts";
import { rope } from "../ops/rope.ts";
import { activate, glu } from "../ops/activation.ts";
import { elements, type Tensor } from "../tensor.ts";
import type { ModelConfig } from "../config/config.ts";
import type { BlockWeights, DecoderWeights, LinearWeights, NormWeights } from "./decoderWeights.ts";
import type { KvCache } from "./kvCache.ts";
import { DENSE, S1, S2, S3, S5, type Selection } from "./selection.ts";

export interface ForwardOptions {
  /** Default: dense. */
  selection?: Selection;
  /** Position of the first token, a u32 (1) tensor. Default: 0. */
  start?: Tensor;
  cache?: KvCache;
  /** Sees the residual stream (T, d) behind each block. */
  onHidden?: (block: number, hidden: Tensor) => void;
  /** Sees what gate and up (or fc1) read, (T, |s3|), and what down (or fc2) reads, (T, |s4|). */
  onMlp?: (block: number, input: Tensor, middle: Tensor) => void;
}

/** A forward of as many rows goes out block by block, where no tape records. */
const ROWS_OF_A_SUBMIT = 64;

/** What every part of a forward needs. */
interface Pass extends ForwardOptions {
  ctx: Ctx;
  config: ModelConfig;
  weights: DecoderWeights;
  selection: Selection;
  start: Tensor;
}

/** The residual stream behind the last block, before the final norm. ids: u32 (T). */
export function decoderHidden(
  ctx: Ctx,
  config: ModelConfig,
  weights: DecoderWeights,
  ids: Tensor,
  options: ForwardOptions = {},
): Tensor {
  const start = options.start ?? positionZero(ctx);
  let x = embedTokens(ctx, config, weights, ids, start);
  weights.blocks.forEach((_, l) => {
    x = runBlock(ctx, config, weights, l, x, { ...options, start });
    options.onHidden?.(l, x);
    // Adapters stop a program whose submits take seconds. A training step stays one submit, and so does a token.
    if (!ctx.tape && elements(ids) >= ROWS_OF_A_SUBMIT) ctx.submit();
  });
  return x;
}

/** The residual stream (T, d) in front of the first block. ids: u32 (T), start: u32 (1), the position of the first; default: 0. */
export function embedTokens(
  ctx: Ctx,
  config: ModelConfig,
  weights: DecoderWeights,
  ids: Tensor,
  start = positionZero(ctx),
): Tensor {
  let x = embedding(ctx, ids, weights.embedding, config.design.embeddingScale);
  if (weights.projectIn) x = apply(ctx, x, weights.projectIn);
  if (weights.positions) x = addPositions(ctx, x, weights.positions, start);
  return x;
}

/** The residual stream (T, d) behind block l, from that in front of it. */
export function runBlock(
  ctx: Ctx,
  config: ModelConfig,
  weights: DecoderWeights,
  l: number,
  x: Tensor,
  options: ForwardOptions,
): Tensor {
  const start = options.start ?? positionZero(ctx);
  const pass: Pass = { ...options, ctx, config, weights, start, selection: options.selection ?? DENSE };
  const block = weights.blocks[l];
  invariant(block, "bug", `the model has no block ${l}`);
  return ctx.scope(() => decoderBlock(pass, block, l, x));
}

/** What the head reads of the residual stream: (T, d) behind the final norm, or narrower where projectOut follows it. */
export function headInput(ctx: Ctx, config: ModelConfig, weights: DecoderWeights, hidden: Tensor): Tensor {
  const x = weights.norm ? normed(ctx, config, hidden, weights.norm) : hidden;
  return weights.projectOut ? apply(ctx, x, weights.projectOut) : x;
}

/** Logits of what the head reads: (T, V), all of them, in one buffer. */
export const headLogits = (ctx: Ctx, weights: DecoderWeights, x: Tensor): Tensor => apply(ctx, x, weights.head);

/** Next-token logits (T, V) of every row; for losses and the next token there are leaner ones below. ids: u32 (T). */
export function decoderForward(
  ctx: Ctx,
  config: ModelConfig,
  weights: DecoderWeights,
  ids: Tensor,
  options: ForwardOptions = {},
): Tensor {
  return headLogits(ctx, weights, headInput(ctx, config, weights, decoderHidden(ctx, config, weights, ids, options)));
}

/** Mean next-token loss of ids, u32 (T), in nats: (1). Its logits exist a few rows at a time. */
export function decoderLoss(
  ctx: Ctx,
  config: ModelConfig,
  weights: DecoderWeights,
  ids: Tensor,
  options: ForwardOptions = {},
): Tensor {
  const hidden = decoderHidden(ctx, config, weights, ids, options);
  return crossEntropy(ctx, headInput(ctx, config, weights, hidden), { head: weights.head, ids });
}

/** Loss of each of ids[1 ..], in nats: (T - 1). ids: u32 (T). No gradient comes back from it. */
export function decoderTokenLosses(
  ctx: Ctx,
  config: ModelConfig,
  weights: DecoderWeights,
  ids: Tensor,
  options: ForwardOptions = {},
): Tensor {
  const hidden = decoderHidden(ctx, config, weights, ids, options);
  return crossEntropyByToken(ctx, headInput(ctx, config, weights, hidden), { head: weights.head, ids });
}

/** Logits (1, V) behind the last of ids, u32 (T). */
export function nextTokenLogits(
  ctx: Ctx,
  config: ModelConfig,
  weights: DecoderWeights,
  ids: Tensor,
  options: ForwardOptions = {},
): Tensor {
  let last = decoderHidden(ctx, config, weights, ids, options);
  const rows = elements(ids);
  if (rows > 1) last = embedding(ctx, ctx.upload(Uint32Array.of(rows - 1), [1], "last row"), [last]);
  return headLogits(ctx, weights, headInput(ctx, config, weights, last));
}

/** One block, by where its norms stand (see Design.normPlace). Selection vectors act behind a norm and in front of an add. */
function decoderBlock(pass: Pass, block: BlockWeights, l: number, x: Tensor): Tensor {
  const { ctx, config, selection } = pass;
  const norm = (of: Tensor, weights: NormWeights | undefined): Tensor => {
    invariant(weights, "bug", `block ${l} lacks a norm`);
    return normed(ctx, config, of, weights);
  };
  const attend = (read: Tensor, to: Tensor): Tensor =>
    selection.leave(ctx, to, attentionBranch(pass, block, l, selection.enter(ctx, read, l, S1)), l, S2);
  const think = (read: Tensor, to: Tensor): Tensor =>
    selection.leave(ctx, to, mlpBranch(pass, block, l, selection.enter(ctx, read, l, S3)), l, S5);
  switch (config.design.normPlace) {
    case "before": {
      const middle = attend(norm(x, block.attentionNorm), x);
      return think(norm(middle, block.mlpNorm), middle);
    }
    case "after": {
      const middle = norm(attend(x, x), block.attentionNorm);
      return norm(think(middle, middle), block.mlpNorm);
    }
    case "parallel": {
      const read = norm(x, block.attentionNorm);
      return think(read, attend(read, x));
    }
  }
}

/** Attention of (T, |s1|) with its output projection: (T, |s2|). */
function attentionBranch(
  { ctx, config, weights, start, cache }: Pass,
  block: BlockWeights,
  l: number,
  x: Tensor,
): Tensor {
  const { heads, kvHeads, headDim, window } = config;
  const shape = { heads, kvHeads, headDim };
  let qkv = apply(ctx, x, block.qkv);
  if (block.headNorms) qkv = headNorm(ctx, qkv, { weights: block.headNorms, eps: config.normEps, shape });
  if (weights.rope) qkv = rope(ctx, qkv, { table: weights.rope, start, shape });
  const store = cache?.blocks[l];
  invariant(!cache || store, "bug", `the KV cache has no block ${l}`);
  if (store) appendKv(ctx, qkv, { cache: store, start, shape });
  const kv = store ?? qkv;
  const mixed = attention(ctx, qkv, { kv, start, shape, ...(window === undefined ? {} : { window }) });
  return apply(ctx, mixed, block.o);
}

/** The MLP of (T, |s3|): (T, |s5|). */
function mlpBranch({ ctx, config, selection, onMlp }: Pass, block: BlockWeights, l: number, x: Tensor): Tensor {
  const { activation } = config.design;
  const inner = apply(ctx, x, block.up);
  const activated = config.glu ? glu(ctx, inner, activation) : activate(ctx, inner, activation);
  const middle = selection.middle(ctx, activated, l);
  onMlp?.(l, x, middle);
  return apply(ctx, middle, block.down);
}

const positionZero = (ctx: Ctx): Tensor => ctx.upload(new Uint32Array(1), [1], "start");

const apply = (ctx: Ctx, x: Tensor, { weight, bias }: LinearWeights): Tensor => linearParts(ctx, x, weight, bias);

const normed = (ctx: Ctx, { normEps }: ModelConfig, x: Tensor, { weight, bias }: NormWeights): Tensor =>
  bias ? layerNorm(ctx, x, { weight, bias, eps: normEps }) : rmsnorm(ctx, x, weight, normEps);
