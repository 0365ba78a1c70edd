// Generates text with a KV cache: the prompt in one forward, then one row per token.
import type { Ctx } from "../ctx.ts";
import { invariant } from "../errors.ts";
import { Tap } from "../gpu/readback.ts";
import { makeKvCache } from "../model/kvCache.ts";
import { nextTokenLogits } from "../model/decoder.ts";
import type { Model } from "../model/load.ts";
import type { Selection } from "../model/selection.ts";
import { ELEMENT_BYTES } from "../tensor.ts";
import { sample } from "./sampler.ts";

interface GenerateOptions {
  /** How many tokens to add at most. */
  tokens: number;
  /** 0 is greedy. */
  temperature: number;
  seed: number;
  /** Default: the model's own selection. */
  selection?: Selection;
  /** Tokens that end the text and are not yielded; default: the model's. */
  stopTokens?: readonly number[];
}

/**
 * Yields new tokens until a stop token, `tokens` or the end of the model's context. Breaking out of the loop frees the cache. Throws "shape"
 * for an empty prompt, and "limit" for one that fills the context.
 */
export async function* generate(
  ctx: Ctx,
  model: Model,
  prompt: readonly number[],
  options: GenerateOptions,
): AsyncGenerator<number> {
  const { config } = model;
  invariant(prompt.length > 0, "shape", "prompt: expected at least 1 token, got 0. Enter a prompt.");
  const end = Math.min(config.context, prompt.length + options.tokens);
  invariant(
    prompt.length < end || options.tokens === 0,
    "limit",
    `prompt: expected fewer tokens than this model's context of ${config.context}, got ${prompt.length}. Shorten the prompt.`,
  );
  const stops = options.stopTokens ?? config.eosTokens;
  const selection = options.selection ?? model.selection;
  const cache = makeKvCache(ctx, config, end);
  model.weights.rope?.upTo(end); // so that it does not grow from token to token
  const tap = new Tap(ctx.gpu, ctx.buffers, config.vocab * ELEMENT_BYTES, "logits");
  try {
    let fresh = Uint32Array.from(prompt);
    for (let position = prompt.length; position < end; position++) {
      const logits = ctx.step(() => {
        const ids = ctx.upload(fresh, [fresh.length], "ids");
        return nextTokenLogits(ctx, model, ids, { selection, start: position - fresh.length, cache });
      });
      const last = await tap.read(logits.buffer);
      const token = sample(new Float32Array(last), options.temperature, options.seed, position);
      if (stops.includes(token)) return;
      yield token;
      fresh = Uint32Array.of(token);
    }
  } finally {
    tap.free();
    cache.free();
  }
}
