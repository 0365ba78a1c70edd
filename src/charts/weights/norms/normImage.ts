// Norms as pixels: means over the neurons of a column, on a logarithmic scale from the smallest to the largest mean.
import { bucketEdges } from "../../lib/numbers/sampling.ts";

export interface NormImage {
  columns: number;
  /** (rows, columns), 0..255. */
  levels: Uint8Array;
  /** Norms at levels 0 and 255. */
  low: number;
  high: number;
}

/** Norms from the largest down, and the index of each. */
export function sortedNorms(norms: Float32Array): { norms: Float32Array; from: Uint32Array } {
  const from = Uint32Array.from(norms.keys()).sort((a, b) => (norms[b] ?? 0) - (norms[a] ?? 0) || a - b);
  return { norms: Float32Array.from(from, (i) => norms[i] ?? 0), from };
}

/** At most `width` columns of each row of norms, all equally long. Zeros, which have no logarithm, get the level of the smallest. */
export function normImage(rows: readonly Float32Array[], width: number): NormImage {
  const neurons = rows[0]?.length ?? 0;
  const columns = Math.max(1, Math.min(neurons, Math.floor(width)));
  const edges = bucketEdges(neurons, columns);
  const means = new Float32Array(rows.length * columns);
  let [low, high] = [Infinity, 0];
  rows.forEach((row, r) => {
    for (let c = 0; c < columns; c += 1) {
      const [from, to] = [edges[c] ?? 0, edges[c + 1] ?? 0];
      let sum = 0;
      for (let i = from; i < to; i += 1) sum += row[i] ?? 0;
      const mean = to > from ? sum / (to - from) : 0;
      means[r * columns + c] = mean;
      if (mean > 0 && mean < low) low = mean;
      if (mean > high) high = mean;
    }
  });
  if (high === 0) low = 0;
  const span = Math.log(high / low);
  const levels = Uint8Array.from(means, (mean) => (mean > 0 && span > 0 ? (255 * Math.log(mean / low)) / span : 0));
  return { columns, levels, low, high };
}
