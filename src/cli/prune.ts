// npm run prune -- --model DIR --text FILE --eval FILE --out DIR ...: the studio's pruning without a window. One JSON line on stdout.
import { existsSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
// Node cannot import WGSL, which the engine's index brings along: the recipe comes from its own leaf.
import { checkRecipe, DEFAULT_RECIPE, type Estimator, type Recipe } from "../engine/train/recipe.ts";
import { openHeadless, UsageError } from "./headless.ts";
import type { PruneReport } from "./pagePrune.ts";
import { progressLine } from "./progress.ts";

const USAGE = `usage: npm run prune -- --model DIR --text FILE --eval FILE --out DIR
         [--keep 0.5] [--steps 600] [--tokens 128] [--seed 1] [--estimator reinmax|straight-through|gumbel]
         [--lambda 6] [--learning-rate 0.001] [--weight-decay 0.05] [--context 512] [--eval-tokens 20480] [--forms masked,compact]
  --model  a folder with config.json, tokenizer.json and safetensors     --text  what the masks are trained on (UTF-8)
  --keep   kept share of the block weights, 0 to 1                       --eval  what perplexity is measured on (UTF-8)`;

const HELP = "npm run prune -- --help lists the arguments";
/** Node's own messages about arguments come with advice on further lines. */
const oneLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split(/[\n.] /)[0] ?? "";

const FORMS = ["masked", "compact"] as const;

interface Arguments {
  model: string;
  text: string;
  evaluation: string;
  out: string;
  recipe: Recipe;
  context: number;
  evaluationTokens: number;
  forms: (typeof FORMS)[number][];
}

function readArguments(argv: string[]): Arguments {
  const text = { type: "string" } as const;
  const { values } = parse(argv, {
    ...{ model: text, text, eval: text, out: text, keep: text, steps: text, tokens: text, seed: text, estimator: text },
    ...{
      lambda: text,
      "learning-rate": text,
      "weight-decay": text,
      context: text,
      "eval-tokens": text,
      forms: text,
      help: { type: "boolean" } as const,
    },
  });
  if (values["help"]) {
    process.stdout.write(`${USAGE}\n`);
    process.exit(0);
  }
  const needed = (name: string): string => {
    const value = values[name];
    if (typeof value !== "string" || value === "") throw new UsageError(`--${name} is missing; ${HELP}`);
    return value;
  };
  const number = (name: string, fallback: number): number => {
    const value = values[name];
    if (typeof value !== "string") return fallback;
    const found = Number(value);
    if (value.trim() === "" || !Number.isFinite(found))
      throw new UsageError(`--${name} must be a number; "${value}" came`);
    return found;
  };
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
  const forms = (typeof values["forms"] === "string" ? values["forms"] : FORMS.join()).split(",");
  const unknown = forms.find((form) => !FORMS.some((known) => known === form));
  if (unknown !== undefined)
    throw new UsageError(`--forms takes ${FORMS.join(" and ")}, separated by a comma; "${unknown}" came`);
  const model = existing("model", needed("model"), true);
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
    forms: FORMS.filter((form) => forms.includes(form)),
  };
}

function parse(
  argv: string[],
  options: NonNullable<NonNullable<Parameters<typeof parseArgs>[0]>["options"]>,
): { values: Record<string, unknown> } {
  try {
    return parseArgs({ args: argv, options, strict: true, allowPositionals: false });
  } catch (error) {
    throw new UsageError(`${oneLine(error)}; ${HELP}`);
  }
}

function existing(name: string, path: string, folder: boolean): string {
  if (!existsSync(path) || statSync(path).isDirectory() !== folder) {
    throw new UsageError(`--${name} ${path}: ${folder ? "a folder" : "a file"} was expected there`);
  }
  return path;
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
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
