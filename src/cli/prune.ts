// npm run prune: the studio's pruning from the command line. Prints one line of JSON on stdout.
// Node cannot load WGSL, which the engine's index imports, so the recipe comes from its own file.
import { checkRecipe, type Recipe } from "../engine/recipes/recipe.ts";
import { parseValues } from "./arguments/arguments.ts";
import { EXPORT_USAGE } from "./arguments/exportArguments.ts";
import {
  readRecipeArguments,
  RECIPE_OPTIONS,
  RECIPE_USAGE,
  RESUME_OPTION,
  RESUME_USAGE,
} from "./arguments/recipeArguments.ts";
import {
  readRecoverArguments,
  type RecoverChoices,
  RECOVER_OPTIONS,
  RECOVER_USAGE,
} from "./arguments/recoverArguments.ts";
import {
  checkedArguments,
  MEASURE_USAGE,
  readRunArguments,
  RUN_OPTIONS,
  type RunArguments,
} from "./arguments/runArguments.ts";
import { runCommand } from "./host/command.ts";
import { APPLY_USAGE, applyReceipt } from "./prune/apply.ts";
import { asksForRatios, pruneRatiosHeadless, RATIOS_USAGE } from "./prune/ratios.ts";
import { runHeadless } from "./prune/runHeadless.ts";
import { asksForWeights, pruneWeightsHeadless, WEIGHTS_USAGE } from "./prune/weights.ts";

const USAGE = `usage: npm run prune -- --model DIR|FILE.gguf --text FILE --eval FILE --out DIR [OPTIONS]
Trains masks for one ratio, exports the pruned model, shows progress on stderr and prints one line of JSON on stdout.
Numbers and words shown after an option are its default, or the default is in brackets.

Model, texts and measuring:
${MEASURE_USAGE}

Training:
  --keep 0.5               ratio: the kept share of the block weights, 0.05 to 1
${RECIPE_USAGE}
${RESUME_USAGE}

Recovery:
${RECOVER_USAGE}

Export:
${EXPORT_USAGE}

${RATIOS_USAGE}

${WEIGHTS_USAGE}

${APPLY_USAGE}`;

interface Arguments extends RunArguments, RecoverChoices {
  recipe: Recipe;
  resume: boolean;
}

function readArguments(argv: string[]): Arguments {
  const values = parseValues(argv, { ...RUN_OPTIONS, ...RECIPE_OPTIONS, ...RECOVER_OPTIONS, ...RESUME_OPTION });
  const recipe = checkedArguments(() => checkRecipe(readRecipeArguments(values)));
  const resume = values["resume"] === true;
  return { ...readRunArguments(values), recipe, resume, ...readRecoverArguments(values, recipe.seed) };
}

async function pruneHeadless(argv: string[]): Promise<void> {
  const { recipe, recover, refit, ...given } = readArguments(argv);
  await runHeadless(given, recipe, (host, request, progress) =>
    host.call("prune", { ...request, recipe, ...(refit ? { refit } : {}), ...(recover ? { recover } : {}) }, progress),
  );
}

/** The kind of pruning that the arguments ask for. */
function commandOf(argv: string[]): (argv: string[]) => Promise<void> {
  if (argv.some((word) => word === "--apply" || word.startsWith("--apply="))) return applyReceipt;
  if (asksForWeights(argv)) return pruneWeightsHeadless;
  return asksForRatios(argv) ? pruneRatiosHeadless : pruneHeadless;
}

await runCommand(USAGE, async (argv) => {
  await commandOf(argv)(argv);
  return undefined;
});
