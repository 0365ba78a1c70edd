// The tip of a weight: the weights of its group with value, score and whether they are kept.
import type { Tip } from "../../lib/frame/tooltip.ts";
import { isKeptAt } from "./weightView.ts";
import type { MatrixArea, MatrixMask, WeightPlace } from "./weightView.ts";

/** Dense values and scores of a part of the matrix, (rows, cols) row by row; scores are null where they are not known. */
export interface WeightValues extends MatrixArea {
  values: Float32Array;
  scores: Float32Array | null;
}

/** A tip lists at most this many weights of a group. */
const LISTED = 16;

/** A weight or score with three digits. */
export const weightDigits = (value: number | undefined): string => (value === undefined ? "?" : value.toPrecision(3));

/** The tip of `place` in its `group`; `known` are the values around it, or why there are none yet. */
export function weightTip(mask: MatrixMask, place: WeightPlace, group: MatrixArea, known: WeightValues | string): Tip {
  const count = group.rows * group.cols;
  const along = group.rows > 1 ? place.row - group.row : place.col - group.col;
  const from = Math.max(0, Math.min(along - LISTED / 2, count - LISTED));
  const rows = Array.from({ length: Math.min(count, LISTED) }, (_, n) => {
    const i = from + n;
    const [row, col] = group.rows > 1 ? [group.row + i, group.col] : [group.row, group.col + i];
    const kept = isKeptAt(mask, row, col);
    const name = count === 1 ? "weight" : group.rows > 1 ? `row ${row}` : `column ${col}`;
    return {
      label: `${count > 1 && i === along ? "▸ " : ""}${name}`,
      value: `${valueWords(known, row, col)}${kept ? "kept" : "removed"}`,
      colour: kept ? "--chart-kept" : "--chart-pruned",
    };
  });
  if (typeof known === "string") rows.push({ label: "values", value: known, colour: "" });
  else if (!known.scores) rows.push({ label: "scores", value: "not known", colour: "" });
  return { title: `row ${place.row} (output), column ${place.col} (input)`, rows };
}

function valueWords(known: WeightValues | string, row: number, col: number): string {
  if (typeof known === "string") return "";
  const i = (row - known.row) * known.cols + col - known.col;
  return `${weightDigits(known.values[i])}${known.scores ? `, score ${weightDigits(known.scores[i])}` : ""}, `;
}
