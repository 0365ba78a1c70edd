// The tokens that a model finds most likely after a text, with their probabilities.
import type { Ctx } from "../ctx.ts";
import { invariant } from "../errors.ts";
import { nextTokenLogits } from "../model/decoder.ts";
import type { Model } from "../model/load.ts";

export interface LikelyToken {
  id: number;
  /** From 0 to 1, at temperature 1. */
  probability: number;
}

/** The `count` likeliest tokens of softmax(logits), likeliest first; ties in the order of their ids. */
export function likeliest(logits: ArrayLike<number>, count: number): LikelyToken[] {
  const values = Array.from(logits);
  const top = values.reduce((a, b) => Math.max(a, b), -Infinity);
  const sum = values.reduce((total, value) => total + Math.exp(value - top), 0);
  return values
    .map((value, id) => ({ id, probability: Math.exp(value - top) / sum }))
    .sort((a, b) => b.probability - a.probability || a.id - b.id)
    .slice(0, count);
}

/** The likeliest tokens after ids, a text of at least one token. Of a text longer than the model's context, its end counts. Throws "shape" for an empty text. */
export async function likelyTokens(
  ctx: Ctx,
  model: Model,
  ids: readonly number[],
  count: number,
): Promise<LikelyToken[]> {
  invariant(ids.length > 0, "shape", "ids: expected at least 1 token, got 0. Enter a prompt.");
  const read = Uint32Array.from(ids.slice(-model.config.context));
  const logits = ctx.step(() =>
    nextTokenLogits(ctx, model, ctx.upload(read, [read.length], "ids"), { selection: model.selection }),
  );
  return likeliest(await ctx.read(logits), count);
}
