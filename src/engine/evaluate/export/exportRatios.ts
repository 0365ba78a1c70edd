// Several ratios of one run as one model: nested architectures, each measured, then their export.
import type { Ctx } from "../../ctx.ts";
import { invariant } from "../../errors.ts";
import type { NestedRatio } from "../../formats/export/exportNested.ts";
import type { PerplexityPair, Share } from "../../formats/receipt/receiptTypes.ts";
import type { OpenedModel } from "../../model/open.ts";
import { budgetOf, keptTotalWeights } from "../../masks/budget.ts";
import { gateLayout, type Masks, sharingOf } from "../../masks/gates.ts";
import { type LogitsAt, nestedArchitectures } from "../../masks/nestedness.ts";
import type { Recipe } from "../../recipes/recipe.ts";
import { exportNestedModel, type NestedMember, type NestedOptions } from "./exportNestedModel.ts";
import type { ExportedForm, ExportTarget } from "./writeForms.ts";

/** Several ratios of a run, and where the nested model is written. */
interface RatiosExport {
  /** Gate logits that the run makes for each ratio. */
  made: readonly LogitsAt[];
  recipe: Recipe;
  /** Steps that it was trained for. */
  steps: number;
  target: ExportTarget;
}

/** Options that apply to all ratios. The rest of the receipt (perplexity, target, ...) is worked out here. */
interface ExportRatiosOptions extends Omit<NestedOptions, "receipt"> {
  receipt: Omit<NestedOptions["receipt"], "recipe" | "target" | "trainedSteps" | "perplexity">;
  /** Perplexity of the model that the masks give. Called for each ratio, because nesting may change its masks. */
  measure: (masks: Masks, ratio: number) => Promise<PerplexityPair>;
}

/** One ratio inside the nested model. */
export interface RatioInside {
  /** The ratio that was asked for. */
  ratio: number;
  blockWeights: Share;
  modelWeights: Share;
  perplexity: PerplexityPair;
  /** The model cut out of the written one, compared with the masked model; null if the export is not offered. */
  check: NestedRatio["check"] | null;
}

/**
 * Makes nested architectures from the gate logits, measures each and writes them to `target`. Ratios are returned in ascending order.
 * Throws "shape" without a ratio, and what `exportNestedModel` throws.
 */
export async function exportRatios(
  ctx: Ctx,
  opened: OpenedModel,
  { made, recipe, steps, target }: RatiosExport,
  { measure, ...options }: ExportRatiosOptions,
): Promise<{ exported: ExportedForm; ratios: RatioInside[] }> {
  const layout = gateLayout(opened.config);
  const budget = budgetOf(opened.config);
  const ascending = [...made].sort((a, b) => a.ratio - b.ratio);
  const architectures = nestedArchitectures(ascending, layout, budget, sharingOf(recipe, layout));
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
  invariant(largest, "shape", "expected at least one ratio, got none");
  const { ratio, perplexity } = largest;
  const asked = { ratio: "block weights kept" as const, value: ratio };
  const receipt = { ...options.receipt, recipe: { ...recipe, ratio }, target: asked, trainedSteps: steps, perplexity };
  const { exported, ratios } = await exportNestedModel(ctx, opened, { members, target }, { ...options, receipt });
  const checks = new Map(ratios.map((one) => [one.ratio, one.check]));
  return { exported, ratios: inside.map((one) => ({ ...one, check: checks.get(one.ratio) ?? null })) };
}
