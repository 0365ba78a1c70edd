// Runs a task on the GPU: one forward pass per continuation, scored from the log-sum-exp of its rows.
import type { Ctx } from "../../ctx.ts";
import { EngineError, invariant } from "../../errors.ts";
import { decoderTokenTerms } from "../../model/decoder.ts";
import type { Model } from "../../model/load.ts";
import type { OpenedModel } from "../../model/open.ts";
import type { Selection } from "../../model/selection.ts";
import type { Tokenizer } from "../../tokenizer/tokenizer.ts";
import type { Task } from "./task.ts";
import { type ItemScore, taskScore, type TaskScore } from "./taskScore.ts";

interface ScoreOptions {
  /** Default: the model's own selection. */
  selection?: Selection | undefined;
  onItem?: ((done: number, of: number) => void) | undefined;
  /** Checked before each item; true cancels. */
  cancelled?: (() => boolean) | undefined;
}

/** A continuation after its context: the last `scored` of the first `length` ids. What follows them is padding. */
interface Sequence {
  ids: Uint32Array<ArrayBuffer>;
  length: number;
  scored: number;
}

interface ContinuationScore {
  logLikelihood: number;
  greedy: boolean;
}

/** Lengths are rounded up to a multiple of this, so that few shapes of buffers exist. What follows a token does not change its loss. */
const LENGTH_STEP = 32;

/** A model with its tokenizer. */
type Subject = Pick<OpenedModel, "model"> & { tokenizer: Pick<Tokenizer, "encode"> };

/** Scores every item. Throws "cancelled" between items, "shape" for a continuation without tokens, and "not-finite". */
export async function scoreTask(
  ctx: Ctx,
  subject: Subject,
  task: Task,
  options: ScoreOptions = {},
): Promise<TaskScore> {
  return taskScore(task, await scoreItems(ctx, subject, task, options));
}

/** The log-likelihoods behind `scoreTask`. */
export async function scoreItems(
  ctx: Ctx,
  { model, tokenizer }: Subject,
  { name, items, alone }: Task,
  { selection = model.selection, onItem, cancelled }: ScoreOptions = {},
): Promise<ItemScore[]> {
  const scores: ItemScore[] = [];
  for (const [index, { context, continuations }] of items.entries()) {
    if (cancelled?.()) throw new EngineError("cancelled", "The measurement was stopped.");
    const score = (before: string): Promise<ContinuationScore[]> => {
      const sequences = continuations.map((continuation, choice) => {
        const place = `${name}: item ${index + 1}, continuation ${choice + 1}`;
        return fitted(pairIds(tokenizer, model, before, continuation), model.config.context, place);
      });
      // All continuations are queued before the first is read.
      return Promise.all(sequences.map((sequence) => scoreSequence(ctx, model, sequence, selection)));
    };
    const after = await score(context);
    const sums = after.map(({ logLikelihood }) => logLikelihood);
    invariant(
      sums.every(Number.isFinite),
      "not-finite",
      `${name}: item ${index + 1} has log-likelihoods ${sums.join(", ")}. The model's weights may be damaged.`,
    );
    const without = alone ? { alone: (await score("")).map(({ logLikelihood }) => logLikelihood) } : {};
    scores.push({ logLikelihoods: sums, greedy: after.map(({ greedy }) => greedy), ...without });
    onItem?.(index + 1, items.length);
  }
  return scores;
}

/** Ids of context and continuation, split as lm-evaluation-harness does: spaces at the end of the context belong to the continuation. */
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

/** The last `limit` tokens, padded to a round length. At least one token of the context has to remain. */
function fitted({ ids, scored }: { ids: number[]; scored: number }, limit: number, place: string): Sequence {
  invariant(scored > 0, "shape", `${place}: expected at least 1 token, got ${scored}. Leave this item out.`);
  invariant(
    scored < limit,
    "limit",
    `${place}: expected fewer tokens than this model's context of ${limit}, got ${scored}. Leave this item out.`,
  );
  const kept = ids.slice(-limit);
  const padded = new Uint32Array(Math.min(limit, Math.ceil(kept.length / LENGTH_STEP) * LENGTH_STEP)).fill(
    kept.at(-1) ?? 0,
  );
  padded.set(kept);
  return { ids: padded, scored, length: kept.length };
}

async function scoreSequence(
  ctx: Ctx,
  model: Model,
  { ids, length, scored }: Sequence,
  selection: Selection,
): Promise<ContinuationScore> {
  const terms = ctx.step(() => decoderTokenTerms(ctx, model, ctx.upload(ids, [ids.length], "task"), { selection }));
  const rows = await ctx.read(terms);
  let logLikelihood = 0;
  let greedy = true;
  for (let t = length - 1 - scored; t < length - 1; t++) {
    const [top = NaN, spread = NaN, target = NaN] = rows.subarray(4 * t, 4 * t + 3);
    logLikelihood += target - top - spread;
    greedy &&= target === top;
  }
  return { logLikelihood, greedy };
}
