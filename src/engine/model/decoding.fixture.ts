// Decoding for tests: logits by way of the KV cache.
import type { Ctx } from "../ctx.ts";
import { nextTokenLogits } from "./decoder.ts";
import { makeKvCache } from "./kvCache.ts";
import type { Model } from "./load.ts";

interface Portions {
  /** How many ids the first forward pass takes. */
  prompt: number;
  /** How many each later pass takes. Default: 1. */
  portion?: number;
}

/** The logits (V) after the last of `ids`. */
export async function decodedLogits(
  ctx: Ctx,
  model: Model,
  ids: readonly number[],
  { prompt, portion = 1 }: Portions,
): Promise<Float32Array> {
  const cache = makeKvCache(ctx, model.config, ids.length);
  const pass = (from: number, to: number): Promise<Float32Array> => {
    const logits = ctx.step(() => {
      const tokens = ctx.upload(Uint32Array.from(ids.slice(from, to)), [to - from], "ids");
      return nextTokenLogits(ctx, model, tokens, { selection: model.selection, start: from, cache });
    });
    return ctx.read(logits);
  };
  let last = pass(0, prompt);
  for (let at = prompt; at < ids.length; at += portion) last = pass(at, Math.min(at + portion, ids.length));
  return last.finally(() => cache.free());
}
