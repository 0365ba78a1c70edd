// The residual streams of the dense model and of the pruned one over the calibration sequences, block by block, and what a layer's least
// squares sum over them.
import type { Ctx } from "../../ctx.ts";
import { stepsAhead } from "../../gpu/stepsAhead.ts";
import { type LinearPass, runBlock } from "../../model/block.ts";
import { embedTokens } from "../../model/decoder.ts";
import type { BlockLayer } from "../../model/decoderWeights.ts";
import type { Model } from "../../model/load.ts";
import { runBlockTo } from "../../model/runBlockTo.ts";
import { addInto, copyInto, scaleInPlace } from "../../ops/arithmetic.ts";
import { gatherInto } from "../../ops/gather.ts";
import { addGram } from "../../ops/gram.ts";
import { linearWeightGradient } from "../../ops/linearWeightGradient.ts";
import type { Tensor } from "../../tensor.ts";

/** A layer to observe, and where its sums go. */
export interface ObservedLayer {
  block: number;
  layer: BlockLayer;
  /** Outputs of the dense model's layer. */
  denseRows: number;
  /** For each of the pruned layer's outputs, the dense model's: u32 (out). Missing where they are the same ones. */
  outputs?: Tensor;
  /** X^T X of the pruned layer's inputs, (in, in), on and above the diagonal. */
  gram: Tensor;
  /** E^T X, (out, in): E is what the pruned layer's outputs lack. */
  cross: Tensor;
}

interface Models {
  dense: Model;
  pruned: Model;
}

/** Called before each sequence of a pass; may throw to stop. */
type BeforeSequence = () => void;

/** The residual streams (T, d) of a sequence before the next block. */
interface Streams {
  dense: Tensor;
  pruned: Tensor;
}

export class ResidualStreams {
  private readonly streams: readonly Streams[];
  private readonly minusOne: Tensor;

  /** sequences: token ids. `models` may change between passes: each pass reads their weights anew. */
  constructor(
    private readonly ctx: Ctx,
    private readonly models: Models,
    sequences: readonly Uint32Array[],
  ) {
    const { dModel } = models.dense.config;
    this.minusOne = ctx.persistent("minus one", [1], { data: Float32Array.of(-1) });
    this.streams = sequences.map((ids) => {
      const hidden = (of: string): Tensor => ctx.persistent(`residual stream of the ${of} model`, [ids.length, dModel]);
      return { dense: hidden("dense"), pruned: hidden("pruned") };
    });
    sequences.forEach((ids, i) => this.embed(ids, i));
  }

  /** Adds the sums of every sequence to those of the layer. */
  async observe(layer: ObservedLayer, before: BeforeSequence): Promise<void> {
    await this.pass(before, (at) => this.add(layer, at));
  }

  /** Adds the sums of the first sequence, for memory plans. */
  observeOnce(layer: ObservedLayer): void {
    const [first] = this.streams;
    if (first) this.ctx.step(() => this.add(layer, first));
  }

  /** Replaces the residual streams of every sequence by those after the block. */
  async advance(block: number, before: BeforeSequence): Promise<void> {
    const { ctx, models } = this;
    await this.pass(before, (at) => {
      for (const of of ["dense", "pruned"] as const) {
        const { selection } = models[of];
        copyInto(ctx, at[of], runBlock(ctx, models[of], at[of], { block, selection }));
      }
    });
  }

  free(): void {
    this.ctx.free(this.minusOne, ...this.streams.flatMap(({ dense, pruned }) => [dense, pruned]));
    this.ctx.freeStep();
  }

  /** One step for each sequence. */
  private pass(before: BeforeSequence, step: (at: Streams) => void): Promise<void> {
    const { ctx, streams } = this;
    return stepsAhead(ctx.gpu, async (submitted) => {
      for (const at of streams) {
        before();
        ctx.step(() => step(at));
        await submitted();
      }
    });
  }

  private embed(ids: Uint32Array, i: number): void {
    const { ctx, models } = this;
    const at = this.streams[i];
    if (!at) return;
    ctx.step(() => {
      const tokens = ctx.upload(ids, [ids.length], "ids");
      copyInto(ctx, at.dense, embedTokens(ctx, models.dense, tokens));
      copyInto(ctx, at.pruned, at.dense);
    });
  }

  /**
   * Runs the block in both models as far as the layer. The target of o and down is the dense model's residual stream after their output has
   * joined it; that of the other layers is the dense model's output.
   */
  private add({ block, layer, denseRows, outputs, gram, cross }: ObservedLayer, at: Streams): void {
    const { ctx, models } = this;
    const target = ctx.empty([at.dense.shape[0] ?? 0, denseRows], "target of a refit");
    const onLayer = (of: Model, x: Tensor, use: (pass: LinearPass) => void): void =>
      runBlockTo(ctx, of, x, { block, layer, selection: of.selection, use });
    onLayer(models.dense, at.dense, ({ y, stream }) => {
      copyInto(ctx, target, y);
      if (stream) addInto(ctx, target, stream);
    });
    onLayer(models.pruned, at.pruned, ({ x, y, stream }) => {
      if (stream) this.subtract(target, stream);
      const missing = outputs ? ctx.empty(y.shape, "target of the kept outputs") : target;
      if (outputs) gatherInto(ctx, missing, target, outputs);
      this.subtract(missing, y);
      addGram(ctx, x, gram);
      linearWeightGradient(ctx, [x, missing], cross, { accumulate: true });
    });
  }

  private subtract(from: Tensor, what: Tensor): void {
    const negative = this.ctx.empty(what.shape, "negative");
    copyInto(this.ctx, negative, what);
    scaleInPlace(this.ctx, negative, this.minusOne);
    addInto(this.ctx, from, negative);
  }
}
