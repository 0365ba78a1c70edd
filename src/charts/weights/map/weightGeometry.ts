// The mask of one matrix: where its picture is, the legend and name of what a view shows, and the places in it.
import { percent, whole } from "../../../shared/format.ts";
import type { Geometry, Places } from "../../lib/frame/chart.ts";
import type { Space } from "../../lib/frame/frame.ts";
import { legendGeometry, type LegendGeometry, type LegendItem } from "../../lib/marks/legend.ts";
import { rate } from "../../lib/numbers/rates.ts";
import { clampIndex } from "../../lib/numbers/span.ts";
import { groupAt, weightUnder } from "./weightView.ts";
import type { MatrixArea, MatrixMask, View, WeightPlace } from "./weightView.ts";

export interface WeightMapData extends MatrixMask {
  name: string;
  /** How many weights are kept. */
  kept: number;
  /** Along which weights compete: those of one output, or those of one input. */
  direction: "inputs" | "outputs";
  /** M of N:M; null where a full line competes. */
  group: number | null;
}

/** The picture below the legend, CSS pixels of the plot. */
export interface MapArea {
  top: number;
  width: number;
  height: number;
  /** Scale at which the full matrix fits. */
  fit: number;
}

export interface WeightGeometry extends Geometry {
  data: WeightMapData;
  area: MapArea;
  view: View;
  legend: LegendGeometry;
}

const HEIGHT_PX = { least: 180, most: 460 };
/** Height reserved for the legend, so that zooming does not move the map: one line, or two below this width. */
const HEAD_PX = { one: 22, two: 38, below: 560 };
/** From this many weights per pixel on, the legend says that a pixel is a mean. */
const MEAN_FROM = 1.5;

/** Where the picture of a (rows, cols) matrix is in a chart of `width`. */
export function mapArea([rows, cols]: MatrixMask["shape"], width: number): MapArea {
  const height = Math.round(Math.max(HEIGHT_PX.least, Math.min(HEIGHT_PX.most, (width * rows) / cols)));
  const top = width < HEAD_PX.below ? HEAD_PX.two : HEAD_PX.one;
  return { top, width, height, fit: Math.min(width / cols, height / rows) };
}

/** Lays out what `view` shows of the matrix. */
export function weightGeometry(data: WeightMapData, view: View, area: MapArea, space: Space): WeightGeometry {
  const { name, shape, group, kept } = data;
  const of = shape[0] * shape[1];
  const groups = group === null ? "compared" : `in groups of ${group}`;
  return {
    data,
    area,
    view,
    legend: legendGeometry(legendItems(data, view), space),
    height: area.top + area.height,
    name:
      `Mask of ${name}, ${whole(shape[0])} rows by ${whole(shape[1])} columns: ${percent(rate(kept, of))} of ` +
      `${whole(of)} weights kept, ${groups} ${alongWords(data)}.`,
  };
}

const alongWords = ({ direction }: WeightMapData): string =>
  direction === "inputs" ? "along the row (inputs of one output)" : "down the column (outputs of one input)";

function legendItems(data: WeightMapData, { scale }: View): LegendItem[] {
  const zoomed =
    1 / scale >= MEAN_FROM
      ? [{ label: `1 px ≈ ${(1 / scale).toFixed(1)} weights (mean)` }]
      : scale > 1
        ? [{ label: `${scale.toFixed(1)} px per weight` }]
        : [];
  return [
    { label: "kept", colour: "--chart-kept" },
    { label: "removed", colour: "--chart-pruned" },
    ...zoomed,
    data.group === null
      ? { label: `compared ${alongWords(data)}` }
      : { label: `groups of ${data.group} ${alongWords(data)}`, colour: "--chart-flash", mark: "line" },
  ];
}

/** The weights that compete with the one at `place`, itself included. */
export const competitors = ({ direction, group }: WeightMapData, place: WeightPlace): MatrixArea =>
  groupAt(place, direction, group ?? 1);

/** An area of the matrix, CSS pixels of the plot. */
export function areaBox({ view }: ViewedMatrix, { row, col, rows, cols }: MatrixArea) {
  const { scale, x, y } = view;
  return { x: x + col * scale, y: y + row * scale, width: cols * scale, height: rows * scale };
}

/** A matrix in an area of a chart, as a view shows it. */
interface ViewedMatrix {
  data: Pick<MatrixMask, "shape">;
  area: MapArea;
  view: View;
}

export const WEIGHT_PLACES: Pick<Places<ViewedMatrix, WeightPlace>, "locate" | "move"> = {
  locate({ data, view, area }, x, y) {
    if (y < area.top || y >= area.top + area.height) return null;
    return weightUnder(data.shape, view, x, y);
  },
  move({ data, view, area }, at, dx, dy) {
    const [rows, cols] = data.shape;
    // a keyboard starts in the middle of what is in view
    const { row, col } = at ?? {
      row: Math.floor((area.top + area.height / 2 - view.y) / view.scale),
      col: Math.floor((area.width / 2 - view.x) / view.scale),
    };
    return { row: clampIndex(row + dy, rows), col: clampIndex(col + dx, cols) };
  },
};
