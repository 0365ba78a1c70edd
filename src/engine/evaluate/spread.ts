// Summarises repeated measurements.

/** Median, smallest and largest of repeated measurements. */
export interface Spread {
  median: number;
  min: number;
  max: number;
}

/** The spread of these values; all NaN if there are none. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const median =
    sorted.length % 2 === 1 ? (sorted[middle] ?? NaN) : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
  return { median, min: sorted[0] ?? NaN, max: sorted.at(-1) ?? NaN };
}

/** Whether the middle halves of two lists do not overlap; only then do the medians show which is smaller. */
export function clearlyApart(a: readonly number[], b: readonly number[]): boolean {
  const [[lowA, highA], [lowB, highB]] = [middleHalf(a), middleHalf(b)];
  return highA < lowB || highB < lowA;
}

/** The quartiles, each rounded to a value of the list. */
function middleHalf(values: readonly number[]): [number, number] {
  const sorted = [...values].sort((a, b) => a - b);
  const quarter = Math.floor((sorted.length - 1) / 4);
  return [sorted[quarter] ?? NaN, sorted[sorted.length - 1 - quarter] ?? NaN];
}
