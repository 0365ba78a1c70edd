// How long the dense and the pruned model take on this adapter: a forward over some tokens, and each token decoded with the KV cache.
import type { Ctx } from "../ctx.ts";
import { EngineError, invariant } from "../errors.ts";
import { decoderForward } from "../model/decoder.ts";
import type { Model } from "../model/load.ts";
import { generate } from "./generate.ts";
import { clearlyApart, type Spread, spreadOf } from "./spread.ts";

/** The two models of a comparison. */
export type Pair<T> = Record<"dense" | "pruned", T>;

/** Milliseconds of each repetition: of a forward over all tokens, and per token decoded after them. */
interface ModelTimes {
  forwardMs: number[];
  decodeMs: number[];
}

/** One row of a comparison: milliseconds of a forward, or of a decoded token. */
export interface SpeedRow {
  runtime: string;
  version: string;
  what: "forward" | "decode";
  ms: Pair<Spread>;
  /** Median time of the dense model over that of the pruned one; below 1 the pruned model is slower. */
  speedup: number;
  /** Whether the repetitions of the two differ clearly; otherwise the speed-up may be chance. */
  clear: boolean;
}

/** The measurements on one machine, and how they were made. */
export interface SpeedReport {
  adapter: string;
  /** Threads of onnxruntime-web, if it was measured. */
  threads?: number;
  /** Tokens of the forward, tokens decoded after them in each repetition, and the number of repetitions. */
  tokens: number;
  decodeTokens: number;
  repeats: number;
  rows: readonly SpeedRow[];
}

interface SpeedOptions {
  /** Tokens decoded in each repetition. */
  decodeTokens: number;
  repeats: number;
  /** Repetitions done and in total; the first one warms up and is not counted in the results. */
  onRepeat?: (done: number, of: number) => void;
  cancelled?: () => boolean;
}

/**
 * Times both models in turn, so that other load on the machine affects both equally. A first turn compiles and is not counted.
 * ids: the tokens of the forward, and the prompt of the decoding. Throws "limit" if the context has no room for more tokens, and "cancelled".
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
      if (cancelled()) throw new EngineError("cancelled", "The measurement was stopped.");
      const forwardMs = await timeForward(ctx, models[subject], ids);
      const decodeMs = await timeDecoding(ctx, models[subject], ids, decodeTokens);
      if (turn === 0) continue;
      times[subject].forwardMs.push(forwardMs);
      times[subject].decodeMs.push(decodeMs);
    }
    onRepeat?.(turn + 1, repeats + 1);
  }
  ctx.freeStep();
  return times;
}

/** The rows of one runtime. Throws "not-finite" if a time is missing. */
export function speedRows(runtime: string, version: string, { dense, pruned }: Pair<ModelTimes>): SpeedRow[] {
  return (["forward", "decode"] as const).map((what) => {
    const key = `${what}Ms` as const;
    const ms = { dense: spreadOf(dense[key]), pruned: spreadOf(pruned[key]) };
    const speedup = ms.dense.median / ms.pruned.median;
    invariant(
      Number.isFinite(speedup) && speedup > 0,
      "not-finite",
      `${runtime}: ${what}: expected times above zero, got ${ms.dense.median} and ${ms.pruned.median} ms. Measure again.`,
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

/** Milliseconds per token of greedy generation after the first, which waits for the prompt. */
async function timeDecoding(ctx: Ctx, model: Model, ids: Uint32Array, tokens: number): Promise<number> {
  let first = 0;
  let last = 0;
  let count = -1;
  const options = { tokens: tokens + 1, temperature: 0, seed: 0, stopTokens: [] };
  for await (const token of generate(ctx, model, [...ids], options)) {
    count += token >= 0 ? 1 : 0;
    last = performance.now();
    if (count === 0) first = last;
  }
  invariant(
    count === tokens,
    "limit",
    `expected at most the model's context of ${model.config.context} tokens, got ${ids.length} and ${tokens} to decode. Measure with fewer.`,
  );
  return (last - first) / count;
}
