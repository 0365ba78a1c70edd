// What a user waits for: a training step and a decoded token; and the GPU memory of training.
import type { Ctx } from "../engine/ctx.ts";
import { generate } from "../engine/evaluate/generate.ts";
import type { KernelTime } from "../engine/gpu/profile.ts";
import { countParameters, type ModelConfig } from "../engine/config/config.ts";
import type { Model } from "../engine/model/load.ts";
import type { OpenedModel } from "../engine/model/open.ts";
import { DEFAULT_RECIPE } from "../engine/recipes/recipe.ts";
import { Session } from "../engine/train/session.ts";
import { PEAK_LOOPS, type PeakLoop, peakOnce } from "./peak.ts";
import { profileStep } from "./profileStep.ts";
import { spreadOf, type Spread } from "./timing.ts";

export interface StepFigure {
  tokens: number;
  ms: Spread;
  /** GFLOPS over the peak of the same round. */
  share: Record<PeakLoop, Spread>;
  /** `stepFlop` over the time. */
  gflops: Spread;
  /** In use while the model trains. */
  gpuBytes: number;
  /** Where the time of one step goes, by kernel; empty where the adapter has no timestamps. */
  kernels: KernelTime[];
}

/** Floating-point operations of a step's linear layers, which are frozen: 4 x (block + head weights) x tokens. */
export function stepFlop(config: ModelConfig, tokens: number): number {
  const { blocks, embeddings, head } = countParameters(config);
  return 4 * (blocks + (config.tiedHead ? embeddings : head)) * tokens;
}

const WARM_UP_STEPS = 3;
const STEPS_PER_ROUND = 2;
const PROMPT_TOKENS = 16;
const NEW_TOKENS = 48;

/** Times training steps of `tokens` tokens of `text` (ids), `rounds` times. `onRound` is called before each round and may throw to end it. */
export async function benchStep(
  ctx: Ctx,
  { model, config }: OpenedModel,
  {
    text,
    tokens,
    rounds,
    stepsPerRound = STEPS_PER_ROUND,
    onRound,
  }: { text: Uint32Array; tokens: number; rounds: number; stepsPerRound?: number; onRound?: () => void },
): Promise<StepFigure> {
  const flop = stepFlop(config, tokens);
  const recipe = { ...DEFAULT_RECIPE, tokens, steps: 10_000, checkpointEvery: 10_000 };
  const session = new Session(ctx, model, { recipe, text, subject: "bench" });
  const run = (steps: number): Promise<void> => session.run({ due: () => false, onReport: () => undefined, steps });
  await run(WARM_UP_STEPS);
  const ms: number[] = [];
  const gflops: number[] = [];
  const shares: Record<PeakLoop, number[]> = { vector: [], scalar: [] };
  for (let round = 0; round < rounds; round++) {
    onRound?.();
    const began = performance.now();
    await run(stepsPerRound);
    const msPerStep = (performance.now() - began) / stepsPerRound;
    ms.push(msPerStep);
    gflops.push(flop / msPerStep / 1e6);
    for (const loop of PEAK_LOOPS) shares[loop].push(flop / msPerStep / 1e6 / (await peakOnce(ctx, loop)));
  }
  const gpuBytes = ctx.buffers.bytesInUse;
  const kernels = await profileStep(ctx, () => run(1));
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

export interface DecodeFigure {
  promptTokens: number;
  newTokens: number;
  tokensPerSecond: Spread;
  /** Where the time of one token goes, by kernel; empty where the adapter has no timestamps. */
  kernels: KernelTime[];
}

/** Greedy decoding with the KV cache, after a prompt of the first tokens of `text` (ids). */
export async function benchDecode(
  ctx: Ctx,
  { model }: { model: Model },
  text: Uint32Array,
  rounds: number,
): Promise<DecodeFigure> {
  const prompt = [...text.subarray(0, PROMPT_TOKENS)];
  const options = { tokens: NEW_TOKENS, temperature: 0, seed: 0, stopTokens: [] };
  const rates: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    let began = 0;
    let count = -1; // the clock starts with the first token, which waits for the prompt
    for await (const token of generate(ctx, model, prompt, options)) {
      if (count < 0) began = performance.now();
      count += token >= 0 ? 1 : 0;
    }
    if (round > 0) rates.push((1000 * count) / (performance.now() - began)); // round 0 compiles
  }
  const two = generate(ctx, model, prompt, { ...options, tokens: 2 });
  await two.next(); // the prompt's
  const kernels = await profileStep(ctx, () => two.next());
  await two.return(undefined);
  ctx.freeStep();
  return { promptTokens: prompt.length, newTokens: NEW_TOKENS, tokensPerSecond: spreadOf(rates), kernels };
}
