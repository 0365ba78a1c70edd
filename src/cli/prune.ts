// npm run prune -- --model DIR --text FILE --eval FILE --out DIR ...: the studio's pruning without a window. One JSON line on stdout.
import { mkdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
// Node cannot import WGSL, which the engine's index brings along: the recipe comes from its own leaf.
import { checkRecipe, DEFAULT_RECIPE, type Estimator, type Recipe } from "../engine/train/recipe.ts";
import { APPLY_USAGE, applyReceipt } from "./apply.ts";
import {
  type CliForm,
  existing,
  existingModel,
  neededText,
  optionalNumber,
  parseValues,
  readForms,
} from "./arguments.ts";
import { openHeadless, UsageError } from "./headless.ts";
import type { PruneReport, PruneRequest } from "./pagePrune.ts";
import { progressLine } from "./progress.ts";

const USAGE = `usage: npm run prune -- --model DIR --text FILE --eval FILE --out DIR
         [--keep 0.5] [--steps 600] [--tokens 128] [--seed 1] [--estimator reinmax|straight-through|gumbel]
         [--lambda 6] [--learning-rate 0.001] [--weight-decay 0.05] [--context 512] [--eval-tokens 20480] [--forms masked,compact]
         [--half]
  --model  a folder with config.json, tokenizer.json and safetensors, or a GGUF file
  --text   what the masks are trained on (UTF-8)                         --eval  what perplexity is measured on (UTF-8)
  --keep   kept share of the block weights, 0 to 1
  --half   matrices as halves on the GPU: half the memory, rounded to 11 bits (exports keep the model's own weights)
${APPLY_USAGE}`;

interface Arguments {
  model: string;
  text: string;
  evaluation: string;
  out: string;
  recipe: Recipe;
  context: number;
  evaluationTokens: number;
  forms: CliForm[];
  precision: PruneRequest["precision"];
}

function readArguments(argv: string[]): Arguments {
  const text = { type: "string" } as const;
  const values = parseValues(argv, {
    ...{ model: text, text, eval: text, out: text, keep: text, steps: text, tokens: text, seed: text, estimator: text },
    ...{
      lambda: text,
      "learning-rate": text,
      "weight-decay": text,
      context: text,
      "eval-tokens": text,
      forms: text,
      half: { type: "boolean" } as const,
      help: { type: "boolean" } as const,
    },
  });
  if (values["help"]) {
    process.stdout.write(`${USAGE}\n`);
    process.exit(0);
  }
  const needed = (name: string): string => neededText(values, name);
  const number = (name: string, fallback: number): number => optionalNumber(values, name) ?? fallback;
  const recipe: Recipe = {
    ...DEFAULT_RECIPE,
    keep: number("keep", DEFAULT_RECIPE.keep),
    steps: number("steps", DEFAULT_RECIPE.steps),
    tokens: number("tokens", DEFAULT_RECIPE.tokens),
    seed: number("seed", DEFAULT_RECIPE.seed),
    lambda: number("lambda", DEFAULT_RECIPE.lambda),
    learningRate: number("learning-rate", DEFAULT_RECIPE.learningRate),
    weightDecay: number("weight-decay", DEFAULT_RECIPE.weightDecay),
    estimator: (values["estimator"] ?? DEFAULT_RECIPE.estimator) as Estimator,
  };
  try {
    checkRecipe(recipe);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
  const forms = readForms(values["forms"]);
  const model = existingModel(needed("model"));
  const whole = (name: string, fallback: number, least: number): number => {
    const value = number(name, fallback);
    if (!Number.isInteger(value) || value < least)
      throw new UsageError(`--${name} must be a whole number of at least ${least}; ${value} came`);
    return value;
  };
  return {
    model,
    text: existing("text", needed("text"), false),
    evaluation: existing("eval", needed("eval"), false),
    out: needed("out"),
    recipe,
    context: whole("context", 512, 2),
    evaluationTokens: whole("eval-tokens", 20_480, 2),
    forms,
    precision: values["half"] === true ? "f16" : "f32",
  };
}

async function main(argv: string[]): Promise<void> {
  const given = readArguments(argv);
  const began = performance.now();
  const progress = progressLine();
  const headless = await openHeadless((report) => progress(report as PruneReport));
  try {
    const named = (path: string): { name: string; content: string } => ({
      name: basename(path),
      content: readFileSync(path, "utf8"),
    });
    const out = given.forms.map((form) => {
      mkdirSync(join(given.out, form), { recursive: true });
      return { form, url: headless.files.writable(join(given.out, form)) };
    });
    const request = {
      model: headless.files.serve(given.model),
      text: named(given.text),
      evaluation: named(given.evaluation),
      evaluationTokens: given.evaluationTokens,
      context: given.context,
      recipe: given.recipe,
      precision: given.precision,
      out,
    };
    const answer = await headless.page.evaluate((one) => window.espalier.prune(one), request);
    progress();
    if ("error" in answer) {
      const { code, message } = answer.error;
      if (["config", "unsupported", "format", "shape", "limit"].includes(code))
        throw new UsageError(`${given.model}: ${message}`);
      throw new Error(message);
    }
    const seconds = (performance.now() - began) / 1000;
    process.stdout.write(
      `${JSON.stringify({ ...answer.ok, recipe: given.recipe, out: given.out, seconds: Number(seconds.toFixed(1)) })}\n`,
    );
    const failed = answer.ok.forms.find(({ ok }) => !ok);
    if (failed) throw new Error(`the ${failed.form} export failed its check: ${failed.reason ?? "unknown"}`);
  } finally {
    await headless.close();
  }
}

try {
  const argv = process.argv.slice(2);
  const applies = argv.some((word) => word === "--apply" || word.startsWith("--apply="));
  await (applies && !argv.includes("--help") ? applyReceipt : main)(argv);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
