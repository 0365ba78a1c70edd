// The colour of each cell: magnitude as a shade, kept and removed as hues; for two prunings, which of them keeps its weights.
import type { MatrixData } from "./matrixData.ts";
import { classesOf } from "./matrixData.ts";
import type { Cells } from "./cellView.ts";

/** Pixels of ImageData as words, by shade (0..255) of kept and of removed weights, and of each class of two prunings. */
export interface CellRamps {
  kept: Uint32Array;
  removed: Uint32Array;
  /** In the order of `classesOf`. */
  classes: readonly number[];
}

/** Magnitude that gets the full shade: nearly all weights have less, so that a few outliers do not pale the others. 0: all are 0. */
export function fullShade({ cells, shade }: Pick<MatrixData, "cells" | "shade">): number {
  const { top } = cells.magnitudes;
  if (shade === "largest" || cells.step === 1) return top;
  return cells.mean.reduce((most, value) => Math.max(most, value), 0);
}

/** Fills `pixels`, one per cell. */
export function paintCells(data: MatrixData, cells: Cells, ramps: CellRamps, pixels: Uint32Array): void {
  if (data.keeps.length > 1) return paintClasses(data, cells, ramps, pixels);
  const full = fullShade(data);
  const values = cells[data.shade];
  const [removed, kept] = cells.counts;
  for (let i = 0; i < pixels.length; i += 1) {
    const shade = full > 0 ? Math.min(255, Math.round((255 * Math.abs(values[i] ?? 0)) / full)) : 0;
    const [out, all] = [removed?.[i] ?? 0, (removed?.[i] ?? 0) + (kept?.[i] ?? 0)];
    pixels[i] = mixed(ramps.kept[shade] ?? 0, ramps.removed[shade] ?? 0, all > 0 ? out / all : 0);
  }
}

/** Two pixels mixed, `share` of the second. */
function mixed(first: number, second: number, share: number): number {
  if (share === 0) return first;
  if (share === 1) return second;
  let word = 0xff000000;
  for (const shift of [0, 8, 16]) {
    const [a, b] = [(first >>> shift) & 255, (second >>> shift) & 255];
    word |= Math.round(a + (b - a) * share) << shift;
  }
  return word >>> 0;
}

function paintClasses(data: MatrixData, { counts }: Cells, { classes }: CellRamps, pixels: Uint32Array): void {
  const order = classesOf(data).map(({ of }) => of);
  for (let i = 0; i < pixels.length; i += 1) {
    let [word, weights] = [0, 0];
    order.forEach((of, k) => {
      const own = counts[of]?.[i] ?? 0;
      if (own === 0) return;
      weights += own;
      word = weights === own ? (classes[k] ?? 0) : mixed(word, classes[k] ?? 0, own / weights);
    });
    pixels[i] = word;
  }
}
