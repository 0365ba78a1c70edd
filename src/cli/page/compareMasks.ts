// The page's side of the structural runs of a comparison: trains or draws their masks, and measures what they cut out.
import {
  budgetOf,
  countsOf,
  DEFAULT_RECIPE,
  EngineError,
  gateLayout,
  magnitudeMasks,
  type Masks,
  randomMasks,
  type Recipe,
  type RunRecord,
} from "../../engine/index.ts";
import type { CompareSettings } from "../compare/compareArguments.ts";
import { type PlannedRun, pruningKeyOf } from "../compare/methods.ts";
import type { MeasuredPair, OpenRun } from "./openRun.ts";
import type { Reporter } from "./reports.ts";
import { measureMasks, train } from "./pruneGates.ts";
import type { RunCurves } from "./runCurves.ts";
import { type TrainedRatios, trainRatios } from "./pruneRatios.ts";

export type StructuralRun = Exclude<PlannedRun, { kind: "weights" }>;

/** The runs of a comparison and their common settings. */
export interface MethodSettings extends CompareSettings {
  runs: readonly PlannedRun[];
}

/** Results that later runs reuse. */
export interface TrainedMasks {
  /** By `everyKey`. */
  every: Map<string, EveryRatio>;
  /** Structural prunings with their perplexity, by `pruningKeyOf`: the pruned run and its recoveries share one, and random masks take its widths. */
  pruned: Map<string, PrunedMasks>;
}

/** One training for every ratio; its architectures are in the order of `ratios`. */
type EveryRatio = Pick<TrainedRatios, "architectures" | "steps" | "curves"> & {
  recipe: Recipe;
  ratios: readonly number[];
};

interface PrunedMasks {
  made: RunRecord["made"];
  masks: Masks;
  measured: MeasuredPair;
  /** Of a training. */
  curves?: RunCurves;
}

export interface MethodOptions {
  settings: MethodSettings;
  report: Reporter;
  /** Read and extended by the runs of a comparison. */
  trained: TrainedMasks;
}

/** Trains or draws the masks of a run, and measures them. */
export async function pruneStructures(
  run: OpenRun,
  planned: StructuralRun,
  { settings, report, trained }: MethodOptions,
): Promise<PrunedMasks> {
  const gates = async (made: RunRecord["made"], masks: Masks): Promise<PrunedMasks> => {
    return { made, masks, measured: await measureMasks(run, masks) };
  };
  const { steps, tokens, widthMultiple } = settings;
  switch (planned.kind) {
    case "disp": {
      const { kind, gates: mode, ratio, seed } = planned;
      const recipe = { ...DEFAULT_RECIPE, gates: mode, widthMultiple, ratio, seed, steps, tokens };
      const { architecture, steps: made, curves } = await train(run, recipe, report);
      return { ...(await gates({ kind, recipe, steps: made }, architecture.masks)), curves };
    }
    case "every": {
      const { ratio } = planned;
      const key = everyKey(planned);
      const every = trained.every.get(key) ?? (await trainEvery(run, planned, settings, report));
      trained.every.set(key, every);
      const architecture = every.architectures[every.ratios.indexOf(ratio)];
      if (!architecture)
        throw new EngineError("bug", `expected an architecture at ${ratio} of the training for every ratio, got none`);
      const { recipe, steps: trainedSteps, curves } = every;
      const made = { kind: "disp", recipe: { ...recipe, ratio }, steps: trainedSteps } as const;
      return { ...(await gates(made, architecture.masks)), curves };
    }
    case "baseline": {
      const { kind, method, ratio, seed } = planned;
      return gates({ kind, method, ratio, seed }, await baselineMasks(run, planned, trained));
    }
  }
}

type EveryRun = Extract<StructuralRun, { kind: "every" }>;

/** Runs with the same key share a training. */
const everyKey = ({ gates = "full", seed }: EveryRun): string => `${gates} ${seed}`;

/** Trains once for all ratios of the comparison with these gates and this seed. */
async function trainEvery(
  run: OpenRun,
  planned: EveryRun,
  { runs, steps, tokens, widthMultiple }: MethodSettings,
  report: Reporter,
): Promise<EveryRatio> {
  const { gates = "full", seed } = planned;
  const recipe = { ...DEFAULT_RECIPE, ratioMode: "every" as const, gates, widthMultiple, seed, steps, tokens };
  const same = (one: PlannedRun): one is EveryRun => one.kind === "every" && everyKey(one) === everyKey(planned);
  const ratios = [...new Set(runs.filter(same).map(({ ratio }) => ratio))];
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
  const disp = trained.pruned.get(pruningKeyOf({ kind: "disp", gates: "full", ratio, seed }));
  const counts = planned.counts ?? (disp && countsOf(disp.masks));
  if (!counts) {
    const expected = `a run of disp at keep ${ratio} with seed ${seed}, whose widths random masks take`;
    throw new EngineError("config", `--methods: expected ${expected}, got none. Add disp to --methods.`);
  }
  return randomMasks(gateLayout(config).sizes, counts, seed);
}
