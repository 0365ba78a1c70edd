// The chart of npm run compare as SVG text: perplexity against the kept share of the whole model, without a browser or a library.
import type { RunRecord } from "../../engine/index.ts";
import { compareMethodOf } from "./methods.ts";
import { measuredOnText } from "./compareTable.ts";

const SIZE = { width: 840, height: 500 };
const PLOT = { left: 72, right: 640, top: 72, bottom: 440 };
/** A ratio of perplexities above which the axis is logarithmic. */
const LOG_FROM = 4;
/** Percent of the whole model: methods meet a budget to within a gate or a weight of every line. */
const SAME_SIZE = 0.5;
const MARK = 5;
const COLOURS = ["#1e5a3b", "#c2410c", "#1f4e79", "#a21caf", "#8a6d00", "#b91c1c", "#0e7490", "#4b5563", "#4d7c0f"];
/** Outlines around (0, 0), by the length of a side's half. */
const SHAPES = ["circle", "square", "triangle", "diamond", "cross"] as const;

export interface Point {
  method: string;
  /** Kept share of the whole model, percent. */
  kept: number;
  perplexity: number;
}

/** Where a value lies on an axis, and the values that get a tick. */
export interface Axis {
  at(value: number): number;
  ticks: readonly number[];
  log: boolean;
}

/** Points that no other one beats with as few weights, from small to large. Sizes that differ by less than SAME_SIZE count as one. */
export function bestPoints(points: readonly Point[]): Point[] {
  return points
    .filter(({ kept, perplexity }) =>
      points.every((other) => other.kept > kept + SAME_SIZE || other.perplexity >= perplexity),
    )
    .sort((a, b) => a.kept - b.kept);
}

/** Multiples of 1, 2 or 5 times a power of ten, about `count` of them, within the bounds. */
export function linearTicks(low: number, high: number, count = 6): number[] {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5].find((one) => one * power >= rough) ?? 10) * power;
  const first = Math.ceil(low / step - 1e-9);
  const ticks = Math.floor(high / step + 1e-9) - first + 1;
  return Array.from({ length: ticks }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** 1, 2 and 5 times powers of ten within the bounds; powers alone where those are many, more where there are few. */
export function logTicks(low: number, high: number): number[] {
  const powers = Array.from(
    { length: Math.floor(Math.log10(high)) - Math.floor(Math.log10(low)) + 1 },
    (_, i) => 10 ** (Math.floor(Math.log10(low)) + i),
  );
  const inside = (steps: readonly number[]): number[] =>
    powers.flatMap((power) => steps.map((step) => step * power)).filter((tick) => tick >= low && tick <= high);
  if (powers.length > 4) return inside([1]);
  const few = inside([1, 2, 5]);
  return few.length >= 4 ? few : inside([1, 1.5, 2, 3, 4, 5, 7]);
}

/** An axis over the values with some room around them; logarithmic where they span more than LOG_FROM times. */
export function axisOf(values: readonly number[], from: number, to: number, mayBeLog: boolean): Axis {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const log = mayBeLog && least > 0 && most / least > LOG_FROM;
  const scale = log ? Math.log : (value: number): number => value;
  const room = 0.06 * (scale(most) - scale(least)) || 0.05 * Math.max(1, Math.abs(most));
  const [low, high] = [scale(least) - room, scale(most) + room];
  return {
    at: (value) => from + ((scale(value) - low) / (high - low)) * (to - from),
    ticks: log ? logTicks(Math.exp(low), Math.exp(high)) : linearTicks(low, high),
    log,
  };
}

/** SVG text of the records, which are of one model and one text. Throws where there are none. */
export function compareChart(records: readonly RunRecord[]): string {
  const [first] = records;
  if (!first) throw new Error("a chart needs a finished run");
  const { dense } = first.perplexity;
  const points = records.map(({ made, kept: { modelWeights }, perplexity }): Point => ({
    method: compareMethodOf(made),
    kept: (100 * modelWeights.kept) / modelWeights.of,
    perplexity: perplexity.pruned,
  }));
  const methods = [...new Set(points.map(({ method }) => method))];
  const x = axisOf([...points.map(({ kept }) => kept), 100], PLOT.left, PLOT.right, false);
  const y = axisOf([...points.map(({ perplexity }) => perplexity), dense], PLOT.bottom, PLOT.top, true);
  const place = ({ kept, perplexity }: Point): [number, number] => [x.at(kept), y.at(perplexity)];
  const best = bestPoints([...points, { method: "dense", kept: 100, perplexity: dense }]).map(place);
  const onto = y.at(dense);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${SIZE.width} ${SIZE.height}" width="${SIZE.width}" height="${SIZE.height}" font-family="system-ui, sans-serif" font-size="12" fill="#22251f">
<rect width="100%" height="100%" fill="#fbfaf5"/>
<text x="${PLOT.left}" y="26" font-size="17" font-weight="600">Perplexity against size, ${escaped(first.model.name)}</text>
<text x="${PLOT.left}" y="46" fill="#5c6056">${escaped(measuredOnText(first).replace(/^.*?: /, ""))}</text>
${axes(x, y)}
<line x1="${PLOT.left}" x2="${PLOT.right}" y1="${fixed(onto)}" y2="${fixed(onto)}" stroke="#22251f" stroke-dasharray="5 4"/>
<text x="${PLOT.left + 6}" y="${fixed(onto - 5)}" stroke="#fbfaf5" stroke-width="3" paint-order="stroke">dense ${label(dense, 2)}</text>
<polyline points="${best.map((at) => at.map(fixed).join(",")).join(" ")}" fill="none" stroke="#a9ab9c" stroke-width="2"/>
${points.map((point) => mark(methods.indexOf(point.method), ...place(point), `${point.method}: ${label(point.kept, 1)} % kept, perplexity ${label(point.perplexity, 2)}`)).join("\n")}
${legend(methods)}
</svg>
`;
}

function axes(x: Axis, y: Axis): string {
  const { left, right, top, bottom } = PLOT;
  const down = x.ticks.map((tick) => {
    const at = fixed(x.at(tick));
    return `<line x1="${at}" x2="${at}" y1="${top}" y2="${bottom}" stroke="#e7e4d8"/><text x="${at}" y="${bottom + 18}" text-anchor="middle">${label(tick)}</text>`;
  });
  const across = y.ticks.map((tick) => {
    const at = y.at(tick);
    return `<line x1="${left}" x2="${right}" y1="${fixed(at)}" y2="${fixed(at)}" stroke="#e7e4d8"/><text x="${left - 8}" y="${fixed(at + 4)}" text-anchor="end">${label(tick)}</text>`;
  });
  const middle = (top + bottom) / 2;
  return [
    ...down,
    ...across,
    `<path d="M${left} ${top}V${bottom}H${right}" fill="none" stroke="#a9ab9c"/>`,
    `<text x="${(left + right) / 2}" y="${bottom + 40}" text-anchor="middle">kept weights of the whole model, %</text>`,
    `<text transform="translate(20 ${middle}) rotate(-90)" text-anchor="middle">perplexity${y.log ? " (logarithmic)" : ""}</text>`,
  ].join("\n");
}

function legend(methods: readonly string[]): string {
  const x = PLOT.right + 24;
  const rows = methods.map((method, i) => {
    const y = PLOT.top + 8 + 22 * i;
    return `${mark(i, x, y)}<text x="${x + 14}" y="${y + 4}">${escaped(method)}</text>`;
  });
  const y = PLOT.top + 8 + 22 * methods.length;
  const line = `<line x1="${x - 8}" x2="${x + 8}" y1="${y}" y2="${y}" stroke="#a9ab9c" stroke-width="2"/><text x="${x + 14}" y="${y + 4}">best at each size</text>`;
  return [...rows, line].join("\n");
}

/** The mark of a method: colour and shape both tell it from the others. */
function mark(method: number, x: number, y: number, title = ""): string {
  const shape = SHAPES[method % SHAPES.length] ?? "circle";
  const colour = COLOURS[method % COLOURS.length] ?? "#22251f";
  const m = MARK;
  const outlines = {
    circle: `M${-m} 0a${m} ${m} 0 1 0 ${2 * m} 0a${m} ${m} 0 1 0 ${-2 * m} 0Z`,
    square: `M${-m} ${-m}H${m}V${m}H${-m}Z`,
    triangle: `M0 ${-m - 1}L${m + 1} ${m}H${-m - 1}Z`,
    diamond: `M0 ${-m - 2}L${m + 2} 0L0 ${m + 2}L${-m - 2} 0Z`,
    cross: `M${-m} ${-m}L${m} ${m}M${-m} ${m}L${m} ${-m}`,
  };
  const style =
    shape === "cross"
      ? `fill="none" stroke="${colour}" stroke-width="3"`
      : `fill="${colour}" fill-opacity="0.85" stroke="#fbfaf5"`;
  return `<path transform="translate(${fixed(x)} ${fixed(y)})" d="${outlines[shape]}" ${style}>${title === "" ? "" : `<title>${escaped(title)}</title>`}</path>`;
}

const fixed = (value: number): string => String(Number(value.toFixed(1)));
const label = (value: number, digits = 6): string => String(Number(value.toFixed(digits)));
const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
