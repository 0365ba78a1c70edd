// The loss of every token of a text, in the windows of perplexity: shows where a pruned model is worse, not only by how much.
import type { Ctx } from "../ctx.ts";
import { decoderTokenLosses } from "../model/decoder.ts";
import type { Model } from "../model/load.ts";
import type { PerplexityOptions } from "./perplexity.ts";
import { forEachWindow } from "./windows.ts";

/**
 * The loss of every token of ids, (T), in nats; NaN for the first of each window, which nothing predicts. The mean of the others
 * is the logarithm of `perplexity` with the same options. Throws "cancelled" between windows.
 */
export async function tokenLosses(
  ctx: Ctx,
  model: Model,
  ids: Uint32Array,
  { selection = model.selection, ...options }: PerplexityOptions,
): Promise<Float32Array<ArrayBuffer>> {
  const losses = new Float32Array(ids.length).fill(Number.NaN);
  await forEachWindow(ctx, ids, options, async ({ start }, upload) => {
    const nll = ctx.step(() => decoderTokenLosses(ctx, model, upload(), { selection }));
    losses.set(await ctx.read(nll), start + 1);
  });
  return losses;
}
