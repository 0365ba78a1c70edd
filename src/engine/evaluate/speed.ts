// How long a model takes on this adapter, dense beside pruned: a forward over some tokens, and a token decoded with the KV cache.
import type { Ctx } from "../ctx.ts";
import { EngineError, invariant } from "../errors.ts";
import { decoderForward } from "../model/decoder.ts";
import type { Model } from "../model/load.ts";
import { generate } from "./generate.ts";
import { clearlyApart, type Spread, spreadOf } from "./spread.ts";

/** The two models of a comparison. */
export type Pair<T> = Record<"dense" | "pruned", T>;

/** Milliseconds, one number a repetition: of a forward over all tokens, and of each token decoded behind them. */
export interface ModelTimes {
  forwardMs: number[];
  decodeMs: number[];
}

/** One line of a comparison: milliseconds of a forward, or of a decoded token. */
export interface SpeedRow {
  runtime: string;
  version: string;
  what: "forward" | "decode";
  ms: Pair<Spread>;
  /** How many times as fast as the dense model the pruned one is, by the medians; below 1 it is slower. */
  speedup: number;
  /** Whether the repetitions of the two lie apart; where they do not, the ratio may be chance. */
  clear: boolean;
}

/** What was measured on one machine, and how. */
export interface SpeedReport {
  adapter: string;
  /** Threads of onnxruntime-web; undefined where it was not measured. */
  threads?: number;
  /** Tokens of the forward, tokens decoded behind them in each repetition, repetitions. */
  tokens: number;
  decodeTokens: number;
  repeats: number;
  rows: readonly SpeedRow[];
}

export interface SpeedOptions {
  /** Tokens decoded in each repetition. */
  decodeTokens: number;
  repeats: number;
  /** Repetitions done and in all; the first of them warms up and does not count. */
  onRepeat?: (done: number, of: number) => void;
  cancelled?: () => boolean;
}

/**
 * Times both models in turns, so that what else the machine does meets both alike; a first turn compiles and does not count.
 * ids: the tokens of the forward, and the prompt of the decoding. Throws "limit" where they leave no room in the context, "cancelled".
 */
export async function timeModels(
  ctx: Ctx,
  models: Pair<Model>,
  ids: Uint32Array,
  { decodeTokens, repeats, onRepeat, cancelled = () => false }: SpeedOptions,
): Promise<Pair<ModelTimes>> {
  const times: Pair<ModelTimes> = {
    dense: { forwardMs: [], decodeMs: [] },
    pruned: { forwardMs: [], decodeMs: [] },
  };
  for (let turn = 0; turn <= repeats; turn++) {
    for (const subject of ["dense", "pruned"] as const) {
      if (cancelled()) throw new EngineError("cancelled", "The measurement was stopped; nothing is changed.");
      const forwardMs = await timeForward(ctx, models[subject], ids);
      const decodeMs = await timeDecoding(ctx, models[subject], ids, decodeTokens);
      if (turn === 0) continue;
      times[subject].forwardMs.push(forwardMs);
      times[subject].decodeMs.push(...decodeMs);
    }
    onRepeat?.(turn + 1, repeats + 1);
  }
  ctx.freeStep();
  return times;
}

/** The lines of one runtime. Throws "not-finite" where a time is missing. */
export function speedRows(runtime: string, version: string, { dense, pruned }: Pair<ModelTimes>): SpeedRow[] {
  return (["forward", "decode"] as const).map((what) => {
    const key = `${what}Ms` as const;
    const ms = { dense: spreadOf(dense[key]), pruned: spreadOf(pruned[key]) };
    const speedup = ms.dense.median / ms.pruned.median;
    invariant(
      Number.isFinite(speedup) && speedup > 0,
      "not-finite",
      `${runtime}: expected times of ${what} above zero, got ${ms.dense.median} and ${ms.pruned.median} ms; measure again`,
    );
    return { runtime, version, what, ms, speedup, clear: clearlyApart(dense[key], pruned[key]) };
  });
}

async function timeForward(ctx: Ctx, model: Model, ids: Uint32Array): Promise<number> {
  await ctx.gpu.idle();
  const began = performance.now();
  ctx.step(() => {
    const tokens = ctx.upload(ids, [ids.length], "ids");
    return decoderForward(ctx, model, tokens, { selection: model.selection });
  });
  await ctx.gpu.idle();
  return performance.now() - began;
}

/** Milliseconds from token to token, its logits read back and the likeliest chosen, as writing text does. */
async function timeDecoding(ctx: Ctx, model: Model, ids: Uint32Array, tokens: number): Promise<number[]> {
  const times: number[] = [];
  let last: number | undefined;
  const options = { tokens: tokens + 1, temperature: 0, seed: 0, stopTokens: [] };
  for await (const token of generate(ctx, model, [...ids], options)) {
    const now = performance.now();
    if (last !== undefined && token >= 0) times.push(now - last);
    last = now; // the first token waits for the prompt
  }
  invariant(
    times.length === tokens,
    "limit",
    `${ids.length} tokens and ${tokens} behind them do not fit the model's context of ${model.config.context}; measure with fewer`,
  );
  return times;
}
