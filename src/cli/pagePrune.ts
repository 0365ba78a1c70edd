// Structural pruning without a window, on the page's side: the same session, architecture, perplexity and delivery as the studio's.
import {
  type Architecture,
  architectureOf,
  budgetOf,
  byBlock,
  cutReader,
  deliver,
  gateLayout,
  indexLists,
  keptTotalWeights,
  loadModel,
  type Masks,
  type Recipe,
  Session,
  sharingOf,
} from "../engine/index.ts";
import { onnxReader } from "../verify/onnxReader.ts";
import { formPlaces } from "./pageForms.ts";
import { type Measured, openRun, type Reporter, type Run, type RunAnswer, type RunRequest } from "./pageRun.ts";

export interface PruneRequest extends RunRequest {
  recipe: Recipe;
}

export interface PruneAnswer extends RunAnswer {
  keptBlockWeights: number;
  steps: number;
  secondsTraining: number;
  msPerStep: number;
  widths: number[][];
}

const REPORT_MS = 250;

/** What training ends with. */
export interface Trained {
  architecture: Architecture;
  steps: number;
  seconds: number;
}

/** Trains a recipe on the run's text and takes its architecture. Throws EngineErrors. */
export async function train({ ctx, opened, calibration }: Run, recipe: Recipe, report: Reporter): Promise<Trained> {
  const { config } = opened;
  const session = new Session(ctx, opened.model, calibration, recipe, opened.fingerprint);
  const began = performance.now();
  let told = -Infinity;
  try {
    await session.run({
      due: () => performance.now() - told >= REPORT_MS,
      onReport: ({ metrics, step }) => {
        told = performance.now();
        const last = metrics.at(-1);
        const note = last
          ? `loss ${last.loss.toFixed(3)}  R ${last.penalty.toFixed(3)}  kept ${(100 * last.kept).toFixed(1)} %`
          : "";
        report({ stage: "train", done: step, of: recipe.steps, note });
      },
    });
    const seconds = (performance.now() - began) / 1000;
    const layout = gateLayout(config);
    const sharing = sharingOf(recipe.gates, layout);
    const architecture = architectureOf(await session.logits(), layout, budgetOf(config), recipe.keep, sharing);
    return { architecture, steps: session.step, seconds };
  } finally {
    session.free();
  }
}

/** Perplexity of the compact model that the masks cut. */
export async function measureMasks(run: Run, masks: Masks): Promise<Measured> {
  const { ctx, opened } = run;
  const { config, weights, model } = opened;
  const lists = indexLists(masks);
  const { precision } = model;
  const compact = await loadModel(ctx, config, cutReader(weights, config.family, lists), { lists, precision });
  try {
    return await run.measure(compact);
  } finally {
    compact.free();
  }
}

/** Trains, measures, exports. Throws EngineErrors. */
export async function prune(request: PruneRequest, report: Reporter): Promise<PruneAnswer> {
  const run = await openRun({ ...request, stepTokens: request.recipe.tokens }, report);
  const { ctx, opened } = run;
  const { recipe } = request;
  const { architecture: found, steps, seconds } = await train(run, recipe, report);
  const measured = await measureMasks(run, found.masks);
  const budget = budgetOf(opened.config);
  const { receipt, ...options } = await run.delivery(measured);
  const target = { ratio: "block weights kept" as const, value: recipe.keep };
  const forms = await deliver(ctx, opened, found.masks, formPlaces(request), {
    ...options,
    openOnnx: onnxReader,
    receipt: { ...receipt, recipe, target, trainedSteps: steps },
  });
  return {
    ...run.answer(measured, forms),
    keptBlocks: found.keptWeights / budget.blockWeights,
    keptModel: keptTotalWeights(budget, found.counts) / budget.totalWeights,
    keptBlockWeights: found.keptWeights,
    steps,
    secondsTraining: seconds,
    msPerStep: (1000 * seconds) / recipe.steps,
    widths: byBlock(found.counts),
  };
}
