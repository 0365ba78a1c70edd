// The guard of a recovery: a slice of the training text that is neither trained on nor reported, and on which the weights must improve.
import type { Ctx } from "../ctx.ts";
import { invariant } from "../errors.ts";
import { perplexity } from "../evaluate/perplexity.ts";
import type { Model } from "../model/load.ts";

/** The guard's share of the training text, taken from its end. */
const SHARE = 0.05;
/** It has at least this many windows. */
const LEAST_WINDOWS = 2;
/** The largest share that these windows may take; a shorter text gets shorter windows. */
const MOST = 0.25;
/** Tokens that are measured each time: the first ones of the slice, at least two windows. */
const MEASURED_TOKENS = 4096;

export interface GuardedText {
  /** Token ids to train on. */
  training: Uint32Array;
  /** Token ids that the guard measures. */
  guard: Uint32Array;
  /** Tokens of a window of the guard. */
  context: number;
}

/** Divides a training text. context: tokens of a window, which get fewer in a short text. Throws "shape" for a text of less than 16 tokens. */
export function guardedText(text: Uint32Array, context: number): GuardedText {
  invariant(
    text.length >= 16,
    "shape",
    `training text: expected at least 16 tokens, got ${text.length}. Choose a longer text.`,
  );
  const window = Math.min(context, Math.floor((MOST * text.length) / LEAST_WINDOWS));
  const length = Math.max(LEAST_WINDOWS * window, Math.floor(SHARE * text.length));
  const first = text.length - length;
  const measured = Math.min(length, Math.max(LEAST_WINDOWS * window, MEASURED_TOKENS));
  return { training: text.subarray(0, first), guard: text.subarray(first, first + measured), context: window };
}

/** What the guard has measured so far: perplexities of its slice. */
export interface GuardRecord {
  /** Of the pruned model. */
  before: number;
  /** The best so far, and the step after which it was measured; 0 is the pruned model. */
  best: number;
  bestStep: number;
  /** The last one, and its step. */
  last: number;
  lastStep: number;
  tokens: number;
}

/** Perplexity on the guard's slice. */
export const guardPerplexity = async (ctx: Ctx, model: Model, { guard, context }: GuardedText): Promise<number> =>
  (await perplexity(ctx, model, guard, { context })).value;

/** The record after a measurement: NaN is never better. */
export function guarded(record: GuardRecord | undefined, step: number, value: number, tokens: number): GuardRecord {
  if (!record) return { before: value, best: value, bestStep: step, last: value, lastStep: step, tokens };
  const better = value < record.best;
  return { ...record, last: value, lastStep: step, ...(better ? { best: value, bestStep: step } : {}) };
}
