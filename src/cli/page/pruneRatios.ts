// Several ratios from one training, on the page's side: architectures of one hypernetwork, each measured and exported as `prune` does.
import {
  type Architecture,
  architectureOf,
  budgetOf,
  gateLayout,
  type LogitsAt,
  nestednessOf,
  type Precision,
  type Recipe,
  sharingOf,
} from "../../engine/index.ts";
import type { FormsRequest } from "./forms.ts";
import { type NestedAnswer, pruneNested } from "./pruneNested.ts";
import { measureAndExport, type PrunedAnswer, type TrainingTime, trainingTime, trainSession } from "./pruneGates.ts";
import { openRun, type Reporter, type OpenRun, type RunRequest } from "./openRun.ts";

export interface RatiosRequest extends Omit<RunRequest, "out"> {
  /** For every ratio. */
  recipe: Recipe;
  /** Kept shares, ascending, and where the forms of each go. */
  ratios: (Pick<FormsRequest, "out"> & { ratio: number })[];
  /** Where all of them go as one model, if they should. */
  nested?: string;
}

/** One ratio in the line of JSON. */
export interface RatioAnswer extends Omit<PrunedAnswer, "adapter" | "matmul" | "precision"> {
  keep: number;
}

export interface RatiosAnswer extends TrainingTime {
  adapter: string;
  matmul: string;
  precision: Precision;
  ratios: RatioAnswer[];
  /** Gates that a smaller architecture keeps and the next larger one does not, of those that the smaller ones keep. */
  nestedness: { broken: number; of: number; share: number };
  nested?: NestedAnswer;
}

/** What one training for every ratio ends with: logits and architecture of each kept share, in the order of `ratios`. */
export interface TrainedRatios {
  made: readonly LogitsAt[];
  architectures: readonly Architecture[];
  steps: number;
  seconds: number;
}

/** Trains a recipe for every ratio and takes from it the kept shares that are asked for. Throws EngineErrors. */
export async function trainRatios(
  run: OpenRun,
  recipe: Recipe,
  ratios: readonly number[],
  report: Reporter,
): Promise<TrainedRatios> {
  const { config } = run.opened;
  const layout = gateLayout(config);
  const budget = budgetOf(config);
  const sharing = sharingOf(recipe.gates, layout);
  const { taken: made, ...trained } = await trainSession(run, recipe, report, async (session) => {
    const found: LogitsAt[] = [];
    for (const ratio of ratios) found.push({ ratio, logits: await session.logits(ratio) });
    return found;
  });
  const architectures = made.map(({ ratio, logits }) => architectureOf(logits, { layout, budget, ratio, sharing }));
  return { made, architectures, ...trained };
}

/** Trains once; measures and exports each ratio. Throws EngineErrors. */
export async function pruneRatios(request: RatiosRequest, report: Reporter): Promise<RatiosAnswer> {
  const { recipe, ratios: asked, nested, ...given } = request;
  let about = "";
  const noted: Reporter = (told) => report({ ...told, note: `${about}${told.note ?? ""}` });
  const run = await openRun({ ...given, out: [], stepTokens: recipe.tokens }, noted);
  const ratios = asked.map(({ ratio }) => ratio);
  const { made, architectures, ...trained } = await trainRatios(run, recipe, ratios, noted);
  const answers: RatioAnswer[] = [];
  for (const [i, { ratio, out }] of asked.entries()) {
    const architecture = architectures[i];
    if (!architecture) continue;
    about = `keep ${ratio}  `;
    const one = { recipe: { ...recipe, ratio }, steps: trained.steps };
    const { perplexity, forms, ...done } = await measureAndExport(run, architecture, one, { ...given, out });
    const { keptBlocks, keptModel, keptBlockWeights, widths } = done;
    answers.push({ keep: ratio, keptBlocks, keptModel, keptBlockWeights, perplexity, forms, widths });
  }
  about = "";
  const asOne = nested && (await pruneNested(run, made, { recipe, steps: trained.steps }, nested));
  const { broken, of } = nestednessOf(architectures.map(({ masks }) => masks));
  return {
    ...{ adapter: run.ctx.gpu.facts.name, matmul: run.ctx.matmul, precision: request.precision },
    ratios: answers,
    nestedness: { broken, of, share: of === 0 ? 0 : broken / of },
    ...(asOne ? { nested: asOne } : {}),
    ...trainingTime(trained, recipe),
  };
}
