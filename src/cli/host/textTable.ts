// Tables as plain text.
import { printableLine } from "./printable.ts";

/** A line per row, in columns as wide as their longest cell: the first `words` columns are aligned left, the others, numbers, right. */
export function textTable(given: readonly (readonly string[])[], words: number): string {
  const rows = given.map((row) => row.map(printableLine));
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => (i < words ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join("  ")
      .trimEnd();
  return `${rows.map(line).join("\n")}\n`;
}
