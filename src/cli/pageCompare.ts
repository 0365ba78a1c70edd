// Comparing methods on the page's side: the model opened and measured once, then every run, measured by the same code as `prune` has.
import {
  checkFits,
  countParameters,
  countsOf,
  DEFAULT_RECIPE,
  budgetOf,
  EngineError,
  type FinishedRunInput,
  finishedRun,
  gateLayout,
  magnitudeMasks,
  type Masks,
  METHOD_NAMES,
  mlpMatrices,
  type ModelConfig,
  randomMasks,
  type Run as FinishedRun,
  type RunRecord,
  weightsOf,
} from "../engine/index.ts";
import type { CompareSettings } from "./compareArguments.ts";
import { methodOf, type PlannedRun, ratioOf, seedOf } from "./compareMethods.ts";
import { measureMasks, train } from "./pagePrune.ts";
import { type Measured, openRun, type Reporter, type Run, type RunRequest } from "./pageRun.ts";
import { calibrateAndPrune } from "./pageWeights.ts";

export interface CompareRequest extends Omit<RunRequest, "out">, CompareSettings {
  runs: readonly PlannedRun[];
}

type WeightRun = Extract<PlannedRun, { kind: "weights" }>;
type Done = { made: RunRecord["made"]; measured: Measured } & Pick<FinishedRunInput, "masks">;

/** Runs one after the other; `onRun` gets each as it finishes. Throws EngineErrors, for what does not fit before anything is measured. */
export async function compare(
  request: CompareRequest,
  report: Reporter,
  onRun: (run: FinishedRun) => Promise<void>,
): Promise<void> {
  const { runs } = request;
  const opened = await openRun({ ...request, out: [], stepTokens: request.tokens }, report, ({ config }) => {
    for (const run of runs) if (run.kind === "weights") checkFits(config, { ...run, pattern: patternOf(config, run) });
  });
  const found: Trained = new Map();
  try {
    for (const [i, run] of runs.entries()) {
      const name = `${run.kind === "disp" ? `disp ${run.gates}` : run.method} (run ${i + 1} of ${runs.length})`;
      const noted: Reporter = (told) => report({ ...told, note: `${name}  ${told.note ?? ""}` });
      const { made, measured, masks } = await done(opened, run, request, noted, found);
      await onRun(await recordOf(opened, made, measured, masks));
    }
  } finally {
    opened.ctx.gpu.destroy();
  }
}

/** Gates kept by the trained runs, for random masks of the same share and seed. */
type Trained = Map<string, readonly number[]>;
const placeOf = ({ keep, seed }: { keep: number; seed: number }): string => `${keep} ${seed}`;

async function done(
  run: Run,
  planned: PlannedRun,
  given: CompareSettings,
  report: Reporter,
  trained: Trained,
): Promise<Done> {
  const gates = async (made: RunRecord["made"], masks: Masks): Promise<Done> => {
    return { made, measured: await measureMasks(run, masks), masks: { kind: "gates", masks } };
  };
  const { steps, tokens, sequences } = given;
  switch (planned.kind) {
    case "disp": {
      const { kind, gates: mode, keep, seed } = planned;
      const recipe = { ...DEFAULT_RECIPE, gates: mode, keep, seed, steps, tokens };
      const { architecture, steps: done } = await train(run, recipe, report);
      if (mode === "full") trained.set(placeOf(planned), countsOf(architecture.masks));
      return gates({ kind, recipe, steps: done }, architecture.masks);
    }
    case "baseline": {
      const { kind, method, keep, seed } = planned;
      return gates({ kind, method, keep, seed }, await baselineMasks(run, planned, trained));
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

async function baselineMasks(
  { opened }: Run,
  planned: Extract<PlannedRun, { kind: "baseline" }>,
  trained: Trained,
): Promise<Masks> {
  const { config, weights } = opened;
  const { method, keep, seed } = planned;
  if (method === "uniform-magnitude") return magnitudeMasks(config, weights, budgetOf(config), keep);
  const counts = planned.counts ?? trained.get(placeOf(planned));
  if (!counts) throw new EngineError("config", `random masks at keep ${keep}, seed ${seed} need disp's widths there`);
  return randomMasks(gateLayout(config).sizes, counts, seed);
}

/** The pattern of a run: its own, or the share of the MLP that leaves the kept share of the block weights. Throws "config" where the MLP is too small. */
export function patternOf(config: ModelConfig, run: WeightRun): string {
  if ("pattern" in run) return run.pattern;
  const { blocks } = countParameters(config);
  const mlp = mlpMatrices(config).reduce((sum, matrix) => sum + weightsOf(matrix), 0);
  const removed = (1 - run.keep) * blocks;
  const percent = Number(((100 * removed) / mlp).toFixed(4));
  if (percent > 0 && percent < 100) return `${percent}%`;
  throw new EngineError(
    "config",
    `${METHOD_NAMES[run.method]} prunes the MLP only, which has ${mlp} of the ${blocks} block weights: keeping ${run.keep} of them takes ${Math.round(removed)} away; choose a share above ${(1 - mlp / blocks).toFixed(3)} and below 1`,
    { keep: run.keep, mlp, blocks },
  );
}

async function recordOf(
  run: Run,
  made: RunRecord["made"],
  measured: Measured,
  masks: FinishedRunInput["masks"],
): Promise<FinishedRun> {
  const { name, fingerprint, config, dtype } = run.opened;
  const { adapter, calibration, perplexity } = (await run.delivery(measured)).receipt;
  const [pair] = perplexity;
  if (!pair) throw new EngineError("bug", "a run without a perplexity");
  return finishedRun({
    id: crypto.randomUUID(),
    name: `${methodOf(made)}, ${ratioOf(made)}, seed ${seedOf(made)}`,
    finished: new Date().toISOString(),
    ...{ adapter, made, calibration, masks },
    perplexity: pair,
    model: { name, fingerprint, config, dtype },
    msPerToken: null,
  });
}
