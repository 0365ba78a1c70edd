// What charts of perplexities compute: the best run at each size, when the axis is logarithmic, and its ticks then. Pure arithmetic.
import { scaleLog } from "d3";

export interface PlotPoint {
  x: number;
  y: number;
}

/** Ranges wider than this many times their smallest value are drawn by logarithm. */
const LOG_FROM = 4;

/** For each size the lowest y among all no larger: the points where that falls, by rising x. */
export function bestLine<Point extends PlotPoint>(points: readonly Point[]): Point[] {
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

/** More ticks than this are thinned to 1, 2 and 5 of each power of ten. */
const MANY_TICKS = 8;

/** Ticks of a logarithmic axis from `low` to `high`. */
export function logTicks(low: number, high: number): number[] {
  const ticks = scaleLog().domain([low, high]).ticks(6);
  return ticks.length > MANY_TICKS ? ticks.filter((tick) => /^[125]/.test(tick.toPrecision(1))) : ticks;
}
