// How often a pruned model would write the same next token as the dense one.
import type { Ctx } from "../ctx.ts";
import { EngineError } from "../errors.ts";
import { decoderTopTokens } from "../model/decoder.ts";
import type { Model } from "../model/load.ts";
import { type PerplexityOptions, windowsOf } from "./perplexity.ts";

/** Agreement over the tokens of a text, in the windows of perplexity. */
export interface Agreement {
  /** Tokens after which both models find the same next token likeliest. */
  same: number;
  /** All tokens that were compared. */
  tokens: number;
  context: number;
}

/** Compares the likeliest next token of two models after every token of ids. Throws "cancelled" between windows. */
export async function topTokenAgreement(
  ctx: Ctx,
  { dense, pruned }: { dense: Model; pruned: Model },
  ids: Uint32Array,
  { context, onWindow, cancelled }: Omit<PerplexityOptions, "selection">,
): Promise<Agreement> {
  const windows = windowsOf(ids.length, context);
  const agreement = { same: 0, tokens: 0, context };
  for (const [done, { start, length }] of windows.entries()) {
    if (cancelled?.()) throw new EngineError("cancelled", "The measurement was stopped.");
    const read = (model: Model): Promise<Float32Array> => {
      const tops = ctx.step(() => {
        const window = ctx.upload(ids.slice(start, start + length), [length], "window");
        return decoderTopTokens(ctx, model, window, { selection: model.selection });
      });
      return ctx.read(tops);
    };
    const [a, b] = await Promise.all([read(dense), read(pruned)]);
    for (let t = 0; t < length; t++) agreement.same += Number(a[2 * t + 1] === b[2 * t + 1]);
    agreement.tokens += length;
    onWindow?.(done + 1, windows.length);
  }
  return agreement;
}
