// Structural pruning without a window, on the page's side: the same session, architecture, perplexity and delivery as the studio's.
import {
  architectureOf,
  budgetOf,
  byBlock,
  cutReader,
  deliver,
  gateLayout,
  indexLists,
  keptTotalWeights,
  loadModel,
  type Recipe,
  Session,
  sharingOf,
} from "../engine/index.ts";
import { onnxReader } from "../verify/onnxReader.ts";
import { formPlaces } from "./pageForms.ts";
import { openRun, type Reporter, type RunAnswer, type RunRequest } from "./pageRun.ts";

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

/** Trains, measures, exports. Throws EngineErrors. */
export async function prune(request: PruneRequest, report: Reporter): Promise<PruneAnswer> {
  const run = await openRun({ ...request, stepTokens: request.recipe.tokens }, report);
  const { ctx, opened } = run;
  const { config } = opened;
  const { recipe } = request;
  const session = new Session(ctx, opened.model, run.calibration, recipe, opened.fingerprint);
  const began = performance.now();
  let told = -Infinity;
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
  const secondsTraining = (performance.now() - began) / 1000;

  const budget = budgetOf(config);
  const layout = gateLayout(config);
  const found = architectureOf(await session.logits(), layout, budget, recipe.keep, sharingOf(recipe.gates, layout));
  const lists = indexLists(found.masks);
  const compact = await loadModel(ctx, config, cutReader(opened.weights, config.family, lists), {
    lists,
    precision: opened.model.precision,
  });
  const measured = await run.measure(compact);
  compact.free();

  const { receipt, ...options } = await run.delivery(measured);
  const target = { ratio: "block weights kept" as const, value: recipe.keep };
  const forms = await deliver(ctx, opened, found.masks, formPlaces(request), {
    ...options,
    openOnnx: onnxReader,
    receipt: { ...receipt, recipe, target, trainedSteps: session.step },
  });
  session.free();
  return {
    ...run.answer(measured, forms),
    keptBlocks: found.keptWeights / budget.blockWeights,
    keptModel: keptTotalWeights(budget, found.counts) / budget.totalWeights,
    keptBlockWeights: found.keptWeights,
    steps: session.step,
    secondsTraining,
    msPerStep: (1000 * secondsTraining) / recipe.steps,
    widths: byBlock(found.counts),
  };
}
