// What the trade-off chart computes: the best run at each size, and when an axis of perplexities is logarithmic. Pure arithmetic.

export interface Place {
  x: number;
  y: number;
}

/** Ranges wider than this many times their smallest value are drawn by logarithm. */
const LOG_FROM = 4;

/** For each size the lowest y among all no larger: the points where that falls, by rising x. */
export function bestLine<Point extends Place>(points: readonly Point[]): Point[] {
  const line: Point[] = [];
  let lowest = Infinity;
  for (const point of [...points].sort((a, b) => a.x - b.x || a.y - b.y)) {
    if (!(point.y < lowest)) continue;
    lowest = point.y;
    line.push(point);
  }
  return line;
}

/** Whether the largest of these is more than four times the smallest. */
export function wantsLog(values: readonly number[]): boolean {
  const low = Math.min(...values);
  return values.length > 0 && low > 0 && Math.max(...values) > LOG_FROM * low;
}
