// bench/quality.md from the measured runs alone: every method at every size, dense beside them, and which runs are missing.
import { percent } from "../../src/shared/format.ts";
import { WEIGHT_METHODS } from "../../src/engine/recipes/weightRecipe.ts";
import { everySection } from "./everyRatio.ts";
import { aboutOf, cell, type Made, stateOf, markdownTable } from "./cells.ts";
import { batches, type Case, CASES, type Entry, EVERY, RATIOS, PATTERNS, SEEDS } from "./plan.ts";

const HEAD = `# Methods against each other

Written by \`npm run quality -- --table\` from bench/quality-runs.json; \`--table --render\` writes it again without measuring. Perplexities are on one text, in windows without overlap whose first token is not scored; less is better. Within a table they are comparable, between models they are not.

DISP, its ablations and random masks: the mean over the seeds ${SEEDS.join(", ")}, and the smallest and largest in brackets. Random masks have the widths of the DISP run of the same seed; uniform magnitude keeps the largest structures, the same share of each vector. DaSS, Wanda, magnitude and SparseGPT zero single weights of the MLP only, so the share that they take there is larger, and the model file does not get smaller by it.`;

/** Markdown of everything measured. Missing runs are marked where they belong and listed at the end. */
export function qualityTable(entries: readonly Entry[]): string {
  const all = batches();
  const madeOf = (of: Case): Made => ({
    entries: entries.filter((entry) => entry.case === of.name),
    planned: all.filter((batch) => batch.of === of).flatMap(({ runs }) => runs),
  });
  const sections = CASES.map((of) => section(of, madeOf(of)));
  return `${[HEAD, ...sections, everySection(madeOf(EVERY))].join("\n\n")}\n`;
}

function section(of: Case, made: Made): string {
  const title = `## ${of.name}`;
  const [first] = made.entries;
  if (!first) return `${title}\n\n${stateOf(made)}`;
  const { perplexity } = first.record;
  const about = aboutOf(
    first,
    made,
    `DISP for ${of.steps} steps of 128 tokens, one-shot methods on 64 sequences of 128 tokens`,
  );
  return [title, about, bySize(made, perplexity.dense), byPattern(made, perplexity.dense), stateOf(made)].join("\n\n");
}

function bySize(made: Made, dense: number): string {
  const rows: readonly (readonly [string, string])[] = [
    ["DISP", "disp:full"],
    ["DISP, shared gates (constrained)", "disp:constrained"],
    ["DISP, no GRU", "disp:no-gru"],
    ["DISP, no hypernetwork", "disp:no-hypernetwork"],
    ["random, DISP's widths", "random"],
    ["uniform magnitude", "uniform-magnitude"],
    ...WEIGHT_METHODS.map((method) => [`${method}, share of the MLP`, method] as const),
  ];
  const kept = made.entries[0]?.record.kept;
  const ofWhole = kept ? kept.blockWeights.of / kept.modelWeights.of : Number.NaN;
  const whole = RATIOS.map((ratio) => percent((1 - ratio) * ofWhole));
  return markdownTable(
    ["block weights removed", ...RATIOS.map((ratio) => `${Math.round(100 * (1 - ratio))} %`)],
    [
      ["of the whole model", ...whole],
      ["**dense**", ...RATIOS.map(() => dense.toFixed(2))],
      ...rows.map(([label, method]) => [
        label,
        ...RATIOS.map((ratio) => cell(made, (key) => key.startsWith(`${method} keep ${ratio} `))),
      ]),
    ],
  );
}

function byPattern(made: Made, dense: number): string {
  const removed = made.entries.find(({ key }) => key.includes(` ${PATTERNS[0]} `))?.record.kept.blockWeights;
  const head = removed ? `, ${percent(1 - removed.kept / removed.of)} of the block weights removed` : "";
  return markdownTable(
    [`pattern of the MLP${head}`, ...PATTERNS],
    [
      ["**dense**", ...PATTERNS.map(() => dense.toFixed(2))],
      ...WEIGHT_METHODS.map((method) => [
        method,
        ...PATTERNS.map((pattern) => cell(made, (key) => key.startsWith(`${method} ${pattern} `))),
      ]),
    ],
  );
}
