// Structural pruning without a window, on the page's side: the same session, architecture, perplexity and export as the studio's.
import { longRunText, PACE_STEPS } from "../../shared/longRun.ts";
import {
  type Architecture,
  architectureOf,
  budgetOf,
  byBlock,
  checkReachable,
  compactModel,
  countsOf,
  exportGates,
  formSizes,
  type FormSize,
  gateLayout,
  indexLists,
  keptTotalWeights,
  keptWeights,
  type Masks,
  modelOfMasks,
  type Recipe,
  type RecoveryReceipt,
  Session,
  sharingOf,
} from "../../engine/index.ts";
import { onnxReader } from "../../verify/onnxReader.ts";
import type { RecoverChoices } from "../arguments/recoverArguments.ts";
import { asksForRecovery, recover, type RecoverAnswers, type Recovered, recoveryPlan } from "./recover.ts";
import { sizeTable } from "./sizeTable.ts";
import { addMetrics, noCurves, type RunCurves } from "./runCurves.ts";
import { runSubject } from "./runSubject.ts";
import { formTargets, type FormsRequest } from "./forms.ts";
import { type MeasuredPair, openRun, type OpenRun, type RunAnswer } from "./openRun.ts";
import type { Reporter } from "./reports.ts";
import type { RunRequest } from "./runRequest.ts";

export interface PruneRequest extends RunRequest, RecoverChoices {
  recipe: Recipe;
}

export type PruneAnswer = PrunedAnswer & TrainingTime & RecoverAnswers;

const REPORT_MS = 250;

/** What is known of a training when it ends. */
export interface Trained {
  steps: number;
  /** The step that this command began at: above 0 where it resumed a checkpoint. */
  from: number;
  /** Of the steps since then. */
  seconds: number;
  curves: RunCurves;
}

interface TrainedGates extends Trained {
  architecture: Architecture;
}

/** Trains a recipe on the calibration text; `take` reads the result from the session before it is freed. Throws EngineErrors. */
export async function trainSession<T>(
  run: OpenRun,
  recipe: Recipe,
  report: Reporter,
  take: (session: Session) => Promise<T>,
): Promise<Trained & { taken: T }> {
  const { ctx, opened, calibration, checkpoints } = run;
  const subject = await runSubject(run);
  const session = new Session(ctx, opened.model, { recipe, text: calibration, subject });
  const curves = noCurves();
  let lastReport = -Infinity;
  let first: { step: number; at: number } | undefined;
  let noted = false;
  /** Says once that training takes days. */
  const noteLong = (step: number): void => {
    if (noted || step < 1) return;
    first ??= { step, at: performance.now() };
    if (step - first.step < PACE_STEPS) return;
    noted = true;
    const text = longRunText((performance.now() - first.at) / (step - first.step), recipe);
    if (text) report({ notice: text });
  };
  try {
    await checkpoints?.resume(session, subject);
    const from = session.step;
    const began = performance.now();
    await session.run({
      ...(checkpoints ? { onCheckpoint: (checkpoint) => checkpoints.write(checkpoint) } : {}),
      due: () => performance.now() - lastReport >= REPORT_MS,
      onReport: ({ metrics, step }) => {
        lastReport = performance.now();
        addMetrics(curves, metrics);
        noteLong(step);
        const last = (column: Float32Array): number => column.at(-1) ?? NaN;
        const [loss, penalty] = [last(metrics.loss).toFixed(3), last(metrics.penalty).toFixed(3)];
        const note = `loss ${loss}  R ${penalty}  kept ${(100 * last(metrics.kept)).toFixed(1)} %`;
        report({ stage: "train", done: step, of: recipe.steps, note });
      },
    });
    if (from < session.step && recipe.steps % recipe.checkpointEvery !== 0)
      await checkpoints?.write(await session.checkpoint());
    const seconds = (performance.now() - began) / 1000;
    return { taken: await take(session), steps: session.step, from, seconds, curves };
  } finally {
    session.free();
  }
}

/** Trains a recipe on the calibration text and returns its architecture. Throws EngineErrors. */
export async function train(run: OpenRun, recipe: Recipe, report: Reporter): Promise<TrainedGates> {
  const { config } = run.opened;
  const layout = gateLayout(config);
  const { taken, ...trained } = await trainSession(run, recipe, report, (session) => session.logits());
  const sharing = sharingOf(recipe, layout);
  const options = { layout, budget: budgetOf(config), ratio: recipe.ratio, sharing };
  return { architecture: architectureOf(taken, options), ...trained };
}

/** Measures the pruned model of the masks. */
export async function measureMasks(run: OpenRun, masks: Masks): Promise<MeasuredPair> {
  const pruned = await modelOfMasks(run.ctx, run.opened, masks);
  try {
    return await run.measure(pruned);
  } finally {
    pruned.free();
  }
}

/** A pruned model that was measured and exported. */
export interface PrunedAnswer extends RunAnswer {
  keptBlockWeights: number;
  widths: number[][];
  /** Sizes of all forms, whether they were written or not. */
  sizes: FormSize[];
}

/** Measures an architecture and exports it. Throws EngineErrors. */
export async function measureAndExport(
  run: OpenRun,
  { masks, counts, keptWeights: kept }: Architecture,
  { recipe, steps, recovery }: { recipe: Recipe; steps: number; recovery?: RecoveryReceipt },
  request: FormsRequest,
): Promise<PrunedAnswer> {
  const { ctx, opened } = run;
  const measured = await measureMasks(run, masks);
  const budget = budgetOf(opened.config);
  const sizes = await formSizes(opened, masks);
  run.notice(sizeTable(sizes));
  const { receipt, ...options } = await run.exportOptions(measured);
  const target = { ratio: "block weights kept" as const, value: recipe.ratio };
  const forms = await exportGates(
    ctx,
    opened,
    { masks, targets: formTargets(request) },
    {
      ...{ ...options, openOnnx: onnxReader },
      receipt: { ...receipt, recipe, target, trainedSteps: steps, ...(recovery ? { recovery } : {}) },
    },
  );
  return {
    ...run.answer(measured, forms),
    sizes,
    keptBlocks: kept / budget.blockWeights,
    keptModel: keptTotalWeights(budget, counts) / budget.totalWeights,
    keptBlockWeights: kept,
    widths: byBlock(counts),
  };
}

/** Training time, as keys of the JSON line. */
export interface TrainingTime {
  steps: number;
  /** The checkpoint's step, where a command resumed one. */
  resumedFrom?: number;
  /** Of the steps of this command, as is msPerStep, which is null where there are none. */
  secondsTraining: number;
  msPerStep: number | null;
}

export function trainingTime({ steps, from, seconds }: Pick<Trained, "steps" | "from" | "seconds">): TrainingTime {
  const done = steps - from;
  return {
    steps,
    ...(from > 0 ? { resumedFrom: from } : {}),
    secondsTraining: seconds,
    msPerStep: done > 0 ? (1000 * seconds) / done : null,
  };
}

/** Trains, measures, exports. Throws EngineErrors. */
export async function pruneGates(request: PruneRequest, report: Reporter): Promise<PruneAnswer> {
  const { recipe } = request;
  const recovers = asksForRecovery(request);
  const planned = recovers ? { recoveryPlan: recoveryPlan(request, recipe.ratio) } : {};
  const run = await openRun({ ...request, ...planned, stepTokens: recipe.tokens }, report, ({ config }) =>
    checkReachable(config, recipe),
  );
  const { architecture, ...trained } = await train(run, recipe, report);
  const made = { recipe, steps: trained.steps };
  const times = trainingTime(trained);
  if (!recovers) return { ...(await measureAndExport(run, architecture, made, request)), ...times };
  const { answers, result } = await recoverMasks(run, architecture, request, report);
  const [of, how] = result
    ? [
        { ...run, opened: result.opened },
        { ...made, recovery: result.recovery },
      ]
    : [run, made];
  return { ...(await measureAndExport(of, architecture, how, request)), ...times, ...answers };
}

/** Recovers the compact model that the masks cut out. measured: its perplexity, if known. The caller frees the model of the result. */
export async function recoverMasks(
  run: OpenRun,
  { masks, measured }: { masks: Masks; measured?: MeasuredPair },
  choices: RecoverChoices,
  report: Reporter,
): Promise<Recovered> {
  const lists = indexLists(masks);
  const pruned = await compactModel(run.ctx, run.opened, masks);
  const budget = budgetOf(run.opened.config);
  const ratio = keptWeights(budget, countsOf(masks)) / budget.blockWeights;
  try {
    return await recover(
      run,
      { choices, pruned, pruning: { lists }, ratio, ...(measured ? { measured } : {}) },
      report,
    );
  } finally {
    pruned.free();
  }
}
