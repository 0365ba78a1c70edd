// Perplexity (METHOD.md 4): non-overlapping windows, first token of each unscored, exp(total NLL / scored tokens).
import type { Ctx } from "../ctx.ts";
import { EngineError, invariant } from "../errors.ts";
import { decoderLoss } from "../model/decoder.ts";
import type { Model } from "../model/load.ts";
import type { Selection } from "../model/selection.ts";
import { forEachWindow, windowsOf, type WindowOptions } from "./windows.ts";

export interface PerplexityOptions extends WindowOptions {
  /** Default: the model's own selection. */
  selection?: Selection;
}

export interface Perplexity {
  value: number;
  context: number;
  /** Tokens in the windows. */
  tokens: number;
  /** Tokens with a loss: all but the first of each window. */
  scored: number;
}

/** Perplexity of the token ids. Throws "shape" for fewer than 2 ids, "cancelled" between windows, and "not-finite" if a loss is not finite. */
export async function perplexity(
  ctx: Ctx,
  model: Model,
  ids: Uint32Array,
  options: PerplexityOptions,
): Promise<Perplexity> {
  invariant(
    windowsOf(ids.length, options.context).length > 0,
    "shape",
    `evaluation text: expected at least 2 tokens, got ${ids.length}. Choose a longer text.`,
  );
  const selection = options.selection ?? model.selection;
  let total = 0;
  let scored = 0;
  let tokens = 0;
  await forEachWindow(ctx, ids, options, async ({ start, length }, upload) => {
    const [mean = Number.NaN] = await ctx.read(ctx.step(() => decoderLoss(ctx, model, upload(), { selection })));
    if (!Number.isFinite(mean)) {
      throw new EngineError(
        "not-finite",
        `The loss of tokens ${start} to ${start + length} is ${mean}. The model's weights may be damaged.`,
      );
    }
    total += mean * (length - 1);
    scored += length - 1;
    tokens += length;
  });
  return { value: Math.exp(total / scored), context: options.context, tokens, scored };
}
