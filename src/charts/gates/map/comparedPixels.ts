// The gate map of two runs: each gate in the colour of who keeps it, several gates of one pixel in the mean of their colours.
import { bucketEdges } from "../../lib/numbers/sampling.ts";
import { rowOf } from "../../lib/numbers/vectors.ts";

export const KEPT_LEGEND = [
  { label: "kept", colour: "--chart-kept" },
  { label: "pruned", colour: "--chart-pruned" },
] as const;

export const COMPARED_LEGEND = [
  { label: "kept by both", colour: "--chart-kept" },
  { label: "only A", colour: "--chart-only-a" },
  { label: "only B", colour: "--chart-only-b" },
  { label: "neither", colour: "--chart-pruned" },
] as const;

/** Who keeps a gate, in words and as custom properties of theme.css, by the value of COMPARED. */
export const COMPARED_NAMES = ["neither", "only A", "only B", "both"] as const;
export const COMPARED_COLOURS = ["--chart-pruned", "--chart-only-a", "--chart-only-b", "--chart-kept"] as const;

interface ComparedPixelsOptions {
  /** Pixels of the image; at most dModel columns. */
  rows: number;
  columns: number;
  /** Gates of a row. */
  dModel: number;
  /** Red, green and blue, 0..255, by the value of COMPARED. */
  colours: readonly (readonly number[])[];
}

/** Pixels of a comparison as ImageData's words (rows, columns). `compared` has a value of COMPARED for each gate of each vector. */
export function comparedPixels(
  compared: readonly Uint8Array[],
  { rows, columns, dModel, colours }: ComparedPixelsOptions,
): Uint32Array {
  const edges = bucketEdges(dModel, columns);
  const bytes = new Uint8ClampedArray(4 * rows * columns);
  for (let row = 0; row < rows; row += 1) {
    const gates = compared[rowOf(row).mask];
    for (let c = 0; c < columns; c += 1) {
      const [start, end] = [edges[c] ?? 0, edges[c + 1] ?? 0];
      const sum = [0, 0, 0];
      for (let j = start; j < end; j += 1) {
        const colour = colours[gates?.[j] ?? 0] ?? sum;
        for (let k = 0; k < 3; k += 1) sum[k] = (sum[k] ?? 0) + (colour[k] ?? 0);
      }
      const pixel = sum.map((value) => value / Math.max(1, end - start));
      bytes.set([...pixel, 255], 4 * (row * columns + c));
    }
  }
  return new Uint32Array(bytes.buffer);
}
