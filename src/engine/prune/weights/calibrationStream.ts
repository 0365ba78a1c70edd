// Calibration sequences on their way through a model, block by block: what a block's MLP sees, with the blocks before it already pruned.
import type { Ctx } from "../../ctx.ts";
import { EngineError } from "../../errors.ts";
import { embedTokens, runBlock } from "../../model/decoder.ts";
import type { Model } from "../../model/load.ts";
import { copyInto } from "../../ops/arithmetic.ts";
import type { Tensor } from "../../tensor.ts";

export const stopped = (): EngineError => new EngineError("cancelled", "Pruning was stopped; the model is as it was.");

export class CalibrationStream {
  private readonly ctx: Ctx;
  private readonly model: Model;
  private readonly onSequence: () => void;
  private readonly cancelled: (() => boolean) | undefined;
  /** The residual stream (T, d) of each sequence, in front of the next block. */
  private readonly hidden: Tensor[] = [];

  /**
   * `model` is read again in every pass: weights that have changed in place count. `onSequence` is called after each sequence of a
   * pass, `cancelled` looked at before it.
   */
  constructor(
    ctx: Ctx,
    model: Model,
    sequences: readonly Uint32Array[],
    onSequence: () => void,
    cancelled?: () => boolean,
  ) {
    this.ctx = ctx;
    this.model = model;
    this.onSequence = onSequence;
    this.cancelled = cancelled;
    for (const ids of sequences) this.embed(ids);
  }

  /** Shows `onMlp` what gate and up (or fc1) of the block read, and what down (or fc2) reads, inside a step a sequence. */
  async observe(block: number, onMlp: (input: Tensor, middle: Tensor) => void): Promise<void> {
    await this.pass(block, onMlp);
  }

  /** Moves every sequence behind the block. */
  async advance(block: number): Promise<void> {
    await this.pass(block);
  }

  free(): void {
    this.ctx.free(...this.hidden);
    this.ctx.freeStep();
  }

  private embed(ids: Uint32Array): void {
    const { ctx, model } = this;
    const hidden = ctx.persistent("calibration", [ids.length, model.config.dModel]);
    this.hidden.push(hidden);
    ctx.step(() => {
      const tokens = ctx.upload(ids, [ids.length], "ids");
      copyInto(ctx, hidden, embedTokens(ctx, model.config, model.weights, tokens));
    });
  }

  private async pass(block: number, onMlp?: (input: Tensor, middle: Tensor) => void): Promise<void> {
    const { ctx, model } = this;
    for (const hidden of this.hidden) {
      if (this.cancelled?.()) throw stopped();
      ctx.step(() => {
        const out = runBlock(ctx, model.config, model.weights, block, hidden, {
          selection: model.selection,
          ...(onMlp ? { onMlp: (_: number, input: Tensor, middle: Tensor) => onMlp(input, middle) } : {}),
        });
        if (!onMlp) copyInto(ctx, hidden, out);
      });
      await ctx.gpu.idle();
      this.onSequence();
    }
  }
}
