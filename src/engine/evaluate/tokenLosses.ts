// The loss of every token of a text, in the windows of perplexity: shows where a pruned model is worse, not only by how much.
import type { Ctx } from "../ctx.ts";
import { EngineError } from "../errors.ts";
import { decoderTokenLosses } from "../model/decoder.ts";
import type { Model } from "../model/load.ts";
import { type PerplexityOptions, windowsOf } from "./perplexity.ts";

/**
 * The loss of every token of ids, (T), in nats; NaN for the first of each window, which nothing predicts. The mean of the others
 * is the logarithm of `perplexity` with the same options. Throws "cancelled" between windows.
 */
export async function tokenLosses(
  ctx: Ctx,
  model: Model,
  ids: Uint32Array,
  { context, selection = model.selection, onWindow, cancelled }: PerplexityOptions,
): Promise<Float32Array<ArrayBuffer>> {
  const losses = new Float32Array(ids.length).fill(Number.NaN);
  const windows = windowsOf(ids.length, context);
  for (const [done, { start, length }] of windows.entries()) {
    if (cancelled?.()) throw new EngineError("cancelled", "The measurement was stopped.");
    const nll = ctx.step(() => {
      const window = ctx.upload(ids.slice(start, start + length), [length], "window");
      return decoderTokenLosses(ctx, model, window, { selection });
    });
    losses.set(await ctx.read(nll), start + 1);
    onWindow?.(done + 1, windows.length);
  }
  return losses;
}
