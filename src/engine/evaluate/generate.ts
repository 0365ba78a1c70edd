// Generates text with a KV cache: the prompt in one forward, then one row per token.
import type { Ctx } from "../ctx.ts";
import { invariant } from "../errors.ts";
import { Tap } from "../gpu/readback.ts";
import { type KvCache, makeKvCache } from "../model/kvCache.ts";
import { nextTokenLogits } from "../model/decoder.ts";
import type { Model } from "../model/load.ts";
import type { Selection } from "../model/selection.ts";
import { argmaxInto } from "../ops/argmax.ts";
import { ELEMENT_BYTES, elements, type Tensor } from "../tensor.ts";
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
  const decoding: Decoding = {
    ...{ ctx, model, prompt, end },
    selection: options.selection ?? model.selection,
    cache: makeKvCache(ctx, config, end),
  };
  for (const rope of model.weights.ropes) rope.upTo(end); // so that they do not grow from token to token
  try {
    const tokens = options.temperature <= 0 ? greedy(decoding) : sampled(decoding, options);
    for await (const token of tokens) {
      if (stops.includes(token)) return;
      yield token;
    }
  } finally {
    decoding.cache.free();
  }
}

/** A generation under way, up to position `end`. */
interface Decoding {
  ctx: Ctx;
  model: Model;
  prompt: readonly number[];
  end: number;
  selection: Selection;
  cache: KvCache;
}

/** Logits (1, V) of the token at `position`, from the tokens before it that the cache lacks; within a step. */
function logitsAt({ ctx, model, selection, cache }: Decoding, ids: Tensor, position: number): Tensor {
  return nextTokenLogits(ctx, model, ids, { selection, start: position - elements(ids), cache });
}

/** Samples on the CPU, so every token waits for its logits. */
async function* sampled(
  decoding: Decoding,
  { temperature, seed }: Pick<GenerateOptions, "temperature" | "seed">,
): AsyncGenerator<number> {
  const { ctx, model, prompt, end } = decoding;
  const tap = new Tap(ctx.gpu, ctx.buffers, model.config.vocab * ELEMENT_BYTES, "logits");
  try {
    let fresh = Uint32Array.from(prompt);
    for (let position = prompt.length; position < end; position++) {
      const logits = ctx.step(() => logitsAt(decoding, ctx.upload(fresh, [fresh.length], "ids"), position));
      const token = sample(new Float32Array(await tap.read(logits.buffer)), temperature, seed, position);
      yield token;
      fresh = Uint32Array.of(token);
    }
  } finally {
    tap.free();
  }
}

/** Most tokens between two reads, and the time that they may take together: what a person waits for a stop. */
const MOST_AHEAD = 16;
const AHEAD_MS = 50;

/** Takes the largest logit on the GPU, where the next step reads it: several tokens are submitted before the first is read back. */
async function* greedy(decoding: Decoding): AsyncGenerator<number> {
  const { ctx, prompt, end } = decoding;
  const index = ctx.persistent("token", [1], { dtype: "u32" });
  const history = ctx.persistent("tokens", [MOST_AHEAD]);
  const tap = new Tap(ctx.gpu, ctx.buffers, MOST_AHEAD * ELEMENT_BYTES, "tokens");
  try {
    let ahead = 1;
    for (let position = prompt.length; position < end;) {
      const count = Math.min(ahead, end - position);
      const began = performance.now();
      for (let slot = 0; slot < count; slot++) {
        const at = position + slot;
        ctx.step(() => {
          const ids = at === prompt.length ? ctx.upload(Uint32Array.from(prompt), [prompt.length], "ids") : index;
          argmaxInto(ctx, logitsAt(decoding, ids, at), { index, history, slot });
        });
      }
      const tokens = new Float32Array(await tap.read(history.buffer)).subarray(0, count);
      if (position > prompt.length) ahead = tokensWithin(AHEAD_MS, (performance.now() - began) / count);
      yield* tokens;
      position += count;
    }
  } finally {
    tap.free();
    ctx.free(index, history);
  }
}

const tokensWithin = (ms: number, each: number): number => Math.max(1, Math.min(MOST_AHEAD, Math.floor(ms / each)));
