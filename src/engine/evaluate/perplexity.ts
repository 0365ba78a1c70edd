// Perplexity (METHOD.md 4): non-overlapping windows, first token of each unscored, exp(total NLL / scored tokens).
import type { Ctx } from "../ctx.ts";
import { EngineError, invariant } from "../errors.ts";
import { decoderLoss } from "../model/decoder.ts";
import type { Model } from "../model/load.ts";
import type { Selection } from "../model/selection.ts";

export interface PerplexityOptions {
  /** Window length in tokens. */
  context: number;
  /** Default: the model's own selection. */
  selection?: Selection;
  onWindow?: (done: number, of: number) => void;
  /** Checked before each window; true cancels. */
  cancelled?: () => boolean;
}

export interface Perplexity {
  value: number;
  context: number;
  /** Tokens in the windows. */
  tokens: number;
  /** Tokens with a loss: all but the first of each window. */
  scored: number;
}

/** Splits `tokens` tokens into windows of `context`; a last window of one token is dropped, because it scores nothing. */
export function windowsOf(tokens: number, context: number): { start: number; length: number }[] {
  const windows: { start: number; length: number }[] = [];
  for (let start = 0; start < tokens - 1; start += context) {
    const length = Math.min(context, tokens - start);
    if (length >= 2) windows.push({ start, length });
  }
  return windows;
}

/** Perplexity of the token ids. Throws "shape" for fewer than 2 ids, "cancelled" between windows, and "not-finite" if a loss is not finite. */
export async function perplexity(
  ctx: Ctx,
  model: Model,
  ids: Uint32Array,
  options: PerplexityOptions,
): Promise<Perplexity> {
  const windows = windowsOf(ids.length, options.context);
  invariant(
    windows.length > 0,
    "shape",
    `evaluation text: expected at least 2 tokens, got ${ids.length}. Choose a longer text.`,
  );
  const selection = options.selection ?? model.selection;
  let total = 0;
  let scored = 0;
  let tokens = 0;
  for (const [done, { start, length }] of windows.entries()) {
    if (options.cancelled?.()) throw new EngineError("cancelled", "The measurement was stopped.");
    const loss = ctx.step(() => {
      const window = ctx.upload(ids.slice(start, start + length), [length], "window");
      return decoderLoss(ctx, model, window, { selection });
    });
    const [mean = Number.NaN] = await ctx.read(loss);
    if (!Number.isFinite(mean)) {
      throw new EngineError(
        "not-finite",
        `The loss of tokens ${start} to ${start + length} is ${mean}. The model's weights may be damaged.`,
      );
    }
    total += mean * (length - 1);
    scored += length - 1;
    tokens += length;
    options.onWindow?.(done + 1, windows.length);
  }
  return { value: Math.exp(total / scored), context: options.context, tokens, scored };
}
