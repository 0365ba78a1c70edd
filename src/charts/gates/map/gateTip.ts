// The tip of a place in the gate map.
import { percent, whole } from "../../../shared/format.ts";
import { rate } from "../../lib/numbers/rates.ts";
import { rowOf, vectorAt } from "../../lib/numbers/vectors.ts";
import type { Tip } from "../../lib/frame/tooltip.ts";
import { COMPARED_NAMES } from "./comparedPixels.ts";
import type { GateData } from "./gateImage.ts";
import type { GatePass } from "./gateState.ts";

/** A place in the map: -1 means none, as beside (the row's bar) or below (the strip) the map. */
export interface GatePlace {
  row: number;
  dimension: number;
}

/** Block, vector and dimension, whether the gate is kept (or by which run), and the kept rates of its row and its dimension. */
export function gateTip(data: GateData, pass: GatePass, { row, dimension }: GatePlace): Tip {
  const { block, k } = rowOf(Math.max(0, row), data.side);
  const vector = vectorAt(k);
  const rateWords = (kept: number, size: number): string =>
    `${percent(rate(kept, size))} (${whole(kept)} of ${whole(size)})`;
  const rows = row >= 0 && dimension >= 0 ? [gateRow(data, row, dimension), ...logitRows(data, row, dimension)] : [];
  if (row >= 0) rows.push({ label: "kept in row", value: rateWords(pass.rowKept[row] ?? 0, data.dModel) });
  if (dimension >= 0)
    rows.push({
      label: isMiddle(data) ? "this number in all blocks" : "dimension over depth",
      value: rateWords(pass.dimKept[dimension] ?? 0, pass.rows),
    });
  const where = row < 0 ? "" : `block ${block}, ${vector.name} (${vector.meaning})`;
  const which = dimension < 0 ? "" : `${isMiddle(data) ? "neuron" : "dimension"} ${whole(dimension)}`;
  return { title: [where, which].filter(Boolean).join(", "), rows };
}

/** Whether the rows are the middle of the MLP, where columns are neurons. */
export const isMiddle = ({ side }: Pick<GateData, "side">): boolean => side === "middle";

/** The gate's logit and the probability that a training step keeps it, or why they are not known. */
function logitRows(
  { compared, side, logits, keepProbability, noLogits }: GateData,
  row: number,
  dimension: number,
): Tip["rows"] {
  if (compared) return [];
  if (!logits) return noLogits ? [{ label: "gate logit", value: noLogits }] : [];
  const logit = logits[rowOf(row, side).mask]?.[dimension];
  if (logit === undefined) return [{ label: "gate logit", value: "none: this vector is not pruned" }];
  return [
    { label: "gate logit", value: logit.toFixed(3) },
    ...(keepProbability ? [{ label: "keep probability", value: percent(keepProbability(logit)) }] : []),
  ];
}

/** Whether the gate is kept, or which of two runs keep it. */
function gateRow({ masks, compared, side }: GateData, row: number, dimension: number): Tip["rows"][number] {
  const { mask } = rowOf(row, side);
  const who = compared?.[mask]?.[dimension];
  if (who !== undefined) return { label: "kept by", value: COMPARED_NAMES[who] ?? "" };
  const kept = masks[mask]?.[dimension] !== 0;
  return { label: "gate", value: kept ? "kept" : "pruned", colour: kept ? "--chart-kept" : "--chart-pruned" };
}
