// The arguments of npm run compare: methods, ratios and seeds beside model and texts, checked before anything is opened.
import { join } from "node:path";
import { checkRecipe, DEFAULT_RECIPE } from "../../engine/recipes/recipe.ts";
import { checkWeightRecipe, DEFAULT_WEIGHT_RECIPE } from "../../engine/recipes/weightRecipe.ts";
import { neededText, optionalNumber, parseValues } from "../arguments/arguments.ts";
import { type PlannedRun, plannedRuns, readMethod } from "./methods.ts";
import {
  checkedArguments,
  MEASURE_OPTIONS,
  type MeasureArguments,
  readMeasureArguments,
} from "../arguments/runArguments.ts";
import { UsageError } from "../arguments/usageError.ts";

export const COMPARE_USAGE = `usage: npm run compare -- --model DIR --text FILE --eval FILE --methods disp,dass:2:4,wanda:2:4,magnitude:50%
         [--keep 0.8,0.5] [--seeds 1,2,3] [--steps 600] [--tokens 128] [--sequences 64]
         [--context 512] [--eval-tokens 20480] [--half] [--out FILE.json|DIR]
  --model    a folder with config.json, tokenizer.json and safetensors, or a GGUF file
  --text     what methods are trained or calibrated on (UTF-8)           --eval  what perplexity is measured on (UTF-8)
  --methods  disp, disp:constrained, disp:no-gru, disp:no-hypernetwork; every (one training for all of --keep); random (needs disp, whose widths it takes), uniform-magnitude;
             dass, wanda, magnitude, sparsegpt with a pattern (dass:2:4, dass:50%), or alone for the share of the MLP that makes each --keep
  --keep     kept shares of the block weights, 0.05 to 1                  --seeds  of disp and random; the others take the first (every, too, is trained for each)
  --tokens   of a training step, and of a calibration sequence            --out    gets compare.json and compare.svg; default here`;

/** Steps, tokens and sequences that all runs of a comparison share. */
export interface CompareSettings {
  steps: number;
  tokens: number;
  sequences: number;
}

export interface CompareArguments extends MeasureArguments, CompareSettings {
  runs: PlannedRun[];
  out: string;
}

/** The files of --out: a name that ends in .json, with the chart beside it, or a folder for both. */
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
  });
  const methods = words("methods", neededText(values, "methods")).map(readMethod);
  const ratios = numbers("keep", values["keep"] ?? String(DEFAULT_RECIPE.ratio));
  const seeds = numbers("seeds", values["seeds"] ?? String(DEFAULT_RECIPE.seed));
  const settings = {
    steps: optionalNumber(values, "steps") ?? DEFAULT_RECIPE.steps,
    tokens: optionalNumber(values, "tokens") ?? DEFAULT_RECIPE.tokens,
    sequences: optionalNumber(values, "sequences") ?? DEFAULT_WEIGHT_RECIPE.sequences,
  };
  const { steps, tokens, sequences } = settings;
  checkedArguments(() => {
    for (const ratio of ratios) checkRecipe({ ...DEFAULT_RECIPE, ratio, steps, tokens });
    for (const seed of seeds) checkWeightRecipe({ ...DEFAULT_WEIGHT_RECIPE, seed, tokens, sequences });
  });
  const asksRandom = methods.some((one) => one.kind === "baseline" && one.method === "random");
  if (asksRandom && !methods.some((one) => one.kind === "disp" && one.gates === "full"))
    throw new UsageError("--methods: random takes the widths that disp finds; put disp in the list as well");
  const { out } = values;
  return {
    ...readMeasureArguments(values),
    ...settings,
    runs: plannedRuns(methods, ratios, seeds),
    out: typeof out === "string" && out !== "" ? out : ".",
  };
}

/** The words of a list, none empty and none twice. */
function words(name: string, value: string): string[] {
  const found = value.split(",").map((word) => word.trim());
  if (found.includes(""))
    throw new UsageError(`--${name} is a list separated by commas; "${value}" has an empty entry`);
  const twice = found.find((word, i) => found.indexOf(word) !== i);
  if (twice !== undefined) throw new UsageError(`--${name} names ${twice} twice`);
  return found;
}

function numbers(name: string, value: unknown): number[] {
  return words(name, String(value)).map((word) => {
    const number = Number(word);
    if (!Number.isFinite(number)) throw new UsageError(`--${name} is a list of numbers; "${word}" came`);
    return number;
  });
}
