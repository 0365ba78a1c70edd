// Repeated measurements as text.
import type { Spread } from "./timing.ts";

/** "median (smallest to largest)". */
export const spreadText = ({ median, min, max }: Spread, digits: number): string =>
  `${median.toFixed(digits)} (${min.toFixed(digits)} to ${max.toFixed(digits)})`;
