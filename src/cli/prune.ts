// npm run prune -- --model DIR --text FILE --eval FILE --out DIR ...: the studio's pruning without a window. One JSON line on stdout.
// Node cannot import WGSL, which the engine's index brings along: the recipe comes from its own leaf.
import { checkRecipe, type Recipe } from "../engine/recipes/recipe.ts";
import { APPLY_USAGE, applyReceipt } from "./prune/apply.ts";
import { parseValues } from "./arguments/arguments.ts";
import { runCommand } from "./host/command.ts";
import { EXPORT_USAGE } from "./arguments/exportArguments.ts";
import { asksForRatios, pruneRatiosHeadless, RATIOS_USAGE } from "./prune/ratios.ts";
import { readRecipeArguments, RECIPE_OPTIONS } from "./arguments/recipeArguments.ts";
import { checkedArguments, readRunArguments, RUN_OPTIONS, type RunArguments } from "./arguments/runArguments.ts";
import { runHeadless } from "./prune/runHeadless.ts";
import { asksForWeights, pruneWeightsHeadless, WEIGHTS_USAGE } from "./prune/weights.ts";

const USAGE = `usage: npm run prune -- --model DIR --text FILE --eval FILE --out DIR
         [--keep 0.5] [--steps 600] [--tokens 128] [--seed 1] [--estimator reinmax|straight-through|gumbel]
         [--gates full|constrained|no-gru|no-hypernetwork] [--lambda 6] [--learning-rate 0.001] [--weight-decay 0.05]
         [--context 512] [--eval-tokens 20480] [--half]
         ${EXPORT_USAGE}
  --model  a folder with config.json, tokenizer.json and safetensors, or a GGUF file
  --text   what the masks are trained on (UTF-8)                         --eval  what perplexity is measured on (UTF-8)
  --keep   kept share of the block weights, 0.05 to 1
  --gates  the whole method, or the paper's ablations: one vector for s1, s2, s3 and s5 of the model; no GRU; one free logit per gate
  --out    gets a folder for every form; an earlier export there is replaced once the new one has passed its check
  --dtype  of the written weights, the model's own where it is left out  --shard-mb  largest weights file of masked and compact
  --half   matrices as halves on the GPU: half the memory, rounded to 11 bits (exports keep the model's own weights)
${RATIOS_USAGE}
${WEIGHTS_USAGE}
${APPLY_USAGE}`;

interface Arguments extends RunArguments {
  recipe: Recipe;
}

function readArguments(argv: string[]): Arguments {
  const values = parseValues(argv, { ...RUN_OPTIONS, ...RECIPE_OPTIONS });
  const recipe = checkedArguments(() => checkRecipe(readRecipeArguments(values)));
  return { ...readRunArguments(values), recipe };
}

async function pruneHeadless(argv: string[]): Promise<void> {
  const { recipe, ...given } = readArguments(argv);
  await runHeadless(given, recipe, (page, request) =>
    page.evaluate((one) => window.espalier.prune(one), { ...request, recipe }),
  );
}

/** What the arguments ask for. */
function commandOf(argv: string[]): (argv: string[]) => Promise<void> {
  if (argv.some((word) => word === "--apply" || word.startsWith("--apply="))) return applyReceipt;
  if (asksForWeights(argv)) return pruneWeightsHeadless;
  return asksForRatios(argv) ? pruneRatiosHeadless : pruneHeadless;
}

await runCommand(USAGE, async (argv) => {
  await commandOf(argv)(argv);
  return undefined;
});
