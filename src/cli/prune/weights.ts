// npm run prune -- --method dass|wanda|magnitude|sparsegpt: zeroes single weights of the MLP in one shot.
import {
  checkWeightRecipe,
  DEFAULT_WEIGHT_RECIPE,
  WEIGHT_METHODS,
  type WeightRecipe,
} from "../../engine/recipes/weightRecipe.ts";
import { isWeightForm, WEIGHT_FORMS } from "../../engine/formats/receipt/weightReceipt.ts";
import { optionalNumber, parseValues } from "../arguments/arguments.ts";
import { checkedArguments, readRunArguments, RUN_OPTIONS, type RunArguments } from "../arguments/runArguments.ts";
import { runHeadless } from "./runHeadless.ts";
import { RESUME_OPTION } from "../arguments/recipeArguments.ts";
import { readRecoverArguments, type RecoverChoices, RECOVER_OPTIONS } from "../arguments/recoverArguments.ts";
import { UsageError } from "../arguments/usageError.ts";

export const WEIGHTS_USAGE = `Single weights of the MLP in one shot, calibrated on --text; exports masked or gguf-masked (--forms), which are dense with zeros:
  --method dass|wanda|magnitude|sparsegpt
  --pattern 2:4            N:M zeroes N of every M neighbouring weights; 50% zeroes this share of each row or column
  --sequences 64           of the calibration text
  --tokens 128             per sequence
  and --model, --text, --eval, --out, --seed, --context, --eval-tokens, --half, --tune, --host, --forms, --dtype, --gguf-type, --shard-mb, --resume, --recover and --refit with their options as above`;

interface WeightsArguments extends RunArguments, RecoverChoices {
  recipe: WeightRecipe;
  resume: boolean;
}

function methodIn(argv: readonly string[]): string | undefined {
  const at = argv.indexOf("--method");
  return at >= 0 ? argv[at + 1] : argv.find((word) => word.startsWith("--method="))?.slice("--method=".length);
}

/** Whether the arguments name a method of weight pruning. */
export function asksForWeights(argv: readonly string[]): boolean {
  const method = methodIn(argv);
  return method !== undefined && method !== "disp";
}

/** Throws a UsageError that names the argument. */
export function readWeightsArguments(argv: readonly string[]): WeightsArguments {
  const text = { type: "string" } as const;
  // before the other options, which depend on it
  const named = methodIn(argv);
  const method = WEIGHT_METHODS.find((known) => known === named);
  if (!method) throw new UsageError(`--method: expected disp, ${WEIGHT_METHODS.join(", ")}, got "${String(named)}"`);
  const values = parseValues(argv, {
    ...RUN_OPTIONS,
    method: text,
    pattern: text,
    sequences: text,
    tokens: text,
    seed: text,
    ...RECOVER_OPTIONS,
    ...RESUME_OPTION,
  });
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
  const other = given.forms.find((form) => !isWeightForm(form));
  if (other !== undefined)
    throw new UsageError(
      `--forms: expected ${WEIGHT_FORMS.join(" or ")}, the forms of ${method}, got "${given.forms.join()}"`,
    );
  return { ...given, recipe, resume: values["resume"] === true, ...readRecoverArguments(values, recipe.seed) };
}

export async function pruneWeightsHeadless(argv: readonly string[]): Promise<void> {
  const { recipe, recover, refit, ...given } = readWeightsArguments(argv);
  await runHeadless(given, recipe, (host, request, progress) =>
    host.call(
      "pruneWeights",
      { ...request, recipe, ...(refit ? { refit } : {}), ...(recover ? { recover } : {}) },
      progress,
    ),
  );
}
