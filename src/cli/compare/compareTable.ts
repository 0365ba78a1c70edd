// The table of npm run compare: dense first, then every run, with text, context and tokens named above it.
import type { RunRecord } from "../../engine/index.ts";
import { percent } from "../../shared/format.ts";
import { compareMethodOf, ratioOf, seedOf } from "./methods.ts";

const HEAD = ["method", "ratio", "seed", "block weights", "whole model", "bytes", "perplexity"];
/** Columns of words; numbers are aligned at their end. */
const WORDS = 2;

const percentOf = ({ kept, of }: { kept: number; of: number }): string => percent(kept / of, 2);

/** On which text, how, of which model and where: what a perplexity says nothing without. */
export function measuredOnText({ model, perplexity, adapter }: RunRecord): string {
  const { text, context, tokens } = perplexity;
  return `${model.name}: perplexity on ${text.name}, context ${context}, ${tokens} tokens; ${adapter}`;
}

/** Text of the table, the records being of one model and one text. Empty for no records. */
export function compareTable(records: readonly RunRecord[]): string {
  const [first] = records;
  if (!first) return "";
  const { kept, perplexity } = first;
  const denseBytes = Math.round((kept.bytes / kept.modelWeights.kept) * kept.modelWeights.of);
  const rows = [
    HEAD,
    ["dense", "", "", percent(1, 2), percent(1, 2), String(denseBytes), perplexity.dense.toFixed(2)],
    ...records.map(({ made, kept: share, perplexity: { pruned } }) => [
      ...[compareMethodOf(made), ratioOf(made), String(seedOf(made))],
      ...[percentOf(share.blockWeights), percentOf(share.modelWeights), String(share.bytes), pruned.toFixed(2)],
    ]),
  ];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => (i < WORDS ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join("  ")
      .trimEnd();
  return `${measuredOnText(first)}\n${rows.map(line).join("\n")}\n`;
}
