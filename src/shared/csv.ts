// Tables as CSV.

export type Cell = string | number;

/** Quoted where a comma, a quote or a line break is inside, as RFC 4180 says. */
const csvLine = (values: readonly Cell[]): string =>
  values
    .map(String)
    .map((value) => (/[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value))
    .join(",");

/** A line per row, the names of the columns first. */
export const csvOf = (head: readonly string[], rows: readonly (readonly Cell[])[]): string =>
  [head, ...rows].map((line) => `${csvLine(line)}\n`).join("");
