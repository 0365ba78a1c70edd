// The pixels of a part of the gate map, or of one with sorted columns, straight from the masks.
import type { GateData } from "./gateImage.ts";
import type { Columns } from "./dimensionOrder.ts";
import { rowOf } from "../../lib/numbers/vectors.ts";

/** Which positions the columns of an image are. */
interface ColumnWindow {
  /** First position of each column, and the end of the last one. */
  edges: Uint32Array;
  /** Where the image begins and ends, device pixels of the canvas; a little outside of it where its first or last column is cut. */
  left: number;
  right: number;
}

/**
 * The columns in view: one per position where positions are at least a pixel wide, otherwise one per pixel.
 * @param from first position in view, fractional
 * @param count positions in view, fractional
 * @param pixels device pixels across
 */
export function columnWindow({ from, count, of }: { from: number; count: number; of: number }, pixels: number) {
  if (count > pixels) {
    const edges = Uint32Array.from({ length: pixels + 1 }, (_, c) =>
      Math.min(of, Math.floor(from + (c * count) / pixels + 1e-6)),
    );
    return { edges, left: 0, right: pixels };
  }
  const first = Math.floor(from + 1e-6);
  const last = Math.min(of, Math.ceil(from + count - 1e-6));
  const perPosition = pixels / count;
  return {
    edges: Uint32Array.from({ length: last - first + 1 }, (_, i) => first + i),
    left: (first - from) * perPosition,
    right: (last - from) * perPosition,
  };
}

/** The picture of a part of the map. Sums of each row are made once per data and order, when the row is first in view, so that moving is cheap. */
export class WindowLevels {
  private data: GateData | null = null;
  private columns: Columns | null = null;
  /** Of each row, the number of kept gates before each position, from 0 to dModel. */
  private sums: Uint32Array[] = [];

  /** Kept share of each pixel (0..255) of the rows from `first` to `last`; other rows stay 0. Shape (rows, columns). */
  of(
    data: GateData,
    columns: Columns,
    { edges }: Pick<ColumnWindow, "edges">,
    rows: { of: number; first: number; last: number },
  ): Uint8Array {
    if (data !== this.data || columns.dimensionAt !== this.columns?.dimensionAt) this.sums = [];
    [this.data, this.columns] = [data, columns];
    const across = edges.length - 1;
    const levels = new Uint8Array(rows.of * across);
    for (let row = rows.first; row <= rows.last; row += 1) {
      const sums = (this.sums[row] ??= sumsOf(data, columns, row));
      let before = sums[edges[0] ?? 0] ?? 0;
      for (let c = 0, at = row * across; c < across; c += 1, at += 1) {
        const end = edges[c + 1] as number;
        const kept = sums[end] as number;
        levels[at] = (255 * (kept - before)) / (end - (edges[c] as number));
        before = kept;
      }
    }
    return levels;
  }
}

function sumsOf({ masks, side, dModel }: GateData, { dimensionAt }: Columns, row: number): Uint32Array {
  const gates = masks[rowOf(row, side).mask] ?? new Uint8Array(dModel);
  const sums = new Uint32Array(dModel + 1);
  let kept = 0;
  for (let p = 0; p < dModel; p += 1) {
    kept += gates[dimensionAt ? (dimensionAt[p] as number) : p] === 0 ? 0 : 1;
    sums[p + 1] = kept;
  }
  return sums;
}
