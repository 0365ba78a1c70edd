// npm run prune -- --method dass|wanda|magnitude|sparsegpt --pattern 2:4 ...: single weights of the MLP, in one shot.
import {
  checkWeightRecipe,
  DEFAULT_WEIGHT_RECIPE,
  WEIGHT_METHODS,
  type WeightRecipe,
} from "../../engine/recipes/weightRecipe.ts";
import { optionalNumber, parseValues } from "../arguments/arguments.ts";
import { checkedArguments, readRunArguments, RUN_OPTIONS, type RunArguments } from "../arguments/runArguments.ts";
import { runHeadless } from "./runHeadless.ts";
import { UsageError } from "../arguments/usageError.ts";

export const WEIGHTS_USAGE = `       npm run prune -- --method dass|wanda|magnitude|sparsegpt --pattern 2:4 --model DIR --text FILE --eval FILE --out DIR
         [--sequences 64] [--tokens 128] [--seed 1] [--context 512] [--eval-tokens 20480] [--half] [--dtype f32|f16|bf16] [--shard-mb 5000]
  --method   single weights of the MLP in one shot, calibrated on --text; the export is masked: dense, with zeros
  --pattern  N:M (of every M weights N become zero), such as 2:4 or 4:8, or a share such as 50%`;

export interface WeightsArguments extends RunArguments {
  recipe: WeightRecipe;
}

/** Whether the arguments ask for a method of weight pruning. */
export function asksForWeights(argv: readonly string[]): boolean {
  const at = argv.indexOf("--method");
  const method = at >= 0 ? argv[at + 1] : argv.find((word) => word.startsWith("--method="))?.slice("--method=".length);
  return method !== undefined && method !== "disp";
}

/** Throws a UsageError that names the argument. */
export function readWeightsArguments(argv: readonly string[]): WeightsArguments {
  const text = { type: "string" } as const;
  const values = parseValues(argv, {
    ...RUN_OPTIONS,
    method: text,
    pattern: text,
    sequences: text,
    tokens: text,
    seed: text,
  });
  const { method: named } = values;
  const method = WEIGHT_METHODS.find((known) => known === named);
  if (!method) throw new UsageError(`--method takes disp, ${WEIGHT_METHODS.join(", ")}; "${String(named)}" came`);
  const number = (name: "sequences" | "tokens" | "seed"): number =>
    optionalNumber(values, name) ?? DEFAULT_WEIGHT_RECIPE[name];
  const { pattern = DEFAULT_WEIGHT_RECIPE.pattern } = values;
  const recipe = checkedArguments(() =>
    checkWeightRecipe({
      ...{ method, pattern: String(pattern) },
      ...{ sequences: number("sequences"), tokens: number("tokens"), seed: number("seed") },
    }),
  );
  const given = readRunArguments({ forms: "masked", ...values });
  if (given.forms.join() !== "masked")
    throw new UsageError(
      `--forms: ${method} gives the masked form only, dense with zeros; "${given.forms.join()}" came`,
    );
  return { ...given, recipe };
}

export async function pruneWeightsHeadless(argv: readonly string[]): Promise<void> {
  const { recipe, ...given } = readWeightsArguments(argv);
  await runHeadless(given, recipe, (page, request) =>
    page.evaluate((one) => window.espalier.pruneWeights(one), { ...request, recipe }),
  );
}
