// Charts of perplexity against size: the best line, when an axis is logarithmic, its range and its ticks. Plain arithmetic for the studio's
// charts and for the command line, which has no d3.

export interface PlotPoint {
  x: number;
  y: number;
}

/**
 * The points that nothing beats at their size or below, by rising x; their y falls. Points without a number for y are left out.
 * @param sameSize sizes that differ by at most this count as one
 */
export function bestLine<Point extends PlotPoint>(points: readonly Point[], sameSize = 0): Point[] {
  const sorted = [...points].sort((a, b) => a.x - b.x || a.y - b.y);
  const line: Point[] = [];
  let lowest = Infinity;
  sorted.forEach((point, i) => {
    if (!(point.y < lowest)) return;
    const next = sorted.slice(i + 1, sorted.findLastIndex(({ x }) => x <= point.x + sameSize) + 1);
    if (next.some(({ y }) => y < point.y)) return;
    lowest = point.y;
    line.push(point);
  });
  return line;
}

/** An axis is logarithmic where its largest value is more than this many times its smallest. */
const LOG_FROM = 4;

/** True where the values span more than four times their smallest, and none is zero or below. */
export function isLogAxis(values: readonly number[]): boolean {
  const low = Math.min(...values);
  return values.length > 0 && low > 0 && Math.max(...values) > LOG_FROM * low;
}

/**
 * Multiples of 1, 2 or 5 times a power of ten, about `count` of them, from `low` to `high`. The step is the one nearest to
 * (high - low) / count on a logarithmic scale, as in d3's ticks.
 */
export function linearTicks(low: number, high: number, count = 6): number[] {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const multiple = rough / power;
  const step =
    power * (multiple >= Math.sqrt(50) ? 10 : multiple >= Math.sqrt(10) ? 5 : multiple >= Math.SQRT2 ? 2 : 1);
  const first = Math.ceil(low / step - 1e-9);
  const ticks = Math.floor(high / step + 1e-9) - first + 1;
  return Array.from({ length: ticks }, (_, i) => round((first + i) * step));
}

const MOST_LOG_TICKS = 8;
/** Digits at each power of ten that get a tick, from many to few. */
const LOG_STEPS = [[1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 1.5, 2, 3, 4, 5, 7], [1, 2, 5], [1]] as const;

/** Ticks of a logarithmic axis from `low` to `high`, both above zero: as many round numbers as fit, at most eight. */
export function logTicks(low: number, high: number): number[] {
  const first = Math.floor(Math.log10(low));
  const powers = Array.from({ length: Math.floor(Math.log10(high)) - first + 1 }, (_, i) => 10 ** (first + i));
  const inside = LOG_STEPS.map((steps) =>
    powers.flatMap((power) => steps.map((step) => round(step * power))).filter((tick) => tick >= low && tick <= high),
  );
  const fitting = inside.find((ticks) => ticks.length <= MOST_LOG_TICKS);
  if (fitting) return fitting;
  const tens = inside.at(-1) ?? [];
  const every = Math.ceil(tens.length / MOST_LOG_TICKS);
  return tens.filter((_, i) => i % every === 0);
}

/** A linear or logarithmic axis: `low` and `high` are its ends, as values or as their log10. */
export interface ValueAxis {
  low: number;
  high: number;
  log: boolean;
  ticks: readonly number[];
}

interface ValueAxisOptions {
  /** Share of the range that stays free at each end. */
  room: number;
  /** About how many ticks a linear axis has. */
  ticks?: number;
  /** Logarithmic where isLogAxis says so; otherwise always linear. */
  mayBeLog?: boolean;
}

/** An axis over all values; from 0 to 1 for no values. */
export function axisOver(
  values: readonly number[],
  { room, ticks = 6, mayBeLog = false }: ValueAxisOptions,
): ValueAxis {
  const log = mayBeLog && isLogAxis(values);
  const along = values.map((value) => (log ? Math.log10(value) : value));
  const [least, most] = values.length > 0 ? [Math.min(...along), Math.max(...along)] : [0, 1];
  const free = values.length === 0 ? 0 : most > least ? (most - least) * room : Math.abs(most) * 0.1 || 1;
  const [low, high] = [least - free, most + free];
  return { low, high, log, ticks: log ? logTicks(10 ** low, 10 ** high) : linearTicks(low, high, ticks) };
}

/** Where a value is on the axis: 0 at its low end, 1 at its high end. */
export function alongAxis({ low, high, log }: ValueAxis, value: number): number {
  return ((log ? Math.log10(value) : value) - low) / (high - low);
}

/** Without the rounding error of a product. */
const round = (value: number): number => Number(value.toPrecision(12));
