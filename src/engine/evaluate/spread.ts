// What a list of repeated measurements comes down to.

/** Median, smallest and largest of repetitions. */
export interface Spread {
  median: number;
  min: number;
  max: number;
}

/** NaN throughout where there are no values. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const median =
    sorted.length % 2 === 1 ? (sorted[middle] ?? NaN) : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
  return { median, min: sorted[0] ?? NaN, max: sorted.at(-1) ?? NaN };
}

/** Whether the middle halves of two lists of repetitions lie apart: only then do their medians say which is faster. */
export function clearlyApart(a: readonly number[], b: readonly number[]): boolean {
  const [[lowA, highA], [lowB, highB]] = [middleHalf(a), middleHalf(b)];
  return highA < lowB || highB < lowA;
}

/** The quartiles, as the values next to them. */
function middleHalf(values: readonly number[]): [number, number] {
  const sorted = [...values].sort((a, b) => a - b);
  const quarter = Math.floor((sorted.length - 1) / 4);
  return [sorted[quarter] ?? NaN, sorted[sorted.length - 1 - quarter] ?? NaN];
}
