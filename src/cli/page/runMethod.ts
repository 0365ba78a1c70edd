// The page's side of one run of a comparison: trains, draws or prunes, then measures.
import {
  countParameters,
  countsOf,
  DEFAULT_RECIPE,
  budgetOf,
  EngineError,
  type FinishedRunInput,
  gateLayout,
  magnitudeMasks,
  type Masks,
  METHOD_NAMES,
  mlpMatrices,
  type ModelConfig,
  randomMasks,
  type Recipe,
  type RunRecord,
  weightsOf,
} from "../../engine/index.ts";
import type { CompareSettings } from "../compare/compareArguments.ts";
import type { PlannedRun } from "../compare/methods.ts";
import { measureMasks, train } from "./pruneGates.ts";
import { type TrainedRatios, trainRatios } from "./pruneRatios.ts";
import type { MeasuredPair, Reporter, OpenRun } from "./openRun.ts";
import { calibrateAndPrune } from "./pruneWeights.ts";

type WeightRun = Extract<PlannedRun, { kind: "weights" }>;
type Done = { made: RunRecord["made"]; measured: MeasuredPair } & Pick<FinishedRunInput, "masks">;

/** The runs of a comparison and their common settings. */
export interface MethodSettings extends CompareSettings {
  runs: readonly PlannedRun[];
}

/** Results of trained runs that later runs reuse. */
export interface TrainedMasks {
  /** Kept gates of each vector, for random masks of the same ratio and seed. */
  counts: Map<string, readonly number[]>;
  /** By seed. */
  every: Map<number, EveryRatio>;
}

/** One training for every ratio; its architectures are in the order of `ratios`. */
type EveryRatio = Pick<TrainedRatios, "architectures" | "steps"> & { recipe: Recipe; ratios: readonly number[] };

const ratioAndSeed = ({ ratio, seed }: { ratio: number; seed: number }): string => `${ratio} ${seed}`;

interface MethodOptions {
  settings: MethodSettings;
  report: Reporter;
  /** Read and extended by the runs of a comparison. */
  trained: TrainedMasks;
}

/** Makes one run and measures it. Throws EngineErrors. */
export async function runMethod(
  run: OpenRun,
  planned: PlannedRun,
  { settings, report, trained }: MethodOptions,
): Promise<Done> {
  const gates = async (made: RunRecord["made"], masks: Masks): Promise<Done> => {
    return { made, measured: await measureMasks(run, masks), masks: { kind: "gates", masks } };
  };
  const { steps, tokens, sequences } = settings;
  switch (planned.kind) {
    case "disp": {
      const { kind, gates: mode, ratio, seed } = planned;
      const recipe = { ...DEFAULT_RECIPE, gates: mode, ratio, seed, steps, tokens };
      const { architecture, steps: made } = await train(run, recipe, report);
      if (mode === "full") trained.counts.set(ratioAndSeed(planned), countsOf(architecture.masks));
      return gates({ kind, recipe, steps: made }, architecture.masks);
    }
    case "every": {
      const { ratio, seed } = planned;
      const every = trained.every.get(seed) ?? (await trainEvery(run, seed, settings, report));
      trained.every.set(seed, every);
      const architecture = every.architectures[every.ratios.indexOf(ratio)];
      if (!architecture)
        throw new EngineError("bug", `expected an architecture at ${ratio} of the training for every ratio, got none`);
      return gates({ kind: "disp", recipe: { ...every.recipe, ratio }, steps: every.steps }, architecture.masks);
    }
    case "baseline": {
      const { kind, method, ratio, seed } = planned;
      return gates({ kind, method, ratio, seed }, await baselineMasks(run, planned, trained));
    }
    case "weights": {
      const { kind, method, seed } = planned;
      const requested = { method, seed, sequences, tokens, pattern: patternOf(run.opened.config, planned) };
      const { recipe, pruned } = await calibrateAndPrune(run, requested, report);
      try {
        return {
          made: { kind, recipe },
          measured: await run.measure(pruned.model),
          masks: { kind, masks: pruned.masks },
        };
      } finally {
        pruned.model.free();
      }
    }
  }
}

/** Trains once for all ratios of the comparison with this seed. */
async function trainEvery(run: OpenRun, seed: number, settings: MethodSettings, report: Reporter): Promise<EveryRatio> {
  const { runs, steps, tokens } = settings;
  const recipe: Recipe = { ...DEFAULT_RECIPE, ratioMode: "every", seed, steps, tokens };
  const ratios = runs.flatMap((one) => (one.kind === "every" && one.seed === seed ? [one.ratio] : []));
  return { recipe, ratios, ...(await trainRatios(run, recipe, ratios, report)) };
}

async function baselineMasks(
  { opened }: OpenRun,
  planned: Extract<PlannedRun, { kind: "baseline" }>,
  trained: TrainedMasks,
): Promise<Masks> {
  const { config, weights } = opened;
  const { method, ratio, seed } = planned;
  if (method === "uniform-magnitude") return magnitudeMasks(config, weights, budgetOf(config), ratio);
  const counts = planned.counts ?? trained.counts.get(ratioAndSeed(planned));
  if (!counts) {
    const expected = `a run of disp at keep ${ratio} with seed ${seed}, whose widths random masks take`;
    throw new EngineError("config", `--methods: expected ${expected}, got none. Add disp to --methods.`);
  }
  return randomMasks(gateLayout(config).sizes, counts, seed);
}

/** The pattern of a run: the given one, or the share of the MLP to prune for a ratio of the block weights. Throws "config" where the MLP is too small. */
export function patternOf(config: ModelConfig, run: WeightRun): string {
  if ("pattern" in run) return run.pattern;
  const { blocks } = countParameters(config);
  const mlp = mlpMatrices(config).reduce((sum, matrix) => sum + weightsOf(matrix), 0);
  const removed = (1 - run.ratio) * blocks;
  const percent = Number(((100 * removed) / mlp).toFixed(4));
  if (percent > 0 && percent < 100) return `${percent}%`;
  throw new EngineError(
    "config",
    `keep: expected a ratio above ${(1 - mlp / blocks).toFixed(3)} and below 1, got ${run.ratio}. ${METHOD_NAMES[run.method]} prunes only the MLP, which has ${mlp} of the ${blocks} block weights.`,
    { ratio: run.ratio, mlp, blocks },
  );
}
