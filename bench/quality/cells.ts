// Parts of the tables in bench/quality.md: the cell of several seeds, the line on how it was measured, and which runs are missing.
import { keyOf, type PlannedRun } from "../../src/cli/compare/methods.ts";
import type { Entry } from "./plan.ts";

/** Runs of one section: all that are planned, and those that are measured. */
export type SectionRuns = { entries: readonly Entry[]; planned: readonly PlannedRun[] };

/** How and where the runs of a section were measured, on which text; `trained` says for how long they were trained. */
export function aboutOf({ record }: Entry, { entries }: SectionRuns, trained: string): string {
  const { perplexity, calibration, model } = record;
  const adapters = [...new Set(entries.map((entry) => entry.record.adapter))].join(", ");
  return `Model type ${model.modelType}. Perplexity on ${perplexity.text.name}, context ${perplexity.context}, ${perplexity.tokens} tokens; trained and calibrated on ${calibration.name}; ${trained}; adapter ${adapters}.`;
}

/** Says that all runs are measured, or which are missing. */
export function stateOf({ entries, planned }: SectionRuns): string {
  const missing = planned.filter((run) => !entries.some(({ key }) => key === keyOf(run)));
  if (missing.length === 0) return `All ${planned.length} runs are measured.`;
  return `**${missing.length} of ${planned.length} runs are missing:** ${grouped(missing)}.`;
}

/** The number of missing runs of each method. */
function grouped(runs: readonly PlannedRun[]): string {
  const keys = runs.map(keyOf);
  const methods = [...new Set(keys.map((key) => key.split(" ")[0] ?? key))];
  return methods
    .map((method) => `${method} ${keys.filter((key) => key.startsWith(`${method} `)).length}`)
    .join(", ")
    .replaceAll("disp:full", "DISP");
}

export const NOT_MEASURED = "not measured";

export const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** A note for the cells that lack a seed. */
export const seedsNote = (found: number, of: number): string => (found < of ? ` _${found} of ${of} seeds_` : "");

/** What a cell shows: a perplexity of the planned runs whose key matches, and `none` where no run is measured. */
interface CellContent {
  matches: (key: string) => boolean;
  value: (entry: Entry) => number;
  none: string;
}

/** Perplexity of the planned runs whose key matches: one number, or mean, smallest and largest of the runs that are measured. */
export function cell(made: SectionRuns, matches: (key: string) => boolean): string {
  return cellOf(made, { matches, value: ({ record }) => record.perplexity.pruned, none: "_missing_" });
}

/** A cell as `cell` writes it, of another value. */
export function cellOf({ entries, planned }: SectionRuns, { matches, value, none }: CellContent): string {
  const keys = planned.map(keyOf).filter(matches);
  if (keys.length === 0) return "–";
  const found = entries.filter(({ key }) => keys.includes(key)).map(value);
  if (found.length === 0) return none;
  const mean = meanOf(found).toFixed(2);
  if (keys.length === 1) return mean;
  const spread = `(${Math.min(...found).toFixed(2)}–${Math.max(...found).toFixed(2)})`;
  return `${mean} ${spread}${seedsNote(found.length, keys.length)}`;
}
