// A model of a real size: how long its file takes to open, how long a training step takes, unpacked and in the blocks of
// its file, and in how much memory.
import { type ServedFolder, servedModel } from "../../src/cli/page/servedModel.ts";
import { Ctx, DEFAULT_RECIPE, Gpu, openModel, type OpenedModel, Session, tuneMatmul } from "../../src/engine/index.ts";
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
  /** The first step compiles and allocates, so `ms` leaves it and the next two out. */
  firstStepMs: number;
  /** In use while it trains: weights, activations, hypernetwork and optimiser state. */
  gpuBytes: number;
  weightBytes: number;
  /** Steps with the matrices in the blocks of the file; `ratio`: each step's time over that of the unpacked step before it. */
  blocks?: { ms: Spread; ratio: Spread; weightBytes: number };
}

/** The first steps compile and allocate. */
const WARM_UP_STEPS = 3;

/** Trains `steps` steps of the unpacked model. A file with quantised blocks is trained in these too: one step of each, in turns. */
export async function benchRealModel(
  { model: served, text, tokens, steps }: RealModelRequest,
  log: (line: string) => void,
): Promise<RealModelFigure> {
  const ctx = new Ctx(await Gpu.open());
  await ctx.gpu.checked("the first kernels", () => tuneMatmul(ctx));
  const folder = await servedModel(served);
  const began = performance.now();
  const opened = await openModel(ctx, folder);
  const openSeconds = (performance.now() - began) / 1000;
  log(`${opened.name} opened in ${openSeconds.toFixed(1)} s`);
  const recipe = { ...DEFAULT_RECIPE, tokens, steps: WARM_UP_STEPS + steps, checkpointEvery: 10_000 };
  const ids = Uint32Array.from(opened.tokenizer.encode(text));
  const sessionOf = ({ model }: OpenedModel): Session =>
    new Session(ctx, model, { recipe, text: ids, subject: "bench" });
  const unpacked = sessionOf(opened);
  const [firstStepMs = NaN] = await warmedUp(unpacked);
  const gpuBytes = ctx.buffers.bytesInUse;
  const packed = folder.blocks && (await openModel(ctx, folder, { precision: "file" }));
  const quantised = packed && sessionOf(packed);
  if (quantised) await warmedUp(quantised);
  const times: { plain: number; blocks: number }[] = [];
  for (let step = 1; step <= steps; step++) {
    const plain = await stepMs(unpacked);
    const blocks = quantised ? await stepMs(quantised) : NaN;
    times.push({ plain, blocks });
    log(
      `step ${step} of ${steps}: ${plain.toFixed(0)} ms${quantised ? `, in the file's blocks ${blocks.toFixed(0)} ms` : ""}`,
    );
  }
  const figure = {
    ...{ adapter: ctx.gpu.facts.name, model: opened.name, tokens, steps, openSeconds },
    ms: spreadOf(times.map(({ plain }) => plain)),
    ...{ firstStepMs, gpuBytes, weightBytes: opened.model.gpuBytes },
    ...(packed
      ? {
          blocks: {
            ms: spreadOf(times.map(({ blocks }) => blocks)),
            ratio: spreadOf(times.map(({ plain, blocks }) => blocks / plain)),
            weightBytes: packed.model.gpuBytes,
          },
        }
      : {}),
  };
  unpacked.free();
  quantised?.free();
  ctx.gpu.destroy();
  return figure;
}

async function warmedUp(session: Session): Promise<number[]> {
  const times: number[] = [];
  for (let step = 0; step < WARM_UP_STEPS; step++) times.push(await stepMs(session));
  return times;
}

async function stepMs(session: Session): Promise<number> {
  const start = performance.now();
  await session.run({ due: () => false, onReport: () => undefined, steps: 1 });
  return performance.now() - start;
}
