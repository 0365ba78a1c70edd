// A linear scale as four numbers: values from `low` to `high` on pixels from `start` to `end`.

export interface Span {
  low: number;
  high: number;
  start: number;
  end: number;
}

/** The pixel of a value; beyond the ends where the value is. */
export const pixelOf = ({ low, high, start, end }: Span, value: number): number =>
  start + ((value - low) / (high - low)) * (end - start);

/** The value at a pixel. */
export const valueAt = ({ low, high, start, end }: Span, pixel: number): number =>
  low + ((pixel - start) / (end - start)) * (high - low);

/** `value` within 0 .. count - 1; infinite steps end at the first or last index. */
export const clampIndex = (value: number, count: number): number => Math.max(0, Math.min(count - 1, value));
