// The page's side of a nested export: measures several nested architectures and exports them as one model.
import { type LogitsAt, exportRatios, type Recipe } from "../../engine/index.ts";
import { httpTarget } from "./httpTarget.ts";
import { type FormAnswer, formAnswer } from "./forms.ts";
import { measureMasks } from "./pruneGates.ts";
import type { OpenRun, RunAnswer } from "./openRun.ts";

/** One ratio inside the nested model. */
interface NestedRatioAnswer extends Pick<RunAnswer, "keptBlocks" | "keptModel" | "perplexity"> {
  keep: number;
  /** Null where the model was not written. */
  largestDifference: number | null;
  equalArgmax: number | null;
}

/** The nested model in the JSON line. Its form is compact; its difference is the largest of all ratios. */
export interface NestedAnswer extends FormAnswer {
  ratios: NestedRatioAnswer[];
}

/** Measures nested architectures and exports them as one model to `url`. Throws EngineErrors. */
export async function pruneNested(
  run: OpenRun,
  made: readonly LogitsAt[],
  { recipe, steps }: { recipe: Recipe; steps: number },
  url: string,
): Promise<NestedAnswer> {
  const options = await run.exportOptions();
  const { exported, ratios } = await exportRatios(
    run.ctx,
    run.opened,
    { made, recipe, steps, target: httpTarget("nested", url) },
    {
      ...options,
      measure: async (masks) => run.pair(await measureMasks(run, masks)),
      onRatio: options.onProgress,
    },
  );
  return {
    ...formAnswer(exported),
    ratios: ratios.map(({ ratio, blockWeights, modelWeights, perplexity, check }) => {
      const { text, context, tokens, dense, pruned } = perplexity;
      return {
        ...{
          keep: ratio,
          keptBlocks: blockWeights.kept / blockWeights.of,
          keptModel: modelWeights.kept / modelWeights.of,
        },
        perplexity: { text: text.name, context, tokens, dense, pruned },
        largestDifference: check?.maxAbsLogitDifference ?? null,
        equalArgmax: check?.argmaxAgreement ?? null,
      };
    }),
  };
}
