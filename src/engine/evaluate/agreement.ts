// How often a pruned model would write the same next token as the dense one.
import type { Ctx } from "../ctx.ts";
import { decoderTopTokens } from "../model/decoder.ts";
import type { Model } from "../model/load.ts";
import { forEachWindow, type WindowOptions } from "./windows.ts";

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
  options: WindowOptions,
): Promise<Agreement> {
  const agreement = { same: 0, tokens: 0, context: options.context };
  await forEachWindow(ctx, ids, options, async ({ length }, upload) => {
    const read = (model: Model): Promise<Float32Array> =>
      ctx.read(ctx.step(() => decoderTopTokens(ctx, model, upload(), { selection: model.selection })));
    const [a, b] = await Promise.all([read(dense), read(pruned)]);
    for (let t = 0; t < length; t++) agreement.same += Number(a[2 * t + 1] === b[2 * t + 1]);
    agreement.tokens += length;
  });
  return agreement;
}
