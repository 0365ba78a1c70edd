// The forward pass of every family: embedding, L blocks of attention and MLP, final norm, head. The config says where families differ.
import type { Ctx } from "../ctx.ts";
import { invariant } from "../errors.ts";
import { addPositions } from "../ops/addPositions.ts";
import { appendKv } from "../ops/appendKv.ts";
import { attention } from "../ops/attention.ts";
import { crossEntropy, crossEntropyByToken, crossEntropyTerms, topTokens } from "../ops/crossEntropy.ts";
import { embedding } from "../ops/embedding.ts";
import { headNorm } from "../ops/headNorm.ts";
import { layerNorm } from "../ops/layerNorm.ts";
import { linearParts } from "../ops/linearParts.ts";
import { rmsnorm } from "../ops/rmsnorm.ts";
import { rope } from "../ops/rope.ts";
import { activate, glu } from "../ops/activation.ts";
import { elements, type Tensor } from "../tensor.ts";
import type { ModelConfig } from "../config/config.ts";
import type { BlockWeights, LinearWeights, NormWeights } from "./decoderWeights.ts";
import type { KvCache } from "./kvCache.ts";
import type { Model } from "./load.ts";
import { S1, S2, S3, S5, type Selection } from "./selection.ts";

/** The part of a model that a forward pass needs. */
export type Decoder = Pick<Model, "config" | "weights">;

export interface ForwardOptions {
  /** How the selection vectors apply: `model.selection`, `masked(...)`, or DENSE for the dense model. */
  selection: Selection;
  /** Position of the first token. Default: 0. */
  start?: number;
  /** Keys and values of the tokens before `start`; those of `ids` are added. */
  cache?: KvCache;
  /** Gets the residual stream (T, d) after each block. */
  onHidden?: (block: number, hidden: Tensor) => void;
  /** Gets the input of gate and up (or fc1), (T, |s3|), and the input of down (or fc2), (T, |s4|). */
  onMlp?: (block: number, input: Tensor, middle: Tensor) => void;
}

export interface BlockOptions extends ForwardOptions {
  /** Which block, counted from 0. */
  block: number;
}

/** From this many rows on, submit after each block, unless a tape is recording. */
const ROWS_PER_SUBMIT = 64;

/** Where the tokens of a pass are: the position of the first as u32 (1), and the one after the last. */
interface Span {
  start: Tensor;
  end: number;
}

/** Everything that the parts of a block need. */
interface Pass extends Omit<ForwardOptions, "start">, Span {
  ctx: Ctx;
  model: Decoder;
  /** Which block, and its weights. */
  block: number;
  own: BlockWeights;
}

/** The residual stream (T, d) after the last block, before the final norm. ids: u32 (T). */
export function decoderHidden(ctx: Ctx, model: Decoder, ids: Tensor, options: ForwardOptions): Tensor {
  const span = spanOf(ctx, elements(ids), options.start);
  let x = embedAt(ctx, model, ids, span);
  model.weights.blocks.forEach((_, block) => {
    x = blockAt(ctx, model, x, { ...options, ...span, block });
    options.onHidden?.(block, x);
    // Adapters stop a program whose submits take seconds. A training step stays one submit, and so does a single token.
    if (!ctx.tape && elements(ids) >= ROWS_PER_SUBMIT) ctx.submit();
  });
  return x;
}

/** The residual stream (T, d) before the first block. ids: u32 (T), from position 0 on. */
export function embedTokens(ctx: Ctx, model: Decoder, ids: Tensor): Tensor {
  return embedAt(ctx, model, ids, spanOf(ctx, elements(ids)));
}

function embedAt(ctx: Ctx, { config, weights }: Decoder, ids: Tensor, { start, end }: Span): Tensor {
  let x = embedding(ctx, ids, weights.embedding, config.design.embeddingScale);
  if (weights.projectIn) x = apply(ctx, x, weights.projectIn);
  if (weights.positions) {
    const message = `${config.modelType}: expected at most ${config.context} tokens, its learned positions, got ${end}. Use fewer tokens per step or window.`;
    invariant(end <= config.context, "limit", message);
    x = addPositions(ctx, x, weights.positions, start);
  }
  return x;
}

/** One block: the residual stream (T, d) after it, from x, the residual stream before it. */
export function runBlock(ctx: Ctx, model: Decoder, x: Tensor, options: BlockOptions): Tensor {
  return blockAt(ctx, model, x, { ...options, ...spanOf(ctx, x.shape[0] ?? 0, options.start) });
}

function blockAt(ctx: Ctx, model: Decoder, x: Tensor, options: Omit<BlockOptions, "start"> & Span): Tensor {
  const own = model.weights.blocks[options.block];
  invariant(own, "bug", `the model has no block ${options.block}`);
  const pass: Pass = { ...options, ctx, model, own };
  return ctx.scope(() => decoderBlock(pass, x));
}

/** The head's input from the residual stream: (T, d) after the final norm, or narrower if projectOut follows it. */
export function headInput(ctx: Ctx, { config, weights }: Decoder, hidden: Tensor): Tensor {
  const x = weights.norm ? normed(ctx, config, hidden, weights.norm) : hidden;
  return weights.projectOut ? apply(ctx, x, weights.projectOut) : x;
}

/** Logits (T, V) of the head's input, all in one buffer. */
export const headLogits = (ctx: Ctx, { weights }: Decoder, x: Tensor): Tensor => apply(ctx, x, weights.head);

/** Next-token logits (T, V) of every row. A loss, or the next token alone, takes less memory (below). ids: u32 (T). */
export function decoderForward(ctx: Ctx, model: Decoder, ids: Tensor, options: ForwardOptions): Tensor {
  return headLogits(ctx, model, headInput(ctx, model, decoderHidden(ctx, model, ids, options)));
}

/** Mean next-token loss of ids, u32 (T), in nats: (1). Its logits exist a few rows at a time. */
export function decoderLoss(ctx: Ctx, model: Decoder, ids: Tensor, options: ForwardOptions): Tensor {
  const hidden = decoderHidden(ctx, model, ids, options);
  return crossEntropy(ctx, headInput(ctx, model, hidden), { head: model.weights.head, ids });
}

/** Loss of each of ids[1 ..], in nats: (T - 1). ids: u32 (T). It has no backward. */
export function decoderTokenLosses(ctx: Ctx, model: Decoder, ids: Tensor, options: ForwardOptions): Tensor {
  const hidden = decoderHidden(ctx, model, ids, options);
  return crossEntropyByToken(ctx, headInput(ctx, model, hidden), { head: model.weights.head, ids });
}

/** Log-sum-exp and target of every row of ids, u32 (T): (T, 4), see crossEntropyTerms. It has no backward. */
export function decoderTokenTerms(ctx: Ctx, model: Decoder, ids: Tensor, options: ForwardOptions): Tensor {
  const hidden = decoderHidden(ctx, model, ids, options);
  return crossEntropyTerms(ctx, headInput(ctx, model, hidden), { head: model.weights.head, ids });
}

/** The likeliest next token of every row of ids, u32 (T), and its logit: (T, 2), see topTokens. It has no backward. */
export function decoderTopTokens(ctx: Ctx, model: Decoder, ids: Tensor, options: ForwardOptions): Tensor {
  const hidden = decoderHidden(ctx, model, ids, options);
  return topTokens(ctx, headInput(ctx, model, hidden), { head: model.weights.head, ids });
}

/** Logits (1, V) of the token after the last of ids, u32 (T). */
export function nextTokenLogits(ctx: Ctx, model: Decoder, ids: Tensor, options: ForwardOptions): Tensor {
  let last = decoderHidden(ctx, model, ids, options);
  const rows = elements(ids);
  if (rows > 1) last = embedding(ctx, ctx.upload(Uint32Array.of(rows - 1), [1], "last row"), [last]);
  return headLogits(ctx, model, headInput(ctx, model, last));
}

/** One block, laid out by Design.normPlace. Selection vectors act after a norm and before a residual add. */
function decoderBlock(pass: Pass, x: Tensor): Tensor {
  const { ctx, block, own, selection } = pass;
  const { config } = pass.model;
  const norm = (of: Tensor, weights: NormWeights | undefined): Tensor => {
    invariant(weights, "bug", `block ${block} lacks a norm`);
    return normed(ctx, config, of, weights);
  };
  const attend = (read: Tensor, residual: Tensor): Tensor => {
    const entered = selection.enter(ctx, read, { block, vector: S1 });
    return selection.leave(ctx, residual, attentionBranch(pass, entered), { block, vector: S2 });
  };
  const think = (read: Tensor, residual: Tensor): Tensor => {
    const entered = selection.enter(ctx, read, { block, vector: S3 });
    return selection.leave(ctx, residual, mlpBranch(pass, entered), { block, vector: S5 });
  };
  switch (config.design.normPlace) {
    case "before": {
      const middle = attend(norm(x, own.attentionNorm), x);
      return think(norm(middle, own.mlpNorm), middle);
    }
    case "after": {
      const middle = norm(attend(x, x), own.attentionNorm);
      return norm(think(middle, middle), own.mlpNorm);
    }
    case "parallel": {
      const read = norm(x, own.attentionNorm);
      return think(read, attend(read, x));
    }
  }
}

/** Attention and its output projection: (T, |s1|) to (T, |s2|). */
function attentionBranch({ ctx, model, block, own, start, end, cache }: Pass, x: Tensor): Tensor {
  const { config, weights } = model;
  const { heads, kvHeads, headDim, window } = config;
  const shape = { heads, kvHeads, headDim };
  let qkv = apply(ctx, x, own.qkv);
  if (own.headNorms) qkv = headNorm(ctx, qkv, { weights: own.headNorms, eps: config.normEps, shape });
  if (weights.rope) qkv = rope(ctx, qkv, { table: weights.rope.upTo(end), start, shape });
  const store = cache?.blocks[block];
  invariant(!cache || store, "bug", `the KV cache has no block ${block}`);
  if (store) appendKv(ctx, qkv, { cache: store, start, shape });
  const kv = store ?? qkv;
  const mixed = attention(ctx, qkv, { kv, start, shape, ...(window === undefined ? {} : { window }) });
  return apply(ctx, mixed, own.o);
}

/** The MLP: (T, |s3|) to (T, |s5|). */
function mlpBranch({ ctx, model, block, own, selection, onMlp }: Pass, x: Tensor): Tensor {
  const { activation } = model.config.design;
  const inner = apply(ctx, x, own.up);
  const activated = model.config.glu ? glu(ctx, inner, activation) : activate(ctx, inner, activation);
  const middle = selection.middle(ctx, activated, block);
  onMlp?.(block, x, middle);
  return apply(ctx, middle, own.down);
}

const spanOf = (ctx: Ctx, rows: number, start = 0): Span => ({
  start: ctx.upload(Uint32Array.of(start), [1], "start"),
  end: start + rows,
});

const apply = (ctx: Ctx, x: Tensor, { weight, bias }: LinearWeights): Tensor => linearParts(ctx, x, weight, bias);

const normed = (ctx: Ctx, { normEps }: ModelConfig, x: Tensor, { weight, bias }: NormWeights): Tensor =>
  bias ? layerNorm(ctx, x, { weight, bias, eps: normEps }) : rmsnorm(ctx, x, weight, normEps);
