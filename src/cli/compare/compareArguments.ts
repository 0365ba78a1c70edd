// The arguments of npm run compare: model, texts, methods, ratios and seeds, checked before anything is opened.
import { join } from "node:path";
import { checkRecipe, DEFAULT_RECIPE, type WidthMultiple } from "../../engine/recipes/recipe.ts";
import { DEFAULT_RECOVER_RECIPE, type RecoverMatrices } from "../../engine/recipes/recoverRecipe.ts";
import { checkRefitRecipe, DEFAULT_REFIT_RECIPE } from "../../engine/recipes/refitRecipe.ts";
import { checkWeightRecipe, DEFAULT_WEIGHT_RECIPE } from "../../engine/recipes/weightRecipe.ts";
import { optionalNumber, parseValues, requiredText } from "../arguments/arguments.ts";
import { RESUME_OPTION } from "../arguments/recipeArguments.ts";
import { checkRecoverChoice, readRecoverScope } from "../arguments/recoverArguments.ts";
import { type PlannedRun, plannedRuns, readMethod } from "./methods.ts";
import {
  checkedArguments,
  MEASURE_OPTIONS,
  MEASURE_USAGE,
  type MeasureArguments,
  readMeasureArguments,
} from "../arguments/runArguments.ts";
import { UsageError } from "../arguments/usageError.ts";

export const COMPARE_USAGE = `usage: npm run compare -- --model DIR|FILE.gguf --text FILE --eval FILE --methods LIST [OPTIONS]
Runs several methods on one model and text and prints a table. Writes compare.json, which the studio imports, and compare.svg.

${MEASURE_USAGE}
  --methods LIST           separated by commas, such as disp,dass:2:4,magnitude:50%
      disp                 DISP-LLM; disp:mlp prunes only the middle of each MLP (s4); disp:constrained, disp:no-gru and
                           disp:no-hypernetwork are its ablations
      every                one training for all ratios of --keep; every:mlp and the like as for disp
      random               random masks with the widths that disp finds; needs disp in the list
      uniform-magnitude    keeps the largest structures, the same share of each vector
      dass, wanda, magnitude, sparsegpt
                           zero single weights of the MLP, with a pattern (dass:2:4, dass:50%) or, without one, at each ratio
      disp+recover, dass:2:4+recover:900, ...
                           any of these, and then the kept weights trained towards the dense model, for --recover-steps or as named;
                           a pruning that is also in the list, or recovered twice, is trained once
      disp+refit, disp+refit+recover, ...
                           least squares of the kept weights, without training; or before it
  --keep 0.8,0.5           ratios: kept shares of the block weights, 0.05 to 1 (0.5)
  --seeds 1,2,3            of disp, every, random and all that is recovered; the other methods use the first (1)
  --width-multiple 1       MLP widths of disp and every are multiples of this, within the budget: 1, 8, 32, 64 or 256
  --steps 600              training steps
  --tokens 128             per step of training and recovery, and per calibration sequence
  --sequences 64           for calibration
  --recover-steps 300      of +recover without a number
  --recover-matrices out   what +recover trains: o_proj and down_proj; or all: every matrix of the blocks
  --lora 16                what it trains instead: adapters of this rank, 4 to 64, on every matrix
  --refit-matrices all     what +refit solves for; or out
  --refit-sequences 256    of the calibration text, for +refit
  --out FILE.json|DIR      where compare.json and compare.svg are written (.)
  --resume                 continues an interrupted comparison after its finished runs; with the same arguments otherwise, or more runs`;

/** Settings that all runs of a comparison share. */
export interface CompareSettings {
  steps: number;
  tokens: number;
  sequences: number;
  /** Of trained masks. */
  widthMultiple: WidthMultiple;
  recoverMatrices: RecoverMatrices;
  refitMatrices: RecoverMatrices;
  refitSequences: number;
  /** Items of the zero-shot tasks that are made from the evaluation text; missing: none are scored. */
  scoreItems?: number;
  /** Of adapters, which recoveries train in place of the matrices; missing where they do not. */
  recoverRank?: number;
}

export interface CompareArguments extends MeasureArguments, CompareSettings {
  runs: PlannedRun[];
  out: string;
  resume: boolean;
}

/** The files of --out: a list whose name ends in .json with the chart next to it, or a folder for both. */
export function outputFiles(out: string): { json: string; svg: string } {
  const json = /\.json$/i.test(out) ? out : join(out, "compare.json");
  return { json, svg: json.replace(/\.json$/i, ".svg") };
}

/** Throws a UsageError that names the argument. */
export function readCompareArguments(argv: readonly string[]): CompareArguments {
  const text = { type: "string" } as const;
  const values = parseValues(argv, {
    ...MEASURE_OPTIONS,
    ...{ methods: text, keep: text, seeds: text, steps: text, tokens: text, sequences: text, out: text },
    ...{ "recover-steps": text, "recover-matrices": text, lora: text, "width-multiple": text },
    ...{ "refit-matrices": text, "refit-sequences": text },
    ...RESUME_OPTION,
  });
  const recoverSteps = optionalNumber(values, "recover-steps") ?? DEFAULT_RECOVER_RECIPE.steps;
  const wordsOfMethods = words("methods", requiredText(values, "methods"));
  const methods = wordsOfMethods.map((word) => readMethod(word, recoverSteps));
  const ratios = numbers("keep", values["keep"] ?? String(DEFAULT_RECIPE.ratio));
  const seeds = numbers("seeds", values["seeds"] ?? String(DEFAULT_RECIPE.seed));
  const scope = readRecoverScope(values);
  const settings = {
    steps: optionalNumber(values, "steps") ?? DEFAULT_RECIPE.steps,
    tokens: optionalNumber(values, "tokens") ?? DEFAULT_RECIPE.tokens,
    sequences: optionalNumber(values, "sequences") ?? DEFAULT_WEIGHT_RECIPE.sequences,
    widthMultiple: (optionalNumber(values, "width-multiple") ?? DEFAULT_RECIPE.widthMultiple) as WidthMultiple,
    recoverMatrices: scope.matrices,
    refitMatrices: (values["refit-matrices"] ?? DEFAULT_REFIT_RECIPE.matrices) as RecoverMatrices,
    refitSequences: optionalNumber(values, "refit-sequences") ?? DEFAULT_REFIT_RECIPE.sequences,
    ...(scope.rank === undefined ? {} : { recoverRank: scope.rank }),
  };
  const { steps, tokens, sequences, widthMultiple, refitMatrices, refitSequences } = settings;
  checkedArguments(() => {
    for (const ratio of ratios) checkRecipe({ ...DEFAULT_RECIPE, ratio, steps, tokens, widthMultiple });
    for (const seed of seeds) checkWeightRecipe({ ...DEFAULT_WEIGHT_RECIPE, seed, tokens, sequences });
    checkRefitRecipe({ ...DEFAULT_REFIT_RECIPE, matrices: refitMatrices, sequences: refitSequences, tokens });
    const recoveries = [recoverSteps, ...methods.flatMap(({ recover }) => recover ?? [])];
    for (const recover of recoveries)
      checkRecoverChoice({ ...DEFAULT_RECOVER_RECIPE, ...scope, steps: recover, tokens });
  });
  const known = methods.map((method) => JSON.stringify(method));
  const twice = known.findIndex((method, i) => known.indexOf(method) !== i);
  if (twice >= 0)
    throw new UsageError(`--methods: expected each method once, got "${wordsOfMethods[twice] ?? ""}" under two names`);
  const asksRandom = methods.some((one) => one.kind === "baseline" && one.method === "random");
  if (asksRandom && !methods.some((one) => one.kind === "disp" && one.gates === "full"))
    throw new UsageError(
      "--methods: expected random together with disp, whose widths it takes, got random without disp",
    );
  const { out } = values;
  return {
    ...readMeasureArguments(values),
    ...settings,
    runs: plannedRuns(methods, ratios, seeds),
    out: typeof out === "string" && out !== "" ? out : ".",
    resume: values["resume"] === true,
  };
}

/** The words of a list. Throws where one is empty or there twice. */
function words(name: string, value: string): string[] {
  const found = value.split(",").map((word) => word.trim());
  if (found.includes(""))
    throw new UsageError(`--${name}: expected words separated by commas, got an empty one in "${value}"`);
  const twice = found.find((word, i) => found.indexOf(word) !== i);
  if (twice !== undefined) throw new UsageError(`--${name}: expected each word once, got "${twice}" twice`);
  return found;
}

function numbers(name: string, value: unknown): number[] {
  return words(name, String(value)).map((word) => {
    const number = Number(word);
    if (!Number.isFinite(number))
      throw new UsageError(`--${name}: expected numbers separated by commas, got "${word}"`);
    return number;
  });
}
