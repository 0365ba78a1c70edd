// Runs a task on the GPU: one forward pass per continuation, scored from the log-sum-exp of its rows.
import type { Ctx } from "../../ctx.ts";
import { EngineError, invariant } from "../../errors.ts";
import { frequencySet } from "../../config/ropeFrequencies.ts";
import { type ModelConfig, ropesOf } from "../../config/modelConfig.ts";
import { decoderHidden, decoderTokenTerms } from "../../model/decoder.ts";
import { type KvCache, makeKvCache } from "../../model/kvCache.ts";
import type { Model } from "../../model/load.ts";
import type { OpenedModel } from "../../model/open.ts";
import type { Selection } from "../../model/selection.ts";
import type { Tokenizer } from "../../tokenizer/tokenizer.ts";
import type { ZeroShotTask } from "./task.ts";
import { type ItemScore, taskScore, type TaskScore } from "./taskScore.ts";

interface ScoreOptions {
  /** Default: the model's own selection. */
  selection?: Selection | undefined;
  onItem?: ((done: number, of: number) => void) | undefined;
  /** Checked before each item; true cancels. */
  cancelled?: (() => boolean) | undefined;
}

/** Ids of a context and its continuation, of which the last `scored` are the continuation's. The model reads all but the last. */
interface Sequence {
  ids: readonly number[];
  scored: number;
}

interface ContinuationScore {
  logLikelihood: number;
  greedy: boolean;
}

const LENGTH_STEP = 32;
/** Shorter beginnings are not worth a pass of their own. */
const MIN_SHARED = 16;
/** Items up to this length share their beginnings; the cache of a long context would take gigabytes. */
const CACHED_TOKENS = 2048;

/** A model with its tokenizer. */
type Subject = Pick<OpenedModel, "model"> & { tokenizer: Pick<Tokenizer, "encode"> };

/** Scores every item. Throws "cancelled" between items, "shape" for a continuation without tokens, and "not-finite". */
export async function scoreTask(
  ctx: Ctx,
  subject: Subject,
  task: ZeroShotTask,
  options: ScoreOptions = {},
): Promise<TaskScore> {
  return taskScore(task, await scoreItems(ctx, subject, task, options));
}

/** The log-likelihoods behind `scoreTask`. */
export async function scoreItems(
  ctx: Ctx,
  { model, tokenizer }: Subject,
  { name, items, alone }: ZeroShotTask,
  { selection = model.selection, onItem, cancelled }: ScoreOptions = {},
): Promise<ItemScore[]> {
  const cache = makeKvCache(ctx, model.config, Math.min(model.config.context, CACHED_TOKENS));
  const scores: ItemScore[] = [];
  try {
    for (const [index, item] of items.entries()) {
      if (cancelled?.()) throw new EngineError("cancelled", "The measurement was stopped.");
      const place = `${name}: item ${index + 1}`;
      const score = (context: string): Promise<ContinuationScore[]> => {
        const sequences = item.continuations.map((continuation, choice) =>
          fitted(pairIds(tokenizer, model, context, continuation), model, `${place}, continuation ${choice + 1}`),
        );
        return scoreSequences(ctx, model, sequences, { selection, cache });
      };
      const after = await score(item.context);
      const sums = after.map(({ logLikelihood }) => logLikelihood);
      invariant(
        sums.every(Number.isFinite),
        "not-finite",
        `${place} has log-likelihoods ${sums.join(", ")}. The model's weights may be damaged.`,
      );
      const without = alone ? { alone: (await score("")).map(({ logLikelihood }) => logLikelihood) } : {};
      scores.push({ logLikelihoods: sums, greedy: after.map(({ greedy }) => greedy), ...without });
      onItem?.(index + 1, items.length);
    }
    return scores;
  } finally {
    cache.free();
  }
}

/**
 * Ids of context and continuation, split as lm-evaluation-harness does: spaces at the end of the context belong to the continuation, and an
 * empty context is the token that texts begin with.
 */
function pairIds(
  tokenizer: Pick<Tokenizer, "encode">,
  { config }: Model,
  context: string,
  continuation: string,
): { ids: number[]; scored: number } {
  const trimmed = context.trimEnd();
  const moved = context.slice(trimmed.length) + continuation;
  if (trimmed === "") {
    const first = config.bosToken ?? config.eosTokens[0];
    invariant(
      first !== undefined,
      "unsupported",
      "task without a context: expected a model with a bos or eos token to begin with, got none. Give every item a context.",
    );
    const ids = tokenizer.encode(moved);
    return { ids: [first, ...ids], scored: ids.length };
  }
  const ids = tokenizer.encode(trimmed + moved);
  return { ids, scored: ids.length - tokenizer.encode(trimmed).length };
}

/**
 * Cuts ids on the left: the model's context of them is read, and one more is only predicted, as lm-evaluation-harness does it
 * (`ids[-(max_length + 1):][:-1]`). At least one id before the continuation has to remain.
 */
function fitted({ ids, scored }: Sequence, { config: { context: limit } }: Model, place: string): Sequence {
  invariant(scored > 0, "shape", `${place}: expected at least 1 token, got ${scored}. Leave this item out.`);
  invariant(
    scored <= limit,
    "limit",
    `${place}: expected at most ${limit} tokens, this model's context, got ${scored}. Leave this item out.`,
  );
  return { ids: ids.slice(-limit - 1), scored };
}

/** Scores the continuations of one item. What they share runs once, into the KV cache, where that gives the same numbers. */
async function scoreSequences(
  ctx: Ctx,
  model: Model,
  sequences: readonly Sequence[],
  { selection, cache }: { selection: Selection; cache: KvCache },
): Promise<ContinuationScore[]> {
  const padded = sequences.map(({ ids }) => paddedLength(model.config, ids.length - 1));
  // The row before a scored token predicts it, so it cannot be shared.
  const shared = Math.min(commonLength(sequences), ...sequences.map(({ ids, scored }) => ids.length - 1 - scored));
  const set = (length: number): string =>
    ropesOf(model.config)
      .map((rope) => frequencySet(rope, length))
      .join();
  const sameTable = padded.every((length) => length <= cache.capacity && set(length) === set(shared));
  const start = sequences.length > 1 && shared >= MIN_SHARED && sameTable ? shared : 0;
  if (start > 0) {
    const before = Uint32Array.from(sequences[0]?.ids.slice(0, start) ?? []);
    ctx.step(() => decoderHidden(ctx, model, ctx.upload(before, [start], "context"), { selection, cache }));
  }
  // All continuations are queued before the first is read.
  const rows = sequences.map((sequence, i) => {
    const ids = new Uint32Array((padded[i] ?? 0) - start + 1).fill(sequence.ids.at(-1) ?? 0);
    ids.set(sequence.ids.slice(start));
    const terms = ctx.step(() => {
      const options = start > 0 ? { selection, cache, start } : { selection };
      return decoderTokenTerms(ctx, model, ctx.upload(ids, [ids.length], "continuation"), options);
    });
    return ctx.read(terms);
  });
  return (await Promise.all(rows)).map((terms, i) => {
    const { ids, scored } = sequences[i] ?? { ids: [], scored: 0 };
    return continuationScore(terms, ids.length - 1 - scored - start, scored);
  });
}

/** Tokens that all sequences begin with. */
function commonLength([first, ...others]: readonly Sequence[]): number {
  const ids = first?.ids ?? [];
  const differs = ids.findIndex((id, t) => others.some((other) => other.ids[t] !== id));
  return differs === -1 ? ids.length : differs;
}

/** The length rounded up, so that few shapes of buffers exist. What follows a token does not change its loss, unless RoPE depends on the length. */
function paddedLength({ context, rope }: ModelConfig, length: number): number {
  const rounded = Math.min(context, Math.ceil(length / LENGTH_STEP) * LENGTH_STEP);
  return rope && frequencySet(rope, rounded) !== frequencySet(rope, length) ? length : rounded;
}

/** Sums over `count` rows of crossEntropyTerms, from row `first` on. */
function continuationScore(terms: Float32Array, first: number, count: number): ContinuationScore {
  let logLikelihood = 0;
  let greedy = true;
  for (let row = first; row < first + count; row++) {
    const [top = NaN, spread = NaN, target = NaN] = terms.subarray(4 * row, 4 * row + 3);
    logLikelihood += target - top - spread;
    greedy &&= target === top;
  }
  return { logLikelihood, greedy };
}
