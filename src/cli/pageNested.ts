// Several ratios as one model, on the page's side: architectures inside each other, each measured, and one export of them all.
import {
  budgetOf,
  deliverNested,
  EngineError,
  gateLayout,
  keptTotalWeights,
  type LogitsAt,
  nestedArchitectures,
  type NestedMember,
  type Recipe,
  sharingOf,
} from "../engine/index.ts";
import { httpPlace } from "./httpPlace.ts";
import { type FormAnswer, formAnswer } from "./pageForms.ts";
import { measureMasks } from "./pagePrune.ts";
import type { Run, RunAnswer } from "./pageRun.ts";

/** One ratio inside the nested model. */
interface NestedRatioAnswer extends Pick<RunAnswer, "keptBlocks" | "keptModel" | "perplexity"> {
  keep: number;
  /** Null where the model was not written. */
  largestDifference: number | null;
  equalArgmax: number | null;
}

/** The nested model in the line of JSON: its form is compact, its difference the largest of its ratios. */
export interface NestedAnswer extends FormAnswer {
  ratios: NestedRatioAnswer[];
}

/** Measures architectures that lie inside each other and writes them as one model to `url`. Throws EngineErrors. */
export async function pruneNested(
  run: Run,
  made: readonly LogitsAt[],
  { recipe, steps }: { recipe: Recipe; steps: number },
  url: string,
): Promise<NestedAnswer> {
  const { ctx, opened } = run;
  const { config } = opened;
  const layout = gateLayout(config);
  const budget = budgetOf(config);
  const architectures = nestedArchitectures(made, layout, budget, sharingOf(recipe.gates, layout));
  const members: NestedMember[] = [];
  const answers: NestedRatioAnswer[] = [];
  const largest = Math.max(...made.map(({ keep }) => keep));
  let delivery: Awaited<ReturnType<Run["delivery"]>> | undefined;
  for (const [i, { masks, counts, keptWeights }] of architectures.entries()) {
    const keep = made[i]?.keep ?? 0;
    const measured = await measureMasks(run, masks);
    const told = await run.delivery(measured);
    if (keep === largest) delivery = told;
    members.push({ keep, masks, perplexity: told.receipt.perplexity });
    answers.push({
      keep,
      keptBlocks: keptWeights / budget.blockWeights,
      keptModel: keptTotalWeights(budget, counts) / budget.totalWeights,
      perplexity: run.answer(measured, []).perplexity,
      ...{ largestDifference: null, equalArgmax: null },
    });
  }
  if (!delivery) throw new EngineError("bug", "a nested model without a ratio");
  const { receipt, ...options } = delivery;
  const target = { ratio: "block weights kept" as const, value: largest };
  const found = await deliverNested(ctx, opened, members, httpPlace("nested", url), {
    ...options,
    receipt: { ...receipt, recipe: { ...recipe, keep: largest }, target, trainedSteps: steps },
  });
  const checkOf = new Map(found.ratios.map(({ keep, check }) => [keep, check]));
  return {
    ...formAnswer(found.delivery),
    ratios: answers.map((one) => {
      const check = checkOf.get(one.keep);
      if (!check) return one;
      return { ...one, largestDifference: check.maxAbsLogitDifference, equalArgmax: check.argmaxAgreement };
    }),
  };
}
