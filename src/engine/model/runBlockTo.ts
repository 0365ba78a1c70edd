// A block of which one linear layer is needed: what comes after it in the block is not computed.
import type { Ctx } from "../ctx.ts";
import type { Tensor } from "../tensor.ts";
import { type BlockOptions, type Decoder, type LinearPass, runBlock } from "./block.ts";
import type { BlockLayer } from "./decoderWeights.ts";

interface ToLayer extends Pick<BlockOptions, "block" | "selection"> {
  layer: BlockLayer;
  /** Gets the layer as it runs. What it is passed is valid until it returns. */
  use: (pass: LinearPass) => void;
}

/** Thrown to leave the block. */
const REACHED = new Error("the layer was reached");

/** Runs a block as far as a linear layer. x: the residual stream (T, d) before the block. */
export function runBlockTo(ctx: Ctx, model: Decoder, x: Tensor, { layer, use, ...options }: ToLayer): void {
  const onLinear = (one: BlockLayer, pass: LinearPass): void => {
    if (one !== layer) return;
    use(pass);
    throw REACHED;
  };
  ctx.scope(() => {
    try {
      runBlock(ctx, model, x, { ...options, onLinear });
    } catch (thrown) {
      if (thrown !== REACHED) throw thrown;
    }
    return [];
  });
}
