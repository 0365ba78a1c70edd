// Perplexity against size: from finished runs to marks, the line of the best at each size, and what a tip says of a run.
import { perplexityText, whole } from "../../../shared/format.ts";
import { bestLine, type PlotPoint } from "../../../shared/perplexityAxis.ts";
import type { Geometry, Places } from "../../lib/frame/chart.ts";
import type { Space } from "../../lib/frame/frame.ts";
import { legendGeometry, type LegendGeometry, type LegendItem } from "../../lib/marks/legend.ts";
import { clampIndex } from "../../lib/numbers/span.ts";
import type { Words } from "../../lib/marks/words.ts";
import { markOf, METHOD_MARKS, type MethodMark } from "./methodMarks.ts";
import { densePath, placeOf, type Plane, planeGeometry, type PlaneGeometry, type SizeAxis } from "./plane.ts";

export interface TradeoffPoint {
  id: string;
  /** Size, in the unit of the axis. */
  x: number;
  /** Perplexity. */
  y: number;
  label: string;
  /** What made it; gives the mark. */
  method: string;
  /** Made for its size alone: only such runs make the line of the best. */
  dedicated: boolean;
  /** Perplexity before its recovery, where it was recovered: an arrow leads from there to its mark. */
  before?: number;
  /** The recipe, for the tip. */
  recipe: readonly { label: string; value: string }[];
}

export interface TradeoffData {
  points: readonly TradeoffPoint[];
  axis: SizeAxis;
  dense: PlotPoint | null;
  /** Ids that are marked as picked, A first. */
  picked: readonly string[];
}

/** A run at its place, CSS pixels. */
export interface RunMark extends PlotPoint {
  point: TradeoffPoint;
  mark: MethodMark;
}

/** From a run to its recovered self. */
interface Arrow {
  id: string;
  path: string;
  colour: string;
}

export interface TradeoffGeometry extends Geometry, PlaneGeometry {
  legend: LegendGeometry;
  formatSize: SizeAxis["format"];
  /** By rising size. */
  marks: readonly RunMark[];
  arrows: readonly Arrow[];
  bestPath: string;
  densePath: string;
  denseAt: PlotPoint | null;
  /** "A" and "B" beside the picked runs. */
  letters: readonly Words[];
}

const HEIGHT_PX = 300;
const CAPTION_PX = 22;
/** Within this distance a run is under the pointer. */
const NEAR_PX = 24;

/** Size of a letter, and half the size of a mark. */
const LETTER_PX = 10;
const MARK_PX = 5;

/** Lays the chart out. */
export function tradeoffGeometry(data: TradeoffData, space: Space): TradeoffGeometry {
  const { points, axis, dense } = data;
  const legend = legendGeometry(legendItems(data), space);
  const top = legend.height + CAPTION_PX;
  const height = top + HEIGHT_PX;
  const befores = points.flatMap(({ x, before }) => (before === undefined ? [] : [{ x, y: before }]));
  const inView = [...points, ...befores, ...(dense ? [dense] : [])];
  const plane = planeGeometry({ points: inView, axis, width: space.width, height, top });
  const marks = points
    .map((point): RunMark => ({ ...placeOf(plane.plane, point), point, mark: markOf(point.method) }))
    .sort((a, b) => a.point.x - b.point.x || a.point.y - b.point.y);
  const best = bestLine(points.filter(({ dedicated }) => dedicated)).map((point) => placeOf(plane.plane, point));
  return {
    ...plane,
    legend,
    formatSize: axis.format,
    marks,
    arrows: marks.flatMap((mark) => arrowTo(mark, plane.plane)),
    bestPath: best.map(({ x, y }, i) => (i === 0 ? `M${x},${y}` : `H${x}V${y}`)).join(""),
    densePath: densePath(plane.plane, dense),
    denseAt: dense && placeOf(plane.plane, dense),
    letters: lettersOf(data, marks, plane.plane),
    height,
    name: nameOf(data, best.length),
  };
}

/** Half the width of an arrow's head, and its length. */
const HEAD_PX = { half: 3, length: 5 };

/** The arrow to a recovered run from its perplexity before, at the same size; none where they are too close for one. */
function arrowTo({ x, y, point: { id, before, x: size }, mark }: RunMark, plane: Plane): Arrow[] {
  if (before === undefined) return [];
  const from = placeOf(plane, { x: size, y: before });
  const down = Math.sign(y - from.y);
  const tip = y - down * (MARK_PX + 1);
  if ((tip - from.y) * down < HEAD_PX.length) return [];
  const back = tip - down * HEAD_PX.length;
  const { half } = HEAD_PX;
  return [
    { id, colour: mark.colour, path: `M${x},${from.y}V${tip}M${x - half},${back}L${x},${tip}L${x + half},${back}` },
  ];
}

/** The arrow of the legend, around (0, 0). */
const ARROW = "M-0.6,-5h1.2v6h2.4L0,5L-3,1h2.4Z";

/** The methods that have runs, the best line and the dense model. */
function legendItems({ points, dense }: TradeoffData): LegendItem[] {
  const recovered = points.some(({ before }) => before !== undefined);
  const alone = points.every(({ dedicated }) => dedicated);
  const methods = METHOD_MARKS.filter(({ name }) => points.some(({ method }) => method === name));
  return [
    ...methods.map(({ name, colour, path }) => ({ label: name, colour, path })),
    { label: alone ? "best at each size" : "best of the runs for one ratio", colour: "--chart-ink", mark: "line" },
    ...(recovered ? [{ label: "recovered", colour: "--chart-ink", path: ARROW }] : []),
    ...(dense ? [{ label: "dense", colour: "--chart-ink", mark: "dash" } as const] : []),
  ];
}

/** Places of a letter beside its mark: its left edge and baseline, best first. */
const BESIDE = [
  [7, -6],
  [7, 14],
  [-7 - LETTER_PX, -6],
  [-7 - LETTER_PX, 14],
] as const;

/** The letters of the picked runs, each where it covers neither the other letter nor the other's mark, inside the plot. */
function lettersOf({ picked }: TradeoffData, marks: readonly RunMark[], { right, top }: Plane): Words[] {
  const chosen = picked.flatMap((id, i) => {
    const at = marks.find(({ point }) => point.id === id);
    return at ? [{ at, text: i === 0 ? "A" : "B" }] : [];
  });
  const taken = chosen.map(({ at: { x, y } }) => ({
    x: x - MARK_PX,
    y: y - MARK_PX,
    width: 2 * MARK_PX,
    height: 2 * MARK_PX,
  }));
  return chosen.map(({ at, text }): Words => {
    const places = BESIDE.map(([dx, dy]) => ({ x: at.x + dx, y: at.y + dy }));
    const boxOf = ({ x, y }: PlotPoint) => ({ x, y: y - LETTER_PX, width: LETTER_PX, height: LETTER_PX });
    const inside = places.filter(({ x, y }) => x + LETTER_PX <= right && y - LETTER_PX >= top);
    const free = inside.find((place) => !taken.some((box) => overlap(box, boxOf(place)))) ?? inside[0] ?? places[0]!;
    taken.push(boxOf(free));
    return { ...free, text, className: "chart-strong" };
  });
}

interface Box extends PlotPoint {
  width: number;
  height: number;
}

const overlap = (a: Box, b: Box): boolean =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

function nameOf({ points, axis, dense }: TradeoffData, best: number): string {
  const [lowest] = [...points].sort((a, b) => a.y - b.y);
  if (!lowest) return "Perplexity against size: no runs yet.";
  const where = `${perplexityText(lowest.y)} at ${axis.format(lowest.x)} (${lowest.method})`;
  return (
    `Perplexity against ${axis.name} of ${whole(points.length)} runs; ${whole(best)} of them best at their size; lowest ${where}` +
    `${recoveredText(points)}${dense ? `; dense ${perplexityText(dense.y)}` : ""}. ` +
    "Arrow keys move from run to run, Enter loads a run, Shift+Enter picks it to compare."
  );
}

/** "; 2 recovered"; nothing for none. */
function recoveredText(points: TradeoffData["points"]): string {
  const count = points.filter(({ before }) => before !== undefined).length;
  return count > 0 ? `; ${whole(count)} recovered` : "";
}

/** Places are indices of marks. */
export const TRADEOFF_PLACES: Places<TradeoffGeometry, number> = {
  locate({ marks }, x, y) {
    let [nearest, found]: [number, number | null] = [NEAR_PX, null];
    marks.forEach((mark, i) => {
      const distance = Math.hypot(mark.x - x, mark.y - y);
      if (distance < nearest) [nearest, found] = [distance, i];
    });
    return found;
  },
  move: ({ marks }, at, dx, dy) => (marks.length === 0 ? null : clampIndex((at ?? 0) + dx + dy, marks.length)),
  tip({ marks, formatSize }, at) {
    const chosen = marks[at];
    if (!chosen) return null;
    const { x, y, point, mark } = chosen;
    const rows = [
      { label: "perplexity", value: perplexityText(point.y), colour: mark.colour },
      ...(point.before === undefined ? [] : [{ label: "before recovery", value: perplexityText(point.before) }]),
      { label: "size", value: formatSize(point.x) },
      ...point.recipe,
    ];
    return { x, y, tip: { title: point.label, rows } };
  },
};
