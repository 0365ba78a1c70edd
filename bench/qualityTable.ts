// bench/quality.md from the measured runs alone: every method at every size, dense beside them, and which runs are missing.
import { WEIGHT_METHODS } from "../src/engine/prune/weightRecipe.ts";
import type { PlannedRun } from "../src/cli/compareMethods.ts";
import { batches, type Case, CASES, type Entry, KEEPS, keyOf, PATTERNS, SEEDS } from "./qualityPlan.ts";

const HEAD = `# Methods against each other

Written by \`npm run quality -- --table\` from bench/quality-runs.json; \`--render\` writes it again without measuring. Perplexities are on one text, in windows without overlap whose first token is not scored; less is better. Within a table they are comparable, between models they are not.

DISP, its ablations and random masks: the mean over the seeds ${SEEDS.join(", ")}, and the smallest and largest in brackets. Random masks have the widths of the DISP run of the same seed; uniform magnitude keeps the largest structures, the same share of each vector. DaSS, Wanda, magnitude and SparseGPT zero single weights of the MLP only, so the share that they take there is larger, and the model file does not get smaller by it.`;

type Made = { entries: readonly Entry[]; planned: readonly PlannedRun[] };

/** Markdown of everything measured. Missing runs are marked where they belong and listed at the end. */
export function qualityTable(entries: readonly Entry[]): string {
  const all = batches();
  const sections = CASES.map((of) => {
    const planned = all.filter((batch) => batch.of === of).flatMap(({ runs }) => runs);
    return section(of, { entries: entries.filter((entry) => entry.case === of.name), planned });
  });
  return `${[HEAD, ...sections].join("\n\n")}\n`;
}

function section(of: Case, made: Made): string {
  const { entries, planned } = made;
  const title = `## ${of.name}`;
  const [first] = entries;
  if (!first) return `${title}\n\nNothing is measured yet: all ${planned.length} runs are missing.`;
  const { perplexity, calibration, model } = first.record;
  const adapters = [...new Set(entries.map(({ record }) => record.adapter))].join(", ");
  const about = `Model type ${model.modelType}. Perplexity on ${perplexity.text.name}, context ${perplexity.context}, ${perplexity.tokens} tokens; trained and calibrated on ${calibration.name}; DISP for ${of.steps} steps of 128 tokens, one-shot methods on 64 sequences of 128 tokens; adapter ${adapters}.`;
  const absent = planned.filter((run) => !entries.some(({ key }) => key === keyOf(run)));
  const state =
    absent.length === 0
      ? `All ${planned.length} runs are measured.`
      : `**${absent.length} of ${planned.length} runs are missing:** ${grouped(absent)}.`;
  return [title, about, bySize(made, perplexity.dense), byPattern(made, perplexity.dense), state].join("\n\n");
}

/** Missing runs by method. */
function grouped(runs: readonly PlannedRun[]): string {
  const keys = runs.map(keyOf);
  const methods = [...new Set(keys.map((key) => key.split(" ")[0] ?? key))];
  return methods
    .map((method) => `${method} ${keys.filter((key) => key.startsWith(`${method} `)).length}`)
    .join(", ")
    .replaceAll("disp:full", "DISP");
}

/** The perplexities of these runs: one number, or mean and spread of those that are there. */
function cell({ entries, planned }: Made, matches: (key: string) => boolean): string {
  const keys = planned.map(keyOf).filter(matches);
  if (keys.length === 0) return "–";
  const found = entries.filter(({ key }) => keys.includes(key)).map(({ record }) => record.perplexity.pruned);
  if (found.length === 0) return "_missing_";
  const mean = found.reduce((sum, value) => sum + value, 0) / found.length;
  if (keys.length === 1) return mean.toFixed(2);
  const part = found.length < keys.length ? ` _${found.length} of ${keys.length} seeds_` : "";
  return `${mean.toFixed(2)} (${Math.min(...found).toFixed(2)}–${Math.max(...found).toFixed(2)})${part}`;
}

const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

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
  const whole = KEEPS.map((keep) => percent((1 - keep) * ofWhole));
  return table(
    ["block weights removed", ...KEEPS.map((keep) => `${Math.round(100 * (1 - keep))} %`)],
    [
      ["of the whole model", ...whole],
      ["**dense**", ...KEEPS.map(() => dense.toFixed(2))],
      ...rows.map(([label, method]) => [
        label,
        ...KEEPS.map((keep) => cell(made, (key) => key.startsWith(`${method} keep ${keep} `))),
      ]),
    ],
  );
}

function byPattern(made: Made, dense: number): string {
  const removed = made.entries.find(({ key }) => key.includes(` ${PATTERNS[0]} `))?.record.kept.blockWeights;
  const head = removed ? `, ${percent(1 - removed.kept / removed.of)} of the block weights removed` : "";
  return table(
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
