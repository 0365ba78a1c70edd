// The page's side of comparing methods: opens and measures the model once, then makes every run and measures it as `prune` does.
import {
  checkFits,
  checkReachable,
  DEFAULT_RECIPE,
  requireOwnWeights,
  EngineError,
  finishedRun,
  type Run as FinishedRun,
} from "../../engine/index.ts";
import { compareMethodOf, isRecovered, nameOf, type PlannedRun, ratioOf, seedOf } from "../compare/methods.ts";
import type { MethodSettings, TrainedMasks } from "./compareMasks.ts";
import { type FinishedMethod, patternOf, recoverChoices, runMethod } from "./runMethod.ts";
import { recoveryPlan } from "./recover.ts";
import { scorerOf } from "./scoreRuns.ts";
import { type FinishedRuns, readFinished, reuseMasks } from "./finishedRuns.ts";
import { savedHistory } from "./runCurves.ts";
import { openRun, type OpenRun } from "./openRun.ts";
import { prefixed, type Reporter } from "./reports.ts";
import type { RunRequest } from "./runRequest.ts";

export interface CompareRequest extends Omit<RunRequest, "out">, MethodSettings, FinishedRuns {}

/** Makes the runs that are not finished, in sequence; `onRun` gets each as it finishes. Throws EngineErrors; runs that do not fit are refused before anything is measured. */
export async function compareMethods(
  request: CompareRequest,
  report: Reporter,
  onRun: (run: FinishedRun, planned: PlannedRun) => Promise<void>,
): Promise<void> {
  const { runs } = request;
  const opened = await openRun(
    { ...request, out: [], stepTokens: request.tokens, ...largestRecovery(request) },
    report,
    ({ config, model }) => {
      if (runs.some(({ kind }) => kind === "weights")) requireOwnWeights(model, "Pruning of single weights");
      for (const run of runs) {
        if (run.kind === "weights") checkFits(config, { ...run, pattern: patternOf(config, run) });
        if (run.kind === "disp") checkReachable(config, { ...DEFAULT_RECIPE, ...run });
      }
    },
  );
  const scorer =
    request.scoreItems === undefined
      ? undefined
      : await scorerOf(opened, { ...request, items: request.scoreItems }, report);
  const trained: TrainedMasks = { every: new Map(), pruned: new Map() };
  try {
    const finished = await readFinished(opened, request);
    if (!scorer) for (const [run, known] of finished) reuseMasks(trained, run, known);
    for (const [i, run] of runs.entries()) {
      if (finished.has(run)) continue;
      const name = `${nameOf(run)} (run ${i + 1} of ${runs.length})`;
      const named = prefixed(report, () => `${name}  `);
      const done = await runMethod(scorer?.run ?? opened, run, { settings: request, report: named, trained });
      const { record, ...rest } = await recordOf(opened, run, done);
      await onRun({ ...rest, record: { ...record, ...(scorer ? { scores: await scorer.scoresOf(done) } : {}) } }, run);
    }
  } finally {
    opened.ctx.gpu.destroy();
  }
}

/** The recovery that takes the most memory: of single weights, whose model keeps its shapes, or at the largest ratio. */
function largestRecovery({ runs, ...settings }: CompareRequest): Pick<RunRequest, "recoveryPlan"> {
  const recovered = runs.filter(isRecovered);
  const [first] = recovered;
  if (!first) return {};
  const of = (key: "refit" | "recover"): PlannedRun => recovered.find((run) => run[key] !== undefined) ?? first;
  const choices = { ...recoverChoices(of("refit"), settings), ...recoverChoices(of("recover"), settings) };
  const ratios = recovered.flatMap((run) => (run.kind === "weights" ? [] : [run.ratio]));
  const structural = ratios.length === recovered.length;
  return { recoveryPlan: recoveryPlan(choices, structural ? Math.max(...ratios) : undefined) };
}

async function recordOf(
  run: OpenRun,
  planned: PlannedRun,
  { made, measured, before, masks, recovery, curves }: FinishedMethod,
): Promise<FinishedRun> {
  const method = compareMethodOf({ made, ...(recovery ? { recovery } : {}) }, planned);
  const { name, fingerprint, config, dtype } = run.opened;
  const { adapter, calibration, perplexity } = (await run.exportOptions(measured)).receipt;
  const [pair] = perplexity;
  if (!pair) throw new EngineError("bug", "expected a perplexity of the run, got none");
  const found = finishedRun({
    id: crypto.randomUUID(),
    name: `${method}, ${ratioOf(made)}, seed ${seedOf(made)}`,
    finished: new Date().toISOString(),
    ...{ adapter, made, calibration, masks },
    ...(recovery ? { recovery } : {}),
    perplexity: pair,
    model: { name, fingerprint, config, dtype },
    msPerToken: null,
  });
  if (!curves || made.kind !== "disp") return found;
  const pruned = before ? await run.pair(before) : pair;
  const history = savedHistory(curves, { ratio: made.recipe.ratio, steps: made.steps, measured: pruned });
  return { ...found, ...(history ? { history } : {}) };
}
