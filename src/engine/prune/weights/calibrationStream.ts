// Runs calibration sequences through a model block by block, so that each block's MLP gets its inputs from blocks that are already pruned.
import type { Ctx } from "../../ctx.ts";
import { EngineError } from "../../errors.ts";
import { stepsAhead } from "../../gpu/stepsAhead.ts";
import { type BlockOptions, runBlock } from "../../model/block.ts";
import { embedTokens } from "../../model/decoder.ts";
import type { Model } from "../../model/load.ts";
import { copyInto } from "../../ops/arithmetic.ts";
import type { Tensor } from "../../tensor.ts";

export const stopped = (): EngineError => new EngineError("cancelled", "Pruning was stopped; the model is unchanged.");

interface CalibrationWatch {
  /** Called after each sequence of a pass. */
  onSequence: () => void;
  /** Checked before each sequence of a pass; true stops the pass. */
  cancelled?: () => boolean;
}

export class CalibrationStream {
  private readonly ctx: Ctx;
  private readonly model: Model;
  private readonly watch: CalibrationWatch;
  /** The residual stream (T, d) of each sequence before the next block. */
  private readonly hidden: Tensor[] = [];

  /** sequences: token ids. Every pass reads `model` anew, so that weights changed in place take effect. */
  constructor(ctx: Ctx, model: Model, sequences: readonly Uint32Array[], watch: CalibrationWatch) {
    this.ctx = ctx;
    this.model = model;
    this.watch = watch;
    for (const ids of sequences) this.embed(ids);
  }

  /** Passes `onMlp` the inputs of the block's gate and up (or fc1) and of its down (or fc2), in one step per sequence. */
  async observe(block: number, onMlp: (input: Tensor, middle: Tensor) => void): Promise<void> {
    await this.pass(block, onMlp);
  }

  /** Replaces the residual stream of every sequence by the one after the block. */
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
      copyInto(ctx, hidden, embedTokens(ctx, model, tokens));
    });
  }

  private async pass(block: number, onMlp?: (input: Tensor, middle: Tensor) => void): Promise<void> {
    const { ctx, model } = this;
    await stepsAhead(ctx.gpu, async (submitted) => {
      for (const hidden of this.hidden) {
        if (this.watch.cancelled?.()) throw stopped();
        ctx.step(() => {
          const out = runBlock(ctx, model, hidden, {
            block,
            selection: model.selection,
            ...(onMlp ? { onLinear: mlpInputs(onMlp) } : {}),
          });
          if (!onMlp) copyInto(ctx, hidden, out);
        });
        await submitted();
        this.watch.onSequence();
      }
    });
  }
}

/** Calls `onMlp` once the inputs of both layers of the MLP are there. */
function mlpInputs(onMlp: (input: Tensor, middle: Tensor) => void): NonNullable<BlockOptions["onLinear"]> {
  let input: Tensor | undefined;
  return (layer, { x }) => {
    if (layer === "up") input = x;
    if (layer === "down" && input) onMlp(input, x);
  };
}
