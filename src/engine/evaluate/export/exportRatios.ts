// Several ratios of one run as one model: architectures inside each other, each measured, then their nested export.
import type { Ctx } from "../../ctx.ts";
import { invariant } from "../../errors.ts";
import type { NestedRatio } from "../../formats/export/exportNested.ts";
import type { PerplexityPair, Share } from "../../formats/receipt/receipt.ts";
import type { OpenedModel } from "../../model/open.ts";
import { budgetOf, keptTotalWeights } from "../../masks/budget.ts";
import { gateLayout, type Masks, sharingOf } from "../../masks/gates.ts";
import { type LogitsAt, nestedArchitectures } from "../../masks/nestedness.ts";
import type { Recipe } from "../../recipes/recipe.ts";
import { exportNestedModel, type NestedMember, type NestedOptions } from "./exportNestedModel.ts";
import type { ExportedForm, ExportTarget } from "./writeForms.ts";

/** A run, asked for several ratios. */
export interface RunRatios {
  /** Logits that the run makes for each ratio. */
  made: readonly LogitsAt[];
  recipe: Recipe;
  /** Steps that it was trained for. */
  steps: number;
}

/** What all ratios share; perplexity, target and the rest of the receipt are found here. */
export interface ExportRatiosOptions extends Omit<NestedOptions, "receipt"> {
  receipt: Omit<NestedOptions["receipt"], "recipe" | "target" | "trainedSteps" | "perplexity">;
}

/** One ratio inside the nested model. */
export interface RatioInside {
  /** Asked kept share of the block weights. */
  ratio: number;
  blockWeights: Share;
  modelWeights: Share;
  perplexity: PerplexityPair;
  /** What was cut out of the written model, against the masked model; null where the export is not offered. */
  check: NestedRatio["check"] | null;
}

/**
 * Makes architectures that lie inside each other, asks `measure` for the perplexity of each, for their masks may be others than those of
 * the ratio alone, and writes them to `place`. Ratios are ascending. Throws "shape" without a ratio, and what `deliverNested` throws.
 */
export async function exportRatios(
  ctx: Ctx,
  opened: OpenedModel,
  { made, recipe, steps }: RunRatios,
  measure: (masks: Masks, ratio: number) => Promise<PerplexityPair>,
  place: ExportTarget,
  options: ExportRatiosOptions,
): Promise<{ delivery: ExportedForm; ratios: RatioInside[] }> {
  const layout = gateLayout(opened.config);
  const budget = budgetOf(opened.config);
  const ascending = [...made].sort((a, b) => a.ratio - b.ratio);
  const architectures = nestedArchitectures(ascending, layout, budget, sharingOf(recipe.gates, layout));
  const members: NestedMember[] = [];
  const inside: RatioInside[] = [];
  for (const [i, { masks, counts, keptWeights }] of architectures.entries()) {
    const ratio = ascending[i]?.ratio ?? 0;
    const perplexity = await measure(masks, ratio);
    members.push({ ratio, masks, perplexity: [perplexity] });
    inside.push({
      ...{ ratio, perplexity, check: null },
      blockWeights: { kept: keptWeights, of: budget.blockWeights },
      modelWeights: { kept: keptTotalWeights(budget, counts), of: budget.totalWeights },
    });
  }
  const largest = members.at(-1);
  invariant(largest, "shape", "expected one ratio at least, got none");
  const { ratio, perplexity } = largest;
  const target = { ratio: "block weights kept" as const, value: ratio };
  const { delivery, ratios } = await exportNestedModel(ctx, opened, members, place, {
    ...options,
    receipt: { ...options.receipt, recipe: { ...recipe, ratio }, target, trainedSteps: steps, perplexity },
  });
  const checks = new Map(ratios.map((ratio) => [ratio.ratio, ratio.check]));
  return { delivery, ratios: inside.map((one) => ({ ...one, check: checks.get(one.ratio) ?? null })) };
}
