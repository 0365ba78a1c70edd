// The command that runs a recipe with the Python package, for models that no GPU here has room for (docs/scale.md).
import { DEFAULT_RECIPE, type Recipe, type WeightRecipe } from "../../engine/index.ts";

/** What the user has to replace. */
const [TEXT, EVALUATION, OUT] = ["TEXT.txt", "HELD.txt", "OUT"];

/** The arguments of the recipe's fields, under their names in `espalier prune`. Those at their defaults are left out. */
const FLAGS = [
  ...([
    ["gates", "--gates"],
    ["widthMultiple", "--width-multiple"],
    ["ratioMode", "--ratio-mode"],
  ] as const),
  ...([
    ["estimator", "--estimator"],
    ["lambda", "--lambda"],
    ["learningRate", "--learning-rate"],
  ] as const),
  ...([
    ["weightDecay", "--weight-decay"],
    ["checkpointEvery", "--checkpoint-every"],
  ] as const),
] as const;

const quoted = (model: string): string => (/^[\w./-]+$/.test(model) ? model : `'${model.replaceAll("'", "'\\''")}'`);

/** The command that prunes single weights: block by block from disk, so one process is enough. model: as in `scaleCommand`. */
export function scaleWeightsCommand(model: string, recipe: WeightRecipe): string {
  const { method, pattern, sequences, tokens, seed } = recipe;
  return [
    ...["espalier prune --model", quoted(model), "--text", TEXT, "--eval", EVALUATION, "--out", OUT],
    ...["--method", method, "--pattern", pattern, "--sequences", sequences, "--tokens", tokens, "--seed", seed],
    "--weights bf16",
  ].join(" ");
}

/** One line for a shell. model: the folder of the model, quoted where necessary. */
export function scaleCommand(model: string, recipe: Recipe): string {
  const bounds = recipe.ratioMode === "every" ? ["--keep-from", recipe.ratioFrom, "--keep-to", recipe.ratioTo] : [];
  const changed = FLAGS.filter(([field]) => recipe[field] !== DEFAULT_RECIPE[field]);
  return [
    ...["torchrun --nproc-per-node gpu -m espalier prune --model", quoted(model), "--text", TEXT, "--eval", EVALUATION],
    ...[
      "--out",
      OUT,
      "--keep",
      recipe.ratio,
      "--steps",
      recipe.steps,
      "--tokens",
      recipe.tokens,
      "--seed",
      recipe.seed,
    ],
    ...bounds,
    ...changed.flatMap(([field, flag]) => [flag, recipe[field]]),
    ...["--weights bf16", "--recompute"],
  ].join(" ");
}
