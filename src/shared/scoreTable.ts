// The table of zero-shot scores as rows of numbers: one row per measure, one cell per model. Written as text, and as CSV.
import { csvOf } from "./csv.ts";
import { percent, percentNumber, whole } from "./format.ts";

interface Mean {
  value: number;
  /** NaN where it is not known. */
  standardError: number;
}

/** A model's column. */
interface ScoreColumn {
  name: string;
  /** With the dense model: the share of equal next tokens, and mean KL in nats. */
  agreement: { same: number; kl: number } | null;
  /** One per task; fewer where the measurement was stopped. */
  scores: readonly (Record<"acc" | "accNorm" | "accMutualInfo", Mean | null> & { difference?: Mean })[];
}

type Unit = "share" | "points" | "nats";

export interface ScoreRow {
  /** The task; null for agreement. */
  task: string | null;
  measure: string;
  unit: Unit;
  /** One per model; null where it was not measured. Agreement has no standard error. */
  cells: readonly ({ value: number; standardError?: number } | null)[];
}

const MEASURES = [
  ["acc", "acc", "share"],
  ["accNorm", "acc by length", "share"],
  ["accMutualInfo", "acc by mutual information", "share"],
  ["difference", "acc, points from dense", "points"],
] as const;

/** Rows that have at least one cell. */
export function scoreRows(tasks: readonly string[], columns: readonly ScoreColumn[]): ScoreRow[] {
  const agreement = (measure: string, unit: Unit, of: "same" | "kl"): ScoreRow => {
    const cells = columns.map((column) => (column.agreement ? { value: column.agreement[of] } : null));
    return { task: null, measure, unit, cells };
  };
  const rows = [
    agreement("same next token", "share", "same"),
    agreement("KL from dense", "nats", "kl"),
    ...tasks.flatMap((task, i) =>
      MEASURES.map(([key, measure, unit]): ScoreRow => {
        return { task, measure, unit, cells: columns.map(({ scores }) => scores[i]?.[key] ?? null) };
      }),
    ),
  ];
  return rows.filter(({ cells }) => cells.some((cell) => cell !== null));
}

/** "41.5 % ± 3.5", "-2.0 ± 1.4" (points), "0.4123 nats"; nothing for a cell that was not measured. */
export function scoreText(unit: Unit, cell: ScoreRow["cells"][number]): string {
  if (!cell) return "";
  const { value, standardError } = cell;
  if (unit === "nats") return `${value.toFixed(4)} nats`;
  const shown = unit === "share" ? percent(value) : `${value > 0 ? "+" : ""}${percentNumber(value)}`;
  if (standardError === undefined) return shown;
  return `${shown} ± ${Number.isFinite(standardError) ? percentNumber(standardError) : "?"}`;
}

/** "next-sentence, 200 items". */
export const taskTitle = ({ task, items }: { task: string; items: number }): string =>
  `${task}, ${whole(items)} ${items === 1 ? "item" : "items"}`;

/** A line per number: task, measure, model, value, standard error. Shares and differences are from 0 to 1, KL in nats. */
export function scoreCsv(rows: readonly ScoreRow[], models: readonly string[]): string {
  const lines = rows.flatMap(({ task, measure, cells }) =>
    cells.flatMap((cell, i) =>
      cell ? [[task ?? "", measure, models[i] ?? "", cell.value, errorOf(cell.standardError)]] : [],
    ),
  );
  return csvOf(["task", "measure", "model", "value", "standard error"], lines);
}

const errorOf = (error: number | undefined): number | string =>
  error !== undefined && Number.isFinite(error) ? error : "";
