// The page's side of pruning to several ratios: trains one hypernetwork, then measures and exports the architecture of each ratio.
import {
  type Architecture,
  architectureOf,
  budgetOf,
  checkReachable,
  gateLayout,
  type LogitsAt,
  matmulText,
  nestednessOf,
  type WeightStorage,
  type Recipe,
  sharingOf,
} from "../../engine/index.ts";
import type { FormsRequest } from "./forms.ts";
import { type NestedAnswer, pruneNested } from "./pruneNested.ts";
import {
  measureAndExport,
  type PrunedAnswer,
  type Trained,
  type TrainingTime,
  trainingTime,
  trainSession,
} from "./pruneGates.ts";
import { openRun, type OpenRun } from "./openRun.ts";
import { prefixed, type Reporter } from "./reports.ts";
import type { RunRequest } from "./runRequest.ts";

export interface RatiosRequest extends Omit<RunRequest, "out"> {
  /** Of a run for every ratio. */
  recipe: Recipe;
  /** Ascending ratios, with the addresses for the forms of each. */
  ratios: (Pick<FormsRequest, "out"> & { ratio: number })[];
  /** Address for all of them as one model, where wanted. */
  nested?: string;
}

/** One ratio in the JSON line. */
interface RatioAnswer extends Omit<
  PrunedAnswer,
  "adapter" | "matmul" | "precision" | "plan" | "quantisation" | "notes"
> {
  keep: number;
}

export interface RatiosAnswer extends TrainingTime {
  adapter: string;
  /** Notes on the model's files. */
  notes: readonly string[];
  matmul: string;
  precision: WeightStorage;
  plan: OpenRun["plan"];
  quantisation?: OpenRun["quantisation"];
  ratios: RatioAnswer[];
  /** `broken`: gates that a smaller architecture keeps but the next larger one does not; `of`: all gates that the smaller ones keep. */
  nestedness: { broken: number; of: number; share: number };
  nested?: NestedAnswer;
}

/** The result of a training for every ratio: gate logits and architecture of each ratio, in the order of `ratios`. */
export interface TrainedRatios extends Trained {
  made: readonly LogitsAt[];
  architectures: readonly Architecture[];
}

/** Trains a recipe for every ratio and returns the requested ratios. Throws EngineErrors. */
export async function trainRatios(
  run: OpenRun,
  recipe: Recipe,
  ratios: readonly number[],
  report: Reporter,
): Promise<TrainedRatios> {
  const { config } = run.opened;
  const layout = gateLayout(config);
  const budget = budgetOf(config);
  const sharing = sharingOf(recipe, layout);
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
  const { recipe, ratios: requested, nested, ...given } = request;
  let prefix = "";
  const named = prefixed(report, () => prefix);
  const run = await openRun({ ...given, out: [], stepTokens: recipe.tokens }, named, ({ config }) => {
    for (const { ratio } of requested) checkReachable(config, { ...recipe, ratio });
  });
  const ratios = requested.map(({ ratio }) => ratio);
  const { made, architectures, ...trained } = await trainRatios(run, recipe, ratios, named);
  const answers: RatioAnswer[] = [];
  for (const [i, { ratio, out }] of requested.entries()) {
    const architecture = architectures[i];
    if (!architecture) continue;
    prefix = `keep ${ratio}  `;
    const one = { recipe: { ...recipe, ratio }, steps: trained.steps };
    const { perplexity, forms, ...done } = await measureAndExport(run, architecture, one, { ...given, out });
    const { keptBlocks, keptModel, keptBlockWeights, widths, sizes } = done;
    answers.push({ keep: ratio, keptBlocks, keptModel, keptBlockWeights, perplexity, forms, widths, sizes });
  }
  prefix = "";
  const nestedAnswer = nested && (await pruneNested(run, made, { recipe, steps: trained.steps }, nested));
  const { broken, of } = nestednessOf(architectures.map(({ masks }) => masks));
  return {
    ...{ adapter: run.ctx.gpu.facts.name, matmul: matmulText(run.ctx.matmulTable), precision: request.precision },
    plan: run.plan,
    ...(run.quantisation ? { quantisation: run.quantisation } : {}),
    notes: run.opened.notes,
    ratios: answers,
    nestedness: { broken, of, share: of === 0 ? 0 : broken / of },
    ...(nestedAnswer ? { nested: nestedAnswer } : {}),
    ...trainingTime(trained),
  };
}
