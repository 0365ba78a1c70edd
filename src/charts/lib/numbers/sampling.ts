// Down-sampling and smoothing of series for drawing.

/**
 * Indices of a long series to draw: the first, smallest, largest and last value of every bucket (M4), ascending and without repeats,
 * so that no peak is lost. Values that are not finite are left out.
 * @param x ascending positions, y values, both at least `count` long
 * @param buckets number of equal buckets over [x[0], x[count - 1]], about one per pixel
 */
export function bucketIndices(x: ArrayLike<number>, y: ArrayLike<number>, count: number, buckets: number): number[] {
  const out: number[] = [];
  if (count <= 0) return out;
  const x0 = x[0] as number;
  const span = (x[count - 1] as number) - x0;
  const all = count <= 2 * buckets || span <= 0;
  let bucket = -1;
  let [first, low, high, last] = [-1, -1, -1, -1];
  const flush = (): void => {
    if (first < 0) return;
    const middle = low < high ? [low, high] : [high, low];
    for (const i of [first, ...middle, last]) if (i !== out[out.length - 1]) out.push(i);
    first = -1;
  };
  for (let i = 0; i < count; i += 1) {
    const value = y[i] as number;
    if (!Number.isFinite(value)) continue;
    if (all) {
      out.push(i);
      continue;
    }
    const b = Math.min(buckets - 1, Math.floor((((x[i] as number) - x0) / span) * buckets));
    if (b !== bucket) {
      flush();
      bucket = b;
    }
    if (first < 0) [first, low, high] = [i, i, i];
    if (value < (y[low] as number)) low = i;
    if (value > (y[high] as number)) high = i;
    last = i;
  }
  flush();
  return out;
}

/** An array of at least `count` entries: the old one where it is long enough, so that drawing ten times per second makes no garbage. */
function room(count: number, old?: Float64Array): Float64Array {
  if (!old) return new Float64Array(count);
  return old.length >= count ? old : new Float64Array(2 * count);
}

/**
 * Exponential moving average without bias at its start: the newest value has weight 2 / (span + 1), and the first average is the first
 * value. A value that is not finite gives NaN and does not count afterwards. The first `count` entries of the result are in use; the
 * result is `reuse` where that is long enough.
 */
export function smooth(y: ArrayLike<number>, count: number, span: number, reuse?: Float64Array): Float64Array {
  const out = room(count, reuse);
  const keep = 1 - 2 / (span + 1);
  let sum = 0;
  let weight = 0;
  for (let i = 0; i < count; i += 1) {
    const value = y[i] as number;
    if (!Number.isFinite(value)) {
      out[i] = NaN;
      continue;
    }
    sum = sum * keep + value;
    weight = weight * keep + 1;
    out[i] = sum / weight;
  }
  return out;
}

/** Smallest and largest finite value of the first `count`; null where there is none. */
export function finiteExtent(y: ArrayLike<number>, count: number): [number, number] | null {
  let low = Infinity;
  let high = -Infinity;
  for (let i = 0; i < count; i += 1) {
    const value = y[i] as number;
    if (!Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? [low, high] : null;
}

/** Index of the entry of x (ascending, first `count` in use) nearest to `at`; -1 for no entries. */
export function nearestIndex(x: ArrayLike<number>, count: number, at: number): number {
  if (count <= 0) return -1;
  let low = 0;
  let high = count - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((x[middle] as number) < at) low = middle + 1;
    else high = middle;
  }
  return low > 0 && at - (x[low - 1] as number) <= (x[low] as number) - at ? low - 1 : low;
}

/** Each value divided by `start`, or else by the first finite value above zero; all zero where there is none. */
export function normalise(y: ArrayLike<number>, count: number, start?: number, reuse?: Float64Array): Float64Array {
  let base = start ?? 0;
  for (let i = 0; i < count && !(base > 0); i += 1) if (Number.isFinite(y[i])) base = y[i] as number;
  const out = room(count, reuse);
  for (let i = 0; i < count; i += 1) out[i] = base > 0 ? (y[i] as number) / base : 0;
  return out;
}

/** First index of each of `columns` equal buckets over `size` entries, and `size` at the end. */
export function bucketEdges(size: number, columns: number): Uint32Array {
  return Uint32Array.from({ length: columns + 1 }, (_, c) => Math.floor((c * size) / columns));
}
