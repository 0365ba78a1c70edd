// Text, a token at a time, with a KV cache: the prompt in one forward, then one row a token.
import type { Ctx } from "../ctx.ts";
import { invariant } from "../errors.ts";
import { Tap } from "../gpu/readback.ts";
import { makeKvCache } from "../model/kvCache.ts";
import { nextTokenLogits } from "../model/decoder.ts";
import type { Model } from "../model/load.ts";
import type { Selection } from "../model/selection.ts";
import { ELEMENT_BYTES } from "../tensor.ts";
import { sample } from "./sampler.ts";

export interface GenerateOptions {
  /** Most tokens to add. */
  tokens: number;
  /** 0: greedy. */
  temperature: number;
  seed: number;
  /** Default: the model's own. */
  selection?: Selection;
  /** Tokens that end the text (they are not yielded); default: the model's. */
  stopTokens?: readonly number[];
}

/** Yields new tokens until a stop token, the count or the model's context ends it. Breaking out of the loop frees the cache. */
export async function* generate(
  ctx: Ctx,
  model: Model,
  prompt: readonly number[],
  options: GenerateOptions,
): AsyncGenerator<number> {
  const { config } = model;
  invariant(prompt.length > 0, "shape", "a prompt of at least one token is needed");
  const end = Math.min(config.context, prompt.length + options.tokens);
  invariant(
    prompt.length < end || options.tokens === 0,
    "limit",
    `the prompt has ${prompt.length} tokens; this model's context is ${config.context}. Shorten the prompt.`,
  );
  const stops = options.stopTokens ?? config.eosTokens;
  const selection = options.selection ?? model.selection;
  const cache = makeKvCache(ctx, config, end);
  const tap = new Tap(ctx.gpu, ctx.buffers, config.vocab * ELEMENT_BYTES, "logits");
  try {
    let fresh = Uint32Array.from(prompt);
    for (let position = prompt.length; position < end; position++) {
      const logits = ctx.step(() => {
        const ids = ctx.upload(fresh, [fresh.length], "ids");
        const start = ctx.upload(Uint32Array.of(position - fresh.length), [1], "start");
        return nextTokenLogits(ctx, model, ids, { selection, start, cache });
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
