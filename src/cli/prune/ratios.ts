// npm run prune -- --ratios 0.8,0.6 ...: one training for every ratio, then an export for each. One JSON line on stdout.
import { readRatioList } from "../../engine/recipes/ratioList.ts";
import { checkRecipe, type Recipe } from "../../engine/recipes/recipe.ts";
import { optionalNumber, parseValues } from "../arguments/arguments.ts";
import { choiceFor, writeExports } from "./writeExports.ts";
import { UsageError } from "../arguments/usageError.ts";
import type { RatiosAnswer } from "../page/pruneRatios.ts";
import { readRecipeArguments, RECIPE_OPTIONS } from "../arguments/recipeArguments.ts";
import { checkedArguments, readRunArguments, RUN_OPTIONS, type RunArguments } from "../arguments/runArguments.ts";
import { measureRequest, secondsSince } from "./runHeadless.ts";

export const RATIOS_USAGE = `       npm run prune -- --ratios 0.8,0.7,0.6,0.5,0.4 --model DIR --text FILE --eval FILE --out DIR [--from 0.35] [--to 0.95] [--nested] ...
  --ratios  one training for every ratio between --from and --to; each of these is measured and written to keep-0.8 and so on in --out
  --nested  also writes them as one model to nested in --out: the largest, and lists that cut the smaller ones out of it`;

export interface RatiosArguments extends RunArguments {
  recipe: Recipe;
  /** Kept shares, ascending. */
  ratios: number[];
  /** Whether they are written as one model as well. */
  nested: boolean;
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
    ratios: text,
    from: text,
    to: text,
    nested: { type: "boolean" },
  });
  if (values["keep"] !== undefined)
    throw new UsageError("--keep is for one ratio and --ratios for several; give one of them");
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
  return { ...readRunArguments(values), ratios, nested: values["nested"] === true, recipe: recipes[0] ?? base };
}

/** Where the exports of a ratio go, under --out. */
const NESTED = "nested";
const folderOf = (ratio: number): `keep-${number}` => `keep-${ratio}`;

export async function pruneRatiosHeadless(argv: readonly string[]): Promise<void> {
  const began = performance.now();
  const { recipe, ratios, nested, ...given } = readRatiosArguments(argv);
  const { out, forms, model } = given;
  const names = ratios.flatMap((ratio) => forms.map((form) => `${folderOf(ratio)}/${form}` as const));
  await writeExports(out, nested ? [...names, NESTED] : names, {
    subject: model,
    ask: ({ page, files }, place) =>
      page.evaluate((one) => window.espalier.pruneRatios(one), {
        ...measureRequest(given, files),
        ...choiceFor(given),
        recipe,
        ratios: ratios.map((ratio) => ({
          ratio,
          out: forms.map((form) => ({ form, url: place(`${folderOf(ratio)}/${form}`) })),
        })),
        ...(nested ? { nested: place(NESTED) } : {}),
      }),
    checks: (found: RatiosAnswer) => [
      ...found.ratios.flatMap(({ keep: ratio, forms: written }) =>
        written.map((one) => [`${folderOf(ratio)}/${one.form}`, one] as const),
      ),
      ...(found.nested ? [[NESTED, found.nested] as const] : []),
    ],
    more: () => ({ recipe, seconds: secondsSince(began) }),
  });
}
