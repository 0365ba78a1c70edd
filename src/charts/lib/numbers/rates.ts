// Kept rates of gates and the five numbers of a box plot: plain arithmetic on typed arrays.
import { bucketEdges } from "./sampling.ts";

/** Five-number summary. */
export interface Box {
  min: number;
  q1: number;
  median: number;
  q3: number;
  max: number;
}

/** Five-number summary of values / divisor, interpolated linearly between order statistics (R's type 7); all zero for no values. */
export function boxOf(values: ArrayLike<number>, divisor = 1): Box {
  const sorted = (values instanceof Uint16Array ? values.slice() : Float64Array.from(values)).sort();
  const at = (p: number): number => {
    const place = p * (sorted.length - 1);
    const low = Math.floor(place);
    const below = sorted[low] ?? 0;
    return (below + ((sorted[low + 1] ?? below) - below) * (place - low)) / divisor;
  };
  return { min: at(0), q1: at(0.25), median: at(0.5), q3: at(0.75), max: at(1) };
}

/** kept / size; 0 where there is nothing to keep. */
export function rate(kept: number, size: number): number {
  return size > 0 ? kept / size : 0;
}

/** Column sums of a table, for example kept gates of each vector over all blocks. */
export function columnSums(rows: readonly (readonly number[])[], columns: number): number[] {
  return Array.from({ length: columns }, (_, k) => rows.reduce((sum, row) => sum + (row[k] ?? 0), 0));
}

/** Kept rate of the dimensions (0..1) in equal buckets: mean, lowest and highest of each. */
export interface DimensionProfile {
  mean: Float32Array;
  low: Float32Array;
  high: Float32Array;
}

/**
 * Kept rate of each dimension over depth, in at most `columns` buckets of neighbours.
 * @param dimKept how many of the `rows` vectors keep each dimension
 */
export function dimensionProfile(dimKept: ArrayLike<number>, rows: number, columns: number): DimensionProfile {
  const count = Math.max(1, Math.min(dimKept.length, Math.floor(columns)));
  const edges = bucketEdges(dimKept.length, count);
  const out = { mean: new Float32Array(count), low: new Float32Array(count), high: new Float32Array(count) };
  for (let c = 0, j = 0; c < count; c += 1) {
    const end = edges[c + 1] ?? 0;
    const start = j;
    let [sum, low, high] = [0, Infinity, 0];
    for (; j < end; j += 1) {
      const kept = dimKept[j] ?? 0;
      sum += kept;
      if (kept < low) low = kept;
      if (kept > high) high = kept;
    }
    out.mean[c] = rate(sum, rows * (end - start));
    out.low[c] = rate(low, rows);
    out.high[c] = rate(high, rows);
  }
  return out;
}
