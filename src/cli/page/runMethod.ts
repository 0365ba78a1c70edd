// Making one planned run of a comparison on the page's side: trained, drawn or pruned, then measured.
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

/** What runs of a comparison share, and which these are. */
export interface MethodSettings extends CompareSettings {
  runs: readonly PlannedRun[];
}

/** What later runs take over from trained ones. */
export interface TrainedMasks {
  /** Gates kept in each vector, for random masks of the same share and seed. */
  counts: Map<string, readonly number[]>;
  /** By seed. */
  every: Map<number, EveryRatio>;
}

/** One training for every ratio; its architectures in the order of `keeps`. */
type EveryRatio = Pick<TrainedRatios, "architectures" | "steps"> & { recipe: Recipe; ratios: readonly number[] };

const ratioAndSeed = ({ ratio, seed }: { ratio: number; seed: number }): string => `${ratio} ${seed}`;

/** Makes one run and measures it. Throws EngineErrors. */
export async function runMethod(
  run: OpenRun,
  planned: PlannedRun,
  given: MethodSettings,
  report: Reporter,
  trained: TrainedMasks,
): Promise<Done> {
  const gates = async (made: RunRecord["made"], masks: Masks): Promise<Done> => {
    return { made, measured: await measureMasks(run, masks), masks: { kind: "gates", masks } };
  };
  const { steps, tokens, sequences } = given;
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
      const every = trained.every.get(seed) ?? (await trainEvery(run, seed, given, report));
      trained.every.set(seed, every);
      const architecture = every.architectures[every.ratios.indexOf(ratio)];
      if (!architecture) throw new EngineError("bug", `a training for every ratio without ${ratio}`);
      return gates({ kind: "disp", recipe: { ...every.recipe, ratio }, steps: every.steps }, architecture.masks);
    }
    case "baseline": {
      const { kind, method, ratio, seed } = planned;
      return gates({ kind, method, ratio, seed }, await baselineMasks(run, planned, trained));
    }
    case "weights": {
      const { kind, method, seed } = planned;
      const asked = { method, seed, sequences, tokens, pattern: patternOf(run.opened.config, planned) };
      const { recipe, pruned } = await calibrateAndPrune(run, asked, report);
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

/** Trains once, for all the shares that the comparison asks of this seed. */
async function trainEvery(run: OpenRun, seed: number, given: MethodSettings, report: Reporter): Promise<EveryRatio> {
  const { runs, steps, tokens } = given;
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
  if (!counts) throw new EngineError("config", `random masks at keep ${ratio}, seed ${seed} need disp's widths there`);
  return randomMasks(gateLayout(config).sizes, counts, seed);
}

/** The pattern of a run: its own, or the share of the MLP that leaves the kept share of the block weights. Throws "config" where the MLP is too small. */
export function patternOf(config: ModelConfig, run: WeightRun): string {
  if ("pattern" in run) return run.pattern;
  const { blocks } = countParameters(config);
  const mlp = mlpMatrices(config).reduce((sum, matrix) => sum + weightsOf(matrix), 0);
  const removed = (1 - run.ratio) * blocks;
  const percent = Number(((100 * removed) / mlp).toFixed(4));
  if (percent > 0 && percent < 100) return `${percent}%`;
  throw new EngineError(
    "config",
    `${METHOD_NAMES[run.method]} prunes the MLP only, which has ${mlp} of the ${blocks} block weights: keeping ${run.ratio} of them takes ${Math.round(removed)} away; choose a share above ${(1 - mlp / blocks).toFixed(3)} and below 1`,
    { ratio: run.ratio, mlp, blocks },
  );
}
