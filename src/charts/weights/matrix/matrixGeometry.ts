// The matrix at the level of weights: its area and legend, its accessible name, and the tip of a place.
import { percent, whole } from "../../../shared/format.ts";
import type { Geometry } from "../../lib/frame/chart.ts";
import type { Space } from "../../lib/frame/frame.ts";
import type { Tip } from "../../lib/frame/tooltip.ts";
import { legendGeometry, type LegendGeometry, type LegendItem } from "../../lib/marks/legend.ts";
import { mapArea, type MapArea } from "../map/weightGeometry.ts";
import { weightDigits } from "../map/weightTip.ts";
import type { MatrixArea, View, WeightPlace } from "../map/weightView.ts";
import { cellAt, type Cells } from "./cellView.ts";
import { fullShade } from "./cellColours.ts";
import { classesOf, fateOf, type MatrixData, weightsOfClass } from "./matrixData.ts";

export interface MatrixGeometry extends Geometry {
  data: MatrixData;
  area: MapArea;
  view: View;
  legend: LegendGeometry;
}

/** A matrix of this many rows at most is seen in full with a pixel per weight. */
const MOST_PX = 640;
/** Between the legend and the picture. */
const GAP_PX = 6;

/** Where the picture is: below the legend, whose lines do not depend on the view. */
export function matrixArea(data: MatrixData, space: Space): MapArea {
  const [rows, cols] = data.shape;
  const area = mapArea(data.shape, space.width);
  const height = Math.max(area.height, Math.min(rows, MOST_PX));
  const top = legendGeometry(legendItems(data, ""), space).height + GAP_PX;
  return { ...area, top, height, fit: Math.min(area.width / cols, height / rows) };
}

/** Lays out what `view` shows of the matrix, in cells of `step` x `step` weights. */
export function matrixGeometry(
  data: MatrixData,
  { area, view, step }: { area: MapArea; view: View; step: number },
  space: Space,
): MatrixGeometry {
  return {
    ...{ data, area, view, height: area.top + area.height, name: nameOf(data) },
    legend: legendGeometry(legendItems(data, scaleWords(data, view, step)), space),
  };
}

function legendItems(data: MatrixData, scale: string): LegendItem[] {
  const last: LegendItem = { label: scale, breakBefore: true };
  if (data.keeps.length > 1)
    return [
      ...classesOf(data).map(({ of, label, colour }) => {
        return { label: `${label} ${whole(weightsOfClass(data.cells, of))}`, colour };
      }),
      last,
    ];
  const full = weightDigits(fullShade(data));
  const pairs = classesOf(data).flatMap(({ label, colour }) => [
    { label: `${label}, near 0`, colour: `${colour}-low` },
    { label: `${full} and more`, colour: `${colour}-high` },
  ]);
  return [...pairs, last];
}

/** What a square of the picture is. */
function scaleWords({ shade, keeps }: MatrixData, { scale }: View, step: number): string {
  if (step === 1) return scale < 1.5 ? "1 pixel per weight" : `${scale.toFixed(1)} pixels per weight`;
  const what =
    keeps.length > 1 ? "shows the mix of them" : shade === "mean" ? "shows their mean" : "shows the largest of them";
  return `1 cell = ${step} × ${step} weights, ${what}`;
}

const sizeWord = ({ values }: MatrixData): string => (values === "change" ? "change" : "weight");

function nameOf(data: MatrixData): string {
  const { name, shape, cells, keeps, values } = data;
  const all = shape[0] * shape[1];
  const classes = classesOf(data)
    .map(
      ({ of, label }) => `${label} ${whole(weightsOfClass(cells, of))} (${percent(weightsOfClass(cells, of) / all)})`,
    )
    .join(", ");
  const kind = values === "change" ? "Change of the weights" : "Weights";
  const ofBoth = keeps.length > 1 ? " under two runs" : "";
  return (
    `${kind} of ${name}${ofBoth}, ${whole(shape[0])} rows (outputs) by ${whole(shape[1])} columns (inputs): ${classes}; ` +
    `largest ${sizeWord(data)} ${weightDigits(cells.magnitudes.largest)}.`
  );
}

/** "row 3" or "rows 0 to 3". */
const spanWords = (word: string, first: number, count: number): string =>
  count === 1 ? `${word} ${first}` : `${word}s ${first} to ${first + count - 1}`;

/** The weights of the cell at a place, and its tip; null where no cell is known there. */
export function cellTip(data: MatrixData, cells: Cells, at: WeightPlace): { area: MatrixArea; tip: Tip } | null {
  const cell = cellAt(cells, at);
  if (!cell) return null;
  const { area, largest, mean, counts } = cell;
  const of = area.rows * area.cols;
  const title = `${spanWords("row", area.row, area.rows)} (output), ${spanWords("column", area.col, area.cols)} (input)`;
  const word = sizeWord(data);
  if (of === 1) {
    const fates = data.keeps.map((keep) => ({
      label: keep.name || "mask",
      value: fateOf(keep, area, data.shape[1]),
    }));
    return { area, tip: { title, rows: [{ label: word, value: weightDigits(largest) }, ...fates] } };
  }
  const rows = [
    { label: `largest ${word}`, value: weightDigits(largest) },
    { label: `mean |${word}|`, value: weightDigits(mean) },
    ...(data.keeps.length === 0
      ? []
      : classesOf(data).map(({ of: own, label, colour }) => ({
          label,
          value: `${whole(counts[own] ?? 0)} of ${whole(of)}`,
          colour: data.keeps.length > 1 ? colour : `${colour}-high`,
        }))),
  ];
  return { area, tip: { title, rows } };
}
