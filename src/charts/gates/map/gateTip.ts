// What the gate map says about a place in it.
import { percent, whole } from "../../../shared/format.ts";
import type { GateData, GatePass } from "./gateImage.ts";
import { rate } from "../../lib/numbers/rates.ts";
import type { Tip } from "../../lib/tooltip.ts";
import { rowOf, vectorAt } from "../../lib/numbers/vectors.ts";

/** A place in the map: -1 means none, as beside (the row's bar) or below (the strip) the map. */
export interface GatePlace {
  row: number;
  dimension: number;
}

/** Block, vector and dimension, whether the gate is kept, and the kept rates of its row and its dimension. */
export function gateTip(data: GateData, pass: GatePass, { row, dimension }: GatePlace): Tip {
  const { block, k, mask } = rowOf(Math.max(0, row));
  const vector = vectorAt(k);
  const rows = [];
  if (row >= 0 && dimension >= 0) {
    const kept = data.masks[mask]?.[dimension] !== 0;
    rows.push({ label: "gate", value: kept ? "kept" : "pruned", colour: kept ? "--chart-kept" : "--chart-pruned" });
  }
  const share = (kept: number, size: number): string =>
    `${percent(rate(kept, size))} (${whole(kept)} of ${whole(size)})`;
  if (row >= 0) rows.push({ label: "kept in row", value: share(pass.rowKept[row] ?? 0, data.dModel) });
  if (dimension >= 0)
    rows.push({ label: "dimension over depth", value: share(pass.dimKept[dimension] ?? 0, pass.rows) });
  const where = row < 0 ? "" : `block ${block}, ${vector.name} (${vector.meaning})`;
  const which = dimension < 0 ? "" : `dimension ${whole(dimension)}`;
  return { title: [where, which].filter(Boolean).join(", "), rows };
}
