// npm run prune -- --ratios: one training for every ratio, then an export per ratio. Prints one line of JSON on stdout.
import { readRatioList } from "../../engine/recipes/ratioList.ts";
import { checkRecipe, type Recipe } from "../../engine/recipes/recipe.ts";
import { optionalNumber, parseValues } from "../arguments/arguments.ts";
import { choiceFor, writeExports } from "./writeExports.ts";
import { UsageError } from "../arguments/usageError.ts";
import type { RatiosAnswer } from "../page/pruneRatios.ts";
import { RECOVER_OPTIONS, recoverOptionOf } from "../arguments/recoverArguments.ts";
import { readRecipeArguments, RECIPE_OPTIONS, RESUME_OPTION } from "../arguments/recipeArguments.ts";
import { checkedArguments, readRunArguments, RUN_OPTIONS, type RunArguments } from "../arguments/runArguments.ts";
import { measureRequest, secondsSince } from "./runHeadless.ts";

export const RATIOS_USAGE = `Several ratios from one training, with the options above but --keep:
  --ratios 0.8,0.6,0.4     measures each of these and exports it to OUT/keep-0.8 and so on
  --from 0.35, --to 0.95   the training draws ratios between these
  --nested                 also exports one model to OUT/nested: the largest, with the lists that cut the others out of it`;

interface RatiosArguments extends RunArguments {
  recipe: Recipe;
  /** Ascending. */
  ratios: number[];
  /** Whether they are exported as one model as well. */
  nested: boolean;
  resume: boolean;
}

/** Whether the arguments ask for several ratios. */
export function asksForRatios(argv: readonly string[]): boolean {
  return argv.some((word) => word === "--ratios" || word.startsWith("--ratios="));
}

/** Throws a UsageError that names the argument. */
export function readRatiosArguments(argv: readonly string[]): RatiosArguments {
  const text = { type: "string" } as const;
  const values = parseValues(argv, {
    ...RUN_OPTIONS,
    ...RECIPE_OPTIONS,
    ...RECOVER_OPTIONS,
    ratios: text,
    from: text,
    to: text,
    nested: { type: "boolean" },
    ...RESUME_OPTION,
  });
  if (values["keep"] !== undefined) throw new UsageError("expected --keep (one ratio) or --ratios (several), got both");
  const recovery = recoverOptionOf(values);
  if (recovery !== undefined)
    throw new UsageError(
      `--${recovery}: expected --keep (one ratio), got --ratios (several); a recovery trains the weights of one of them. Prune at one ratio with --keep and --recover, or measure each recovered ratio with npm run compare -- --methods every+recover`,
    );
  const list = values["ratios"];
  const ratios = checkedArguments(() => readRatioList(typeof list === "string" ? list : "", "--ratios"));
  const base = readRecipeArguments(values);
  const bounds = {
    ratioFrom: optionalNumber(values, "from") ?? base.ratioFrom,
    ratioTo: optionalNumber(values, "to") ?? base.ratioTo,
  };
  const recipes = ratios.map((ratio) =>
    checkedArguments(() => checkRecipe({ ...base, ...bounds, ratioMode: "every", ratio })),
  );
  const [nested, resume] = [values["nested"] === true, values["resume"] === true];
  return { ...readRunArguments(values), ratios, nested, resume, recipe: recipes[0] ?? base };
}

/** Folders under --out: of the nested model, and of a ratio. */
const NESTED = "nested";
const folderOf = (ratio: number): `keep-${number}` => `keep-${ratio}`;

export async function pruneRatiosHeadless(argv: readonly string[]): Promise<void> {
  const began = performance.now();
  const { recipe, ratios, nested, ...given } = readRatiosArguments(argv);
  const { out, host, forms, model, resume } = given;
  const names = ratios.flatMap((ratio) => forms.map((form) => `${folderOf(ratio)}/${form}` as const));
  await writeExports({ out, host, resume }, nested ? [...names, NESTED] : names, {
    subject: model,
    send: (host, { urlOf, checkpoints, progress }) =>
      host.call(
        "pruneRatios",
        {
          ...measureRequest(given, host),
          ...choiceFor(given),
          recipe,
          ...(checkpoints ? { checkpoints } : {}),
          ratios: ratios.map((ratio) => ({
            ratio,
            out: forms.map((form) => ({ form, url: urlOf(`${folderOf(ratio)}/${form}`) })),
          })),
          ...(nested ? { nested: urlOf(NESTED) } : {}),
        },
        progress,
      ),
    checksOf: (answer: RatiosAnswer) => [
      ...answer.ratios.flatMap(({ keep: ratio, forms: checks }) =>
        checks.map((check) => [`${folderOf(ratio)}/${check.form}`, check] as const),
      ),
      ...(answer.nested ? [[NESTED, answer.nested] as const] : []),
    ],
    extra: () => ({ recipe, seconds: secondsSince(began) }),
  });
}
