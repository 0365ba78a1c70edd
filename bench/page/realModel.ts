// A model of a real size: how long its file takes to open, how long a training step takes, and in how much memory.
import { type ServedFolder, servedModel } from "../../src/cli/page/servedModel.ts";
import { Ctx, DEFAULT_RECIPE, Gpu, openModel, Session, tuneMatmul } from "../../src/engine/index.ts";
import { spreadOf, type Spread } from "../../src/lab/timing.ts";

export interface RealModelRequest {
  model: ServedFolder;
  text: string;
  tokens: number;
  steps: number;
}

export interface RealModelFigure {
  adapter: string;
  model: string;
  tokens: number;
  steps: number;
  /** From the file to a model on the GPU with its kernels compiled. */
  openSeconds: number;
  ms: Spread;
  /** The first step compiles, so `ms` leaves it out. */
  firstStepMs: number;
  /** In use while it trains: weights, activations, hypernetwork and optimiser state. */
  gpuBytes: number;
  weightBytes: number;
}

/** Trains `steps` steps after a first one that compiles. */
export async function benchRealModel(
  { model: served, text, tokens, steps }: RealModelRequest,
  log: (line: string) => void,
): Promise<RealModelFigure> {
  const ctx = new Ctx(await Gpu.open());
  await ctx.gpu.checked("the first kernels", () => tuneMatmul(ctx));
  const began = performance.now();
  const opened = await openModel(ctx, await servedModel(served));
  const openSeconds = (performance.now() - began) / 1000;
  log(`${opened.name} opened in ${openSeconds.toFixed(1)} s`);
  const ids = Uint32Array.from(opened.tokenizer.encode(text));
  const recipe = { ...DEFAULT_RECIPE, tokens, steps: steps + 1, checkpointEvery: 10_000 };
  const session = new Session(ctx, opened.model, { recipe, text: ids, subject: "bench" });
  const times: number[] = [];
  for (let step = 0; step <= steps; step++) {
    const start = performance.now();
    await session.run({ due: () => false, onReport: () => undefined, steps: 1 });
    times.push(performance.now() - start);
    log(`step ${step} of ${steps}: ${(times[step] ?? NaN).toFixed(0)} ms`);
  }
  const [firstStepMs = NaN, ...rest] = times;
  const figure = {
    adapter: ctx.gpu.facts.name,
    model: opened.name,
    tokens,
    steps,
    openSeconds,
    ms: spreadOf(rest),
    firstStepMs,
    gpuBytes: ctx.buffers.bytesInUse,
    weightBytes: opened.model.gpuBytes,
  };
  session.free();
  ctx.gpu.destroy();
  return figure;
}
