// Perplexity against the kept share: from measured ratios to a curve with dots, squares for runs at one ratio, and what a tip says.
import { percent, perplexityText, whole } from "../../../shared/format.ts";
import type { PlotPoint } from "../../../shared/perplexityAxis.ts";
import type { Geometry, Places } from "../../lib/frame/chart.ts";
import type { Space } from "../../lib/frame/frame.ts";
import { legendGeometry, type LegendGeometry, type LegendItem } from "../../lib/marks/legend.ts";
import { linePath } from "../../lib/marks/paths.ts";
import { clampIndex } from "../../lib/numbers/span.ts";
import { densePath, placeOf, planeGeometry, type Plane, type PlaneGeometry } from "./plane.ts";

interface RatioPoint extends PlotPoint {
  /** The target that was asked for; x is the ratio that it gave, y its perplexity. */
  ratio: number;
}

export interface RatioCurveData {
  /** What the curve is of, for the legend. */
  name: string;
  /** By ascending ratio. */
  points: readonly RatioPoint[];
  /** Runs for one ratio, measured alike. */
  runs: readonly (RatioPoint & { label: string })[];
  dense: PlotPoint | null;
  /** The present target. */
  ratio: number;
}

/** A ratio of the curve or a run, at its place in CSS pixels. */
export interface RatioMark extends PlotPoint {
  kind: "curve" | "run";
  point: RatioPoint;
  label: string;
}

export interface RatioCurveGeometry extends Geometry, PlaneGeometry {
  legend: LegendGeometry;
  /** By rising x. */
  marks: readonly RatioMark[];
  curvePath: string;
  densePath: string;
  /** A vertical line at the target. */
  targetPath: string;
}

export const MARK_COLOURS = { curve: "--chart-kept", run: "--chart-only-b" } as const;
const HEIGHT_PX = 220;
const CAPTION_PX = 22;
/** Within this distance the pointer chooses a run, and otherwise the nearest ratio of the curve. */
const NEAR_PX = 10;
const AXIS = { name: "kept share of the block weights", format: (x: number): string => percent(x, 0) };

/** Lays the chart out. */
export function ratioCurveGeometry(data: RatioCurveData, space: Space): RatioCurveGeometry {
  const { name, points, runs, dense, ratio } = data;
  const legend = legendGeometry(legendItems(data), space);
  const top = legend.height + CAPTION_PX;
  const height = top + HEIGHT_PX;
  const inView = [...points, ...runs, ...(dense ? [dense] : [])];
  const shown = planeGeometry({ points: inView, axis: AXIS, width: space.width, height, top });
  const { plane } = shown;
  const curve = points.map((point) => markAt(plane, point, { kind: "curve", label: name }));
  const single = runs.map((run) => markAt(plane, run, { kind: "run", label: run.label }));
  const place = (i: number) => [curve[i]?.x ?? NaN, curve[i]?.y ?? NaN] as const;
  const target = Math.max(plane.left, Math.min(plane.right, placeOf(plane, { x: ratio, y: 1 }).x));
  return {
    ...shown,
    legend,
    marks: [...curve, ...single].sort((a, b) => a.point.x - b.point.x),
    curvePath: linePath([...points.keys()], place),
    densePath: densePath(plane, dense),
    targetPath: points.length > 0 ? `M${target},${top}V${plane.bottom}` : "",
    height,
    name: nameOf(data),
  };
}

const markAt = (plane: Plane, point: RatioPoint, more: Pick<RatioMark, "kind" | "label">): RatioMark => {
  return { ...placeOf(plane, point), point, ...more };
};

function legendItems({ name, runs, dense }: RatioCurveData): LegendItem[] {
  return [
    { label: name, colour: MARK_COLOURS.curve, mark: "line" },
    ...(runs.length > 0 ? [{ label: "runs for one ratio", colour: MARK_COLOURS.run, mark: "box" } as const] : []),
    ...(dense ? [{ label: "dense", colour: "--chart-ink", mark: "dash" } as const] : []),
  ];
}

function nameOf({ name, points, runs, dense }: RatioCurveData): string {
  if (points.length === 0) return "Perplexity against kept share: no ratio measured yet.";
  const measured = points.map(({ x, y }) => `${perplexityText(y)} at ${percent(x)}`).join(", ");
  const single = runs.length === 0 ? "" : `; ${runs.length} ${runs.length === 1 ? "run" : "runs"} for one ratio`;
  return (
    `Perplexity against kept share of ${name} at ${whole(points.length)} ratios: ${measured}` +
    `${dense ? `; dense ${perplexityText(dense.y)}` : ""}${single}. ` +
    "Arrow keys move from point to point, Enter sets the target to its ratio."
  );
}

/** Places are indices of marks. */
export const RATIO_PLACES: Places<RatioCurveGeometry, number> = {
  locate({ marks }, x, y) {
    if (marks.length === 0) return null;
    const distances = marks.map((mark) => {
      if (mark.kind === "run" && Math.hypot(mark.x - x, mark.y - y) > NEAR_PX) return Infinity;
      return Math.abs(mark.x - x);
    });
    return distances.indexOf(Math.min(...distances));
  },
  move({ marks }, at, dx, dy) {
    if (marks.length === 0) return null;
    return at === null ? 0 : clampIndex(at + dx + dy, marks.length);
  },
  tip({ marks }, at) {
    const mark = marks[at];
    if (!mark) return null;
    const { x, y, point, kind, label } = mark;
    const rows = [
      { label: "perplexity", value: perplexityText(point.y), colour: MARK_COLOURS[kind] },
      { label: "kept", value: percent(point.x) },
      { label: "target", value: percent(point.ratio) },
    ];
    return { x, y, tip: { title: label, rows } };
  },
};
