// The parts of bench/quality.md's tables: a cell of several seeds, the line that says how it was measured, and what is missing.
import type { PlannedRun } from "../../src/cli/compare/methods.ts";
import { type Entry, keyOf } from "./plan.ts";

/** Runs of one section: those that are planned, and those of them that are measured. */
export type Made = { entries: readonly Entry[]; planned: readonly PlannedRun[] };

/** On which text, how and where a section's runs were measured; `trained` says for how long. */
export function aboutOf({ record }: Entry, { entries }: Made, trained: string): string {
  const { perplexity, calibration, model } = record;
  const adapters = [...new Set(entries.map((entry) => entry.record.adapter))].join(", ");
  return `Model type ${model.modelType}. Perplexity on ${perplexity.text.name}, context ${perplexity.context}, ${perplexity.tokens} tokens; trained and calibrated on ${calibration.name}; ${trained}; adapter ${adapters}.`;
}

/** Whether all runs are measured, and which are not. */
export function stateOf({ entries, planned }: Made): string {
  const absent = planned.filter((run) => !entries.some(({ key }) => key === keyOf(run)));
  if (absent.length === 0) return `All ${planned.length} runs are measured.`;
  return `**${absent.length} of ${planned.length} runs are missing:** ${grouped(absent)}.`;
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

export const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Says so where not all seeds are measured. */
export const seedsNote = (found: number, of: number): string => (found < of ? ` _${found} of ${of} seeds_` : "");

/** The perplexities of these runs: one number, or mean and spread of those that are there. */
export function cell({ entries, planned }: Made, matches: (key: string) => boolean): string {
  const keys = planned.map(keyOf).filter(matches);
  if (keys.length === 0) return "–";
  const found = entries.filter(({ key }) => keys.includes(key)).map(({ record }) => record.perplexity.pruned);
  if (found.length === 0) return "_missing_";
  const mean = meanOf(found).toFixed(2);
  if (keys.length === 1) return mean;
  const spread = `(${Math.min(...found).toFixed(2)}–${Math.max(...found).toFixed(2)})`;
  return `${mean} ${spread}${seedsNote(found.length, keys.length)}`;
}

const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
/** Markdown. */
export const markdownTable = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
