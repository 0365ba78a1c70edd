// Where the time of a training step goes, by kernel: the GPU's own timestamps around every dispatch.
import { servedModel, type ServedFolder } from "../../src/cli/page/servedModel.ts";
import type { KernelTime } from "../../src/engine/gpu/profile.ts";
import { Ctx, DEFAULT_RECIPE, Gpu, openModel, Session, matmulText, tuneMatmul } from "../../src/engine/index.ts";
import { profileStep } from "../../src/lab/profileStep.ts";
import { type Spread, spreadOf } from "../../src/lab/timing.ts";

const WARM_UP_STEPS = 3;

interface ProfileRequest {
  model: ServedFolder;
  text: string;
  /** Per training step. */
  tokens: number;
  /** Steps that are profiled, one after the other. */
  steps: number;
}

export interface ProfileFigure {
  adapter: string;
  matmul: string;
  model: string;
  tokens: number;
  steps: number;
  /** Milliseconds of a step without timestamps: what a user waits for. */
  stepMs: Spread;
  /** Per step; milliseconds are medians over the profiled steps. Most time first. */
  kernels: KernelTime[];
}

/** Profiles training steps of a model. Throws where the adapter has no timestamps. */
export async function benchProfile({ model, text, tokens, steps }: ProfileRequest): Promise<ProfileFigure> {
  const ctx = new Ctx(await Gpu.open());
  try {
    const { name: adapter, timestamps } = ctx.gpu.facts;
    if (!timestamps)
      throw new Error(
        `expected an adapter with timestamp queries, got ${adapter}; npm run bench times steps without them`,
      );
    await ctx.gpu.checked("the first kernels", () => tuneMatmul(ctx));
    const opened = await openModel(ctx, await servedModel(model));
    const ids = Uint32Array.from(opened.tokenizer.encode(text));
    const recipe = { ...DEFAULT_RECIPE, tokens, steps: WARM_UP_STEPS + 2 * steps, checkpointEvery: 10_000 };
    const session = new Session(ctx, opened.model, { recipe, text: ids, subject: "bench" });
    const run = (count: number): Promise<void> =>
      session.run({ due: () => false, onReport: () => undefined, steps: count });
    await run(WARM_UP_STEPS);
    const times: number[] = [];
    const profiles: KernelTime[][] = [];
    for (let step = 0; step < steps; step++) {
      const began = performance.now();
      await run(1);
      times.push(performance.now() - began);
      profiles.push(await profileStep(ctx, () => run(1)));
    }
    return {
      ...{ adapter, matmul: matmulText(ctx.matmulTable), model: opened.name, tokens, steps },
      stepMs: spreadOf(times),
      kernels: mediansOf(profiles),
    };
  } finally {
    ctx.gpu.destroy();
  }
}

/** Each kernel's median over the steps, which all dispatch the same kernels. */
function mediansOf(profiles: readonly KernelTime[][]): KernelTime[] {
  const [first = []] = profiles;
  return first
    .map(({ label, dispatches }) => {
      const found = profiles.map((kernels) => kernels.find((one) => one.label === label)?.ms ?? 0);
      return { label, dispatches, ms: spreadOf(found).median };
    })
    .sort((a, b) => b.ms - a.ms);
}
