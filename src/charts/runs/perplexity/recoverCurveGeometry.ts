// Perplexity of a recovery's guard against its steps: from readings to a curve between the lines of the dense and the pruned model.
import { perplexityText, whole } from "../../../shared/format.ts";
import type { PlotPoint } from "../../../shared/perplexityAxis.ts";
import type { Geometry, Places } from "../../lib/frame/chart.ts";
import type { Space } from "../../lib/frame/frame.ts";
import { legendGeometry, type LegendGeometry, type LegendItem } from "../../lib/marks/legend.ts";
import { linePath } from "../../lib/marks/paths.ts";
import { clampIndex } from "../../lib/numbers/span.ts";
import { densePath, placeOf, planeGeometry, type PlaneGeometry } from "./plane.ts";

export interface RecoverCurveData {
  /** Of the guard, by ascending step; the first one, at step 0, is of the pruned model. */
  readings: readonly { step: number; value: number }[];
  /** Perplexity of the dense model on the same text. */
  dense: number;
  /** Steps of the recipe. */
  steps: number;
}

export interface RecoverCurveGeometry extends Geometry, PlaneGeometry {
  legend: LegendGeometry;
  /** One mark per reading, at its place in CSS pixels. */
  marks: readonly (PlotPoint & RecoverCurveData["readings"][number])[];
  curvePath: string;
  densePath: string;
  prunedPath: string;
}

export const RECOVER_COLOURS = { recovered: "--chart-kept", pruned: "--chart-loss", dense: "--chart-ink" } as const;
const HEIGHT_PX = 150;
const CAPTION_PX = 22;
const AXIS = { name: "step", format: whole };
const LEGEND: readonly LegendItem[] = [
  { label: "recovered", colour: RECOVER_COLOURS.recovered, mark: "line" },
  { label: "pruned", colour: RECOVER_COLOURS.pruned, mark: "dash" },
  { label: "dense", colour: RECOVER_COLOURS.dense, mark: "dash" },
];

/** Lays the chart out. */
export function recoverCurveGeometry(data: RecoverCurveData, space: Space): RecoverCurveGeometry {
  const { readings, dense, steps } = data;
  const legend = legendGeometry([...LEGEND], space);
  const top = legend.height + CAPTION_PX;
  const height = top + HEIGHT_PX;
  const points = readings.map(({ step, value }) => ({ x: step, y: value }));
  const ends = { x: steps, y: dense };
  const shown = planeGeometry({ points: [...points, ends], axis: AXIS, width: space.width, height, top });
  const { plane } = shown;
  const marks = readings.map((reading) => ({ ...reading, ...placeOf(plane, { x: reading.step, y: reading.value }) }));
  const [first] = points;
  return {
    ...{ ...shown, legend, marks, height },
    curvePath: linePath([...marks.keys()], (i) => [marks[i]?.x ?? NaN, marks[i]?.y ?? NaN]),
    densePath: densePath(plane, ends),
    prunedPath: densePath(plane, first ?? null),
    name: nameOf(data),
  };
}

function nameOf({ readings, dense, steps }: RecoverCurveData): string {
  const [first, last] = [readings[0], readings.at(-1)];
  if (!first || !last) return "Perplexity while recovering: nothing measured yet.";
  return (
    `Perplexity on the guard's text while recovering: pruned ${perplexityText(first.value)}, ` +
    `${perplexityText(last.value)} after step ${whole(last.step)} of ${whole(steps)}, dense ${perplexityText(dense)}. ` +
    "Arrow keys move from measurement to measurement."
  );
}

/** Places are indices of marks. */
export const RECOVER_PLACES: Places<RecoverCurveGeometry, number> = {
  locate({ marks }, x) {
    if (marks.length === 0) return null;
    const distances = marks.map((mark) => Math.abs(mark.x - x));
    return distances.indexOf(Math.min(...distances));
  },
  move({ marks }, at, dx, dy) {
    if (marks.length === 0) return null;
    return at === null ? 0 : clampIndex(at + dx + dy, marks.length);
  },
  tip({ marks }, at) {
    const mark = marks[at];
    if (!mark) return null;
    const { x, y, step, value } = mark;
    const title = step === 0 ? "pruned" : `after step ${whole(step)}`;
    return {
      x,
      y,
      tip: { title, rows: [{ label: "perplexity", value: perplexityText(value), colour: RECOVER_COLOURS.recovered }] },
    };
  },
};
