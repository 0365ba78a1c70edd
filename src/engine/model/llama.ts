// The LLaMA family as a list of ops: embedding, L blocks of attention and gated MLP, final norm, head.
import type { Ctx } from "../ctx.ts";
import { invariant } from "../errors.ts";
import { appendKv } from "../ops/appendKv.ts";
import { attention } from "../ops/attention.ts";
import { embedding } from "../ops/embedding.ts";
import { linear } from "../ops/linear.ts";
import { rmsnorm } from "../ops/rmsnorm.ts";
import { rope } from "../ops/rope.ts";
import { swiglu } from "../ops/swiglu.ts";
import type { Tensor } from "../tensor.ts";
import type { ModelConfig } from "./config.ts";
import type { KvCache } from "./kvCache.ts";
import { DENSE, S1, S2, S3, S5, type Selection } from "./selection.ts";

/** Frozen weights of one block; linear weights are (out, in). q|k|v and gate|up are packed: one matmul reads their shared input. */
export interface LlamaBlock {
  attentionNorm: Tensor;
  /** ((heads + 2 kvHeads) headDim, in) */
  qkv: Tensor;
  /** (out, heads headDim) */
  o: Tensor;
  mlpNorm: Tensor;
  /** (2 f, in) */
  gateUp: Tensor;
  /** (out, f) */
  down: Tensor;
}

export interface LlamaWeights {
  embedding: Tensor;
  blocks: readonly LlamaBlock[];
  norm: Tensor;
  head: Tensor;
  /** (context, headDim / 2, 2): cosine and sine of every position. */
  rope: Tensor;
}

export interface ForwardOptions {
  /** Default: dense. */
  selection?: Selection;
  /** Position of the first token: a u32 (1) tensor. */
  start: Tensor;
  cache?: KvCache;
  /** Sees the residual stream (T, d) behind each block. */
  onHidden?: (block: number, hidden: Tensor) => void;
}

/** A forward of as many rows goes out block by block, where no tape records. */
const ROWS_OF_A_SUBMIT = 64;

/** The residual stream behind the last block, before the final norm. ids: u32 (T). */
export function llamaHidden(
  ctx: Ctx,
  config: ModelConfig,
  weights: LlamaWeights,
  ids: Tensor,
  options: ForwardOptions,
): Tensor {
  let x = embedding(ctx, ids, weights.embedding);
  weights.blocks.forEach((block, l) => {
    const before = x;
    x = ctx.scope(() => llamaBlock(ctx, config, weights, block, l, before, options));
    options.onHidden?.(l, x);
    // Adapters stop a program whose submits take seconds. A training step stays one submit, and so does a token.
    if (!ctx.tape && (ids.shape[0] ?? 0) >= ROWS_OF_A_SUBMIT) ctx.submit();
  });
  return x;
}

/** Next-token logits (T, V). ids: u32 (T). */
export function llamaForward(
  ctx: Ctx,
  config: ModelConfig,
  weights: LlamaWeights,
  ids: Tensor,
  options: ForwardOptions,
): Tensor {
  const hidden = llamaHidden(ctx, config, weights, ids, options);
  return linear(ctx, rmsnorm(ctx, hidden, weights.norm, config.normEps), weights.head);
}

function llamaBlock(
  ctx: Ctx,
  config: ModelConfig,
  weights: LlamaWeights,
  block: LlamaBlock,
  l: number,
  x: Tensor,
  { selection = DENSE, start, cache }: ForwardOptions,
): Tensor {
  const { heads, kvHeads, headDim, normEps } = config;
  const shape = { heads, kvHeads, headDim };

  const read = selection.enter(ctx, rmsnorm(ctx, x, block.attentionNorm, normEps), l, S1);
  const qkv = rope(ctx, linear(ctx, read, block.qkv), weights.rope, start, shape);
  const store = cache?.blocks[l];
  invariant(!cache || store, "bug", `the KV cache has no block ${l}`);
  if (store) appendKv(ctx, qkv, store, start, shape);
  const mixed = attention(ctx, qkv, store ?? qkv, start, shape);
  const middle = selection.leave(ctx, x, linear(ctx, mixed, block.o), l, S2);

  const input = selection.enter(ctx, rmsnorm(ctx, middle, block.mlpNorm, normEps), l, S3);
  const activated = selection.middle(ctx, swiglu(ctx, linear(ctx, input, block.gateUp)), l);
  return selection.leave(ctx, middle, linear(ctx, activated, block.down), l, S5);
}
