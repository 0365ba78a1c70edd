// One block of a decoder: attention and MLP with their norms and residual adds. The config says where families differ.
import type { Ctx } from "../ctx.ts";
import { attentionOf, type ModelConfig } from "../config/modelConfig.ts";
import { invariant } from "../errors.ts";
import { activate, glu } from "../ops/activation.ts";
import { attention } from "../ops/attention.ts";
import { cachedAttention } from "../ops/cachedAttention.ts";
import { headNorm } from "../ops/headNorm.ts";
import type { HeadShape } from "../ops/kit/headShape.ts";
import { linearAdapted, linearParts } from "../ops/linearParts.ts";
import { S1, S2, S3, S5 } from "../../shared/vectors.ts";
import type { Tensor } from "../tensor.ts";
import type { BlockLayer, BlockWeights, LinearWeights, NormWeights } from "./decoderWeights.ts";
import type { KvCache } from "./kvCache.ts";
import type { Model } from "./load.ts";
import type { Selection } from "./selection.ts";
import { branchNormed, entered, joined, type LeaveAt, normed, type Stream } from "./stream.ts";

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
  /** Gets each linear layer of every block as it runs. What it is passed is valid until it returns. */
  onLinear?: (layer: BlockLayer, pass: LinearPass) => void;
}

/** A linear layer at work. */
export interface LinearPass {
  /** Its input, (T, in). */
  x: Tensor;
  /** Its output, (T, out): of q|k|v before norms and RoPE of the heads. */
  y: Tensor;
  /** The residual stream (T, d) that the output of o or down will join; missing for the other layers. */
  stream?: Tensor;
}

export interface BlockOptions extends ForwardOptions {
  /** Which block, counted from 0. */
  block: number;
}

/** Where the tokens of a pass are: the position of the first as u32 (1), and the one after the last. */
export interface TokenSpan {
  start: Tensor;
  end: number;
}

/** Everything that the parts of a block need. */
interface Pass extends Omit<ForwardOptions, "start">, TokenSpan {
  ctx: Ctx;
  model: Decoder;
  /** Which block, and its weights. */
  block: number;
  own: BlockWeights;
}

/** One block: the residual stream (T, d) after it, from x, the residual stream before it. */
export function runBlock(ctx: Ctx, model: Decoder, x: Tensor, options: BlockOptions): Tensor {
  const span = spanOf(ctx, x.shape[0] ?? 0, options.start);
  return joined({ ctx, selection: options.selection }, blockAt(ctx, model, { x }, { ...options, ...span }));
}

/** The stream after a block, with its last branch: every block ends with s5, except where a norm follows it. */
export function blockAt(
  ctx: Ctx,
  model: Decoder,
  before: Stream,
  options: Omit<BlockOptions, "start"> & TokenSpan,
): Stream {
  const { block } = options;
  const own = model.weights.blocks[block];
  invariant(own, "bug", `the model has no block ${block}`);
  const pass: Pass = { ...options, ctx, model, own };
  let after = before;
  const [x, y] = ctx.segment(() => tensorsOf((after = decoderBlock(pass, before))));
  invariant(x, "bug", `block ${block} has no result`);
  return streamOf(x, y, after.branch?.at);
}

/** A stream of the tensors of `tensorsOf`. */
export const streamOf = (x: Tensor, y: Tensor | undefined, at: LeaveAt | undefined): Stream =>
  y ? { x, branch: { y, ...(at ? { at } : {}) } } : { x };

/** One block, laid out by Design.normPlace. Selection vectors act after a norm and before a residual add. */
function decoderBlock(pass: Pass, stream: Stream): Stream {
  const { block, own } = pass;
  const { config } = pass.model;
  const [s1, s2, s3, s5] = [
    { block, vector: S1 },
    { block, vector: S2 },
    { block, vector: S3 },
    { block, vector: S5 },
  ] as const;
  const normOf = (weights: NormWeights | undefined): { weights: NormWeights; eps: number } => {
    invariant(weights, "bug", `block ${block} lacks a norm`);
    return { weights, eps: config.normEps };
  };
  const { normPlace } = config.design;
  // Where a norm comes between, the outputs of o and down do not join the stream themselves.
  const target = (x: Tensor): Tensor | undefined => (normPlace === "branch" || normPlace === "around" ? undefined : x);
  const attend = (x: Tensor, read: Tensor): Stream => ({
    x,
    branch: { y: attentionBranch(pass, read, target(x)), at: s2 },
  });
  const think = (x: Tensor, read: Tensor): Stream => ({ x, branch: { y: mlpBranch(pass, read, target(x)), at: s5 } });
  switch (normPlace) {
    case "before": {
      const first = normed(pass, stream, normOf(own.attentionNorm), s1);
      const second = normed(pass, attend(first.x, first.read), normOf(own.mlpNorm), s3);
      return think(second.x, second.read);
    }
    case "after": {
      const x = joined(pass, stream);
      const middle = normed(pass, attend(x, entered(pass, x, s1)), normOf(own.attentionNorm)).read;
      return { x: normed(pass, think(middle, entered(pass, middle, s3)), normOf(own.mlpNorm)).read };
    }
    case "parallel": {
      const { x, read } = normed(pass, stream, normOf(own.attentionNorm));
      return think(joined(pass, attend(x, entered(pass, read, s1))), entered(pass, read, s3));
    }
    case "branch": {
      const x = joined(pass, stream);
      const middle = joined(pass, branchNormed(pass, attend(x, entered(pass, x, s1)), normOf(own.attentionNorm)));
      return branchNormed(pass, think(middle, entered(pass, middle, s3)), normOf(own.mlpNorm));
    }
    case "around": {
      const first = normed(pass, stream, normOf(own.attentionNorm), s1);
      const attended = branchNormed(pass, attend(first.x, first.read), normOf(own.attentionPostNorm));
      const second = normed(pass, attended, normOf(own.mlpNorm), s3);
      return branchNormed(pass, think(second.x, second.read), normOf(own.mlpPostNorm));
    }
  }
}

/** A linear layer of the block. stream: what its output will join, of o and down. */
function layerOf({ ctx, own, onLinear }: Pass, layer: BlockLayer, x: Tensor, stream?: Tensor): Tensor {
  const y = apply(ctx, x, own[layer]);
  onLinear?.(layer, { x, y, ...(stream ? { stream } : {}) });
  return y;
}

/** Attention and its output projection: (T, |s1|) to (T, |s2|), which will join `stream`. */
function attentionBranch(pass: Pass, x: Tensor, stream: Tensor | undefined): Tensor {
  const { ctx, model, block, own, start, end, cache } = pass;
  const { config } = model;
  const { heads, kvHeads, headDim, attentionScale: scale, attentionCap: cap } = config;
  const { window } = attentionOf(config, block);
  const shape = {
    heads,
    kvHeads,
    headDim,
    ...(scale === undefined ? {} : { scale }),
    ...(cap === undefined ? {} : { cap }),
  };
  let qkv = layerOf(pass, "qkv", x);
  if (own.headNorms)
    qkv = headNorm(ctx, qkv, { weights: own.headNorms, eps: config.normEps, shape: normedHeads(config) });
  const table = own.rope?.upTo(end);
  const store = cache?.blocks[block];
  invariant(!cache || store, "bug", `the KV cache has no block ${block}`);
  const mixed = store
    ? cachedAttention(ctx, qkv, { cache: store, start, table, shape, window })
    : attention(ctx, qkv, { start, table, shape, window });
  return layerOf(pass, "o", mixed, stream);
}

/** The heads that a norm of q and k is over: all of them are one where it is over all; q and k then are equally wide. */
function normedHeads({ heads, kvHeads, headDim, design }: ModelConfig): HeadShape {
  if (!design.qkNormOfAllHeads) return { heads, kvHeads, headDim };
  return { heads: 1, kvHeads: 1, headDim: heads * headDim };
}

/** The MLP: (T, |s3|) to (T, |s5|), which will join `stream`. */
function mlpBranch(pass: Pass, x: Tensor, stream: Tensor | undefined): Tensor {
  const { ctx, model, block, selection } = pass;
  const { activation } = model.config.design;
  const inner = layerOf(pass, "up", x);
  const middle = (model.config.glu ? glu : activate)(ctx, inner, activation, selection.middle(block));
  return layerOf(pass, "down", middle, stream);
}

/** What a stream is made of: x, and the output of its last branch. */
export const tensorsOf = ({ x, branch }: Stream): Tensor[] => (branch ? [x, branch.y] : [x]);

/** Where `rows` tokens from position `start` on are. */
export const spanOf = (ctx: Ctx, rows: number, start = 0): TokenSpan => ({
  start: ctx.upload(Uint32Array.of(start), [1], "start"),
  end: start + rows,
});

/** The output of a linear layer. */
export const apply = (ctx: Ctx, x: Tensor, { weight, bias, adapter }: LinearWeights): Tensor =>
  adapter ? linearAdapted(ctx, x, { weight, bias, adapter }) : linearParts(ctx, x, weight, bias);
