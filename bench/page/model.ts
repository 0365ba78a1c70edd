// What a user waits for: a training step, a forward, a token; and the memory that it takes.
import type { Ctx } from "../../src/engine/ctx.ts";
import { generate } from "../../src/engine/evaluate/generate.ts";
import { Profile, type KernelTime } from "../../src/engine/gpu/profile.ts";
import { countParameters } from "../../src/engine/config/config.ts";
import type { OpenedModel } from "../../src/engine/model/open.ts";
import { DEFAULT_RECIPE } from "../../src/engine/recipes/recipe.ts";
import { Session } from "../../src/engine/train/session.ts";
import { PEAK_LOOPS, type PeakLoop, peakOnce } from "./peak.ts";
import { spreadOf, type Spread } from "./timing.ts";

export interface StepFigure {
  tokens: number;
  ms: Spread;
  /** 4 x (block + head weights) x tokens floating-point operations a step, over the time, over the peak of the same round. */
  share: Record<PeakLoop, Spread>;
  gflops: Spread;
  gpuBytes: number;
  /** Where one step's time goes, by kernel; empty where the adapter has no timestamps. */
  kernels: KernelTime[];
}

const WARM_UP_STEPS = 3;
const STEPS_A_ROUND = 2;

/** Times training steps of `tokens` tokens of `text`. */
export async function benchStep(
  ctx: Ctx,
  { model, config }: OpenedModel,
  text: Uint32Array,
  tokens: number,
  rounds: number,
): Promise<StepFigure> {
  const { blocks, embeddings, head } = countParameters(config);
  const flop = 4 * (blocks + (config.tiedHead ? embeddings : head)) * tokens;
  const recipe = { ...DEFAULT_RECIPE, tokens, steps: 10_000, checkpointEvery: 10_000 };
  const session = new Session(ctx, model, { recipe, text, subject: "bench" });
  const run = (steps: number): Promise<void> => session.run({ due: () => false, onReport: () => undefined, steps });
  await run(WARM_UP_STEPS);
  const ms: number[] = [];
  const gflops: number[] = [];
  const shares: Record<PeakLoop, number[]> = { vector: [], scalar: [] };
  for (let round = 0; round < rounds; round++) {
    const began = performance.now();
    await run(STEPS_A_ROUND);
    const took = (performance.now() - began) / STEPS_A_ROUND;
    ms.push(took);
    gflops.push(flop / took / 1e6);
    for (const loop of PEAK_LOOPS) shares[loop].push(flop / took / 1e6 / (await peakOnce(ctx, loop)));
  }
  const gpuBytes = ctx.buffers.bytesInUse;
  const kernels = await profileStep(ctx, run);
  session.free();
  ctx.freeStep();
  return {
    tokens,
    ms: spreadOf(ms),
    gflops: spreadOf(gflops),
    share: { vector: spreadOf(shares.vector), scalar: spreadOf(shares.scalar) },
    gpuBytes,
    kernels,
  };
}

async function profileStep(ctx: Ctx, run: (steps: number) => Promise<void>): Promise<KernelTime[]> {
  if (!ctx.gpu.facts.timestamps) return [];
  const profile = new Profile(ctx.gpu, ctx.buffers);
  ctx.profile = profile;
  await run(1);
  ctx.profile = undefined;
  const kernels = await profile.take();
  profile.free();
  return kernels;
}

export interface DecodeFigure {
  promptTokens: number;
  newTokens: number;
  tokensPerSecond: Spread;
}

/** Greedy decoding with the KV cache behind a prompt of the text's first tokens. */
export async function benchDecode(
  ctx: Ctx,
  { model }: OpenedModel,
  text: Uint32Array,
  rounds: number,
): Promise<DecodeFigure> {
  const prompt = [...text.subarray(0, 16)];
  const newTokens = 48;
  const rates: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    let began = 0;
    let count = -1; // the first token waits for the prompt
    for await (const token of generate(ctx, model, prompt, {
      tokens: newTokens,
      temperature: 0,
      seed: 0,
      stopTokens: [],
    })) {
      if (count < 0) began = performance.now();
      count += token >= 0 ? 1 : 0;
    }
    if (round > 0) rates.push((1000 * count) / (performance.now() - began)); // round 0 compiles
  }
  ctx.freeStep();
  return { promptTokens: prompt.length, newTokens, tokensPerSecond: spreadOf(rates) };
}
