// The section of bench/quality.md on one training for every ratio: beside dedicated trainings, and beside PyTorch's figures.
import { percent } from "../../src/shared/format.ts";
import { readFileSync } from "node:fs";
import { aboutOf, cell, type Made, meanOf, seedsNote, stateOf, markdownTable } from "./cells.ts";
import { EVERY, SEEDS } from "./plan.ts";

const BASELINES = "public/model/baselines.json";
const VARIANTS = "bench/every-variants.json";
/** PyTorch's dedicated runs by kept share, as baselines.json names them. */
const DEDICATED: Readonly<Record<number, string>> = {
  0.8: "full recipe, p 0.8",
  0.7: "full recipe, p 0.7",
  0.5: "full recipe: ReinMax, 1500 steps x 256 tokens, p 0.5, lambda 6, lr 1e-3",
};
const EVERY_BASELINE = "every ratio: 3000 steps x 256 tokens";
/** How much worse than dedicated trainings one for every ratio may be, at any ratio. */
const LIMIT = 0.02;

const TRIED = `### What was tried to make it better

One training for every ratio, 3,000 steps of 128 tokens unless the name says otherwise, by golden/reference/try_every_ratio.py in PyTorch; the same text and measure, means over the seeds that were trained. "plain" draws ratios evenly. Kept: **small ratios more often**, which the engine does (it draws the share of the way between the bounds as u^1.5 instead of u); 40 % then ends 1.3 % better, and 80 to 60 % up to 0.5 % worse, which is about the spread of the seeds. Not kept: all others. A moving average of the parameters (factor 0.995) looked best in its first seed; over three it moves every ratio by less than the spread of the seeds, alone and with small ratios more often, and wants a buffer and a kernel. More steps help every ratio, and are a matter of the recipe.`;

type Perplexity = { sotu: number };

const startOf = (method: "every" | "disp:full", ratio: number): string => `${method} keep ${ratio} `;

/** How much worse one training is than dedicated ones, as means over the seeds that have both. */
function worseAt({ entries }: Made, ratio: number): string {
  const at = (method: "every" | "disp:full", seed: number): number | undefined =>
    entries.find(({ key }) => key === `${startOf(method, ratio)}seed ${seed}`)?.record.perplexity.pruned;
  const pairs = SEEDS.flatMap((seed) => {
    const [every, dedicated] = [at("every", seed), at("disp:full", seed)];
    return every === undefined || dedicated === undefined ? [] : [{ every, dedicated }];
  });
  if (pairs.length === 0) return "_missing_";
  const worse = meanOf(pairs.map(({ every }) => every)) / meanOf(pairs.map(({ dedicated }) => dedicated)) - 1;
  return `${percent(worse)}${seedsNote(pairs.length, SEEDS.length)}`;
}

/** Perplexities of trainings by variant, seed and kept share, as golden/reference/try_every_ratio.py writes them. */
type Variants = Record<string, Record<string, Record<string, number>>>;

/** What was tried to make it better, with PyTorch, which is quicker here; dedicated trainings of the same length of step first. */
function variantsTable(): string {
  const { ratios } = EVERY;
  const all = JSON.parse(readFileSync(VARIANTS, "utf8")) as Variants;
  const at = (name: string, ratio: number): number =>
    meanOf(Object.values(all[name] ?? {}).map((measured) => measured[ratio] ?? Number.NaN));
  const seedsOf = (name: string): number => Object.keys(all[name] ?? {}).length;
  const shown = (value: number): string => (Number.isNaN(value) ? "–" : value.toFixed(2));
  const dedicatedName = (ratio: number): string => `dedicated ${ratio}`;
  const dedicated = ratios.map((ratio) => at(dedicatedName(ratio), ratio));
  const fewest = Math.min(...ratios.map((ratio) => seedsOf(dedicatedName(ratio))));
  const rows = Object.keys(all)
    .filter((name) => !ratios.some((ratio) => name === dedicatedName(ratio)))
    .map((name) => {
      const means = ratios.map((ratio) => at(name, ratio));
      const worst = Math.max(...means.map((mean, i) => mean / (dedicated[i] ?? Number.NaN) - 1));
      return [name, String(seedsOf(name)), ...means.map(shown), percent(worst)];
    });
  return markdownTable(
    ["variant", "seeds", ...ratios.map((ratio) => `${Math.round(100 * ratio)} %`), "worst against dedicated"],
    [[`**dedicated, ${EVERY.dedicatedSteps} steps**`, String(fewest), ...dedicated.map(shown), "–"], ...rows],
  );
}

/** Markdown. */
export function everySection(made: Made): string {
  const title = `## ${EVERY.name}`;
  const [first] = made.entries;
  if (!first) return `${title}\n\n${stateOf(made)}`;
  const { steps, dedicatedSteps, ratios } = EVERY;
  const trained = `one training for every ratio of ${steps} steps against a training for each ratio of ${dedicatedSteps} steps, of 128 tokens each`;
  const { disp } = JSON.parse(readFileSync(BASELINES, "utf8")) as {
    disp: Record<string, Perplexity & Record<string, Perplexity>>;
  };
  const row = (label: string, value: (ratio: number) => string): string[] => [
    label,
    ...ratios.map((ratio) => value(ratio)),
  ];
  const known = (perplexity: Perplexity | undefined): string => perplexity?.sotu.toFixed(2) ?? "–";
  const rows = [
    row("**dense**", () => first.record.perplexity.dense.toFixed(2)),
    row("a training for each ratio", (ratio) => cell(made, (key) => key.startsWith(startOf("disp:full", ratio)))),
    row("one training for every ratio", (ratio) => cell(made, (key) => key.startsWith(startOf("every", ratio)))),
    row("worse by, same seeds", (ratio) => worseAt(made, ratio)),
    row("PyTorch, a training for each (256 tokens, one seed)", (ratio) => known(disp[DEDICATED[ratio] ?? ""])),
    row("PyTorch, one for every ratio (256 tokens, one seed)", (ratio) => known(disp[EVERY_BASELINE]?.[String(ratio)])),
  ];
  return [
    title,
    `${aboutOf(first, made, trained)} Goal: at most ${percent(LIMIT)} worse at any ratio.`,
    markdownTable(["block weights kept", ...ratios.map((ratio) => `${Math.round(100 * ratio)} %`)], rows),
    stateOf(made),
    TRIED,
    variantsTable(),
  ].join("\n\n");
}
