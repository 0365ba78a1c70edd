// How far a model's logits are from the expected ones.
import { argmax } from "../sampler.ts";

/** Largest absolute difference, largest absolute expected value, and the share of rows whose largest entry is the same. */
interface LogitComparison {
  largestDifference: number;
  largest: number;
  equalArgmax: number;
}

/** Compares logits (rows, V). A value that is missing or not a number makes the difference NaN. */
export function compareLogits(expected: Float32Array, found: Float32Array, rows: number): LogitComparison {
  let largestDifference = 0;
  let largest = 0;
  for (const [i, value] of expected.entries()) {
    const difference = Math.abs(value - (found[i] ?? Number.NaN));
    if (Number.isNaN(difference)) return { largestDifference: Number.NaN, largest, equalArgmax: 0 };
    largestDifference = Math.max(largestDifference, difference);
    largest = Math.max(largest, Math.abs(value));
  }
  const width = expected.length / rows;
  let equal = 0;
  for (let row = 0; row < rows; row++) {
    const range = [row * width, (row + 1) * width] as const;
    if (argmax(expected.subarray(...range)) === argmax(found.subarray(...range))) equal++;
  }
  return { largestDifference, largest, equalArgmax: equal / rows };
}
