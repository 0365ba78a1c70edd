// The gate map around its canvas: legend, rows, bars, strip and words, and the places in it.
import { percent, whole } from "../../../shared/format.ts";
import type { Geometry, Places } from "../../lib/frame/chart.ts";
import type { Space } from "../../lib/frame/frame.ts";
import { legendGeometry, type LegendGeometry, type LegendItem } from "../../lib/marks/legend.ts";
import { boxOf, dimensionProfile, rate } from "../../lib/numbers/rates.ts";
import { clampIndex } from "../../lib/numbers/span.ts";
import { EMBEDDING_VECTORS, vectorAt } from "../../lib/numbers/vectors.ts";
import { COMPARED_LEGEND, KEPT_LEGEND } from "./comparedPixels.ts";
import type { GateData } from "./gateImage.ts";
import type { GatePass } from "./gateState.ts";
import { gateTip, type GatePlace } from "./gateTip.ts";
import { dimensionAtX, mapLayout, rowAtY, rowTop, type MapLayout } from "./mapLayout.ts";
import { rowBars, rowLabels, type RowLabels } from "./rowsGeometry.ts";
import { stripGeometry, type StripGeometry } from "./stripGeometry.ts";

/** What depends on the sizes of the model and of the chart only. */
interface GateMapHead {
  legend: LegendGeometry;
  layout: MapLayout;
}

export interface GateMapGeometry extends Geometry, GateMapHead {
  data: GateData;
  pass: GatePass;
  labels: RowLabels;
  /** Path data: full bars, and the kept rate of each row. */
  track: string;
  bars: string;
  strip: StripGeometry;
  /** Right edge and text of the sentence above the map. */
  total: { x: number; text: string };
}

/** Least width of a column of the strip below the map, CSS pixels. */
const STRIP_COLUMN_PX = 2;
/** Room beside the legend for the share of kept gates. */
const TOTAL_PX = { one: 130, compared: 180 };
/** From this many dimensions per pixel on, the legend says that a pixel is a mean. */
const MEAN_FROM = 1.5;

/** Names of the rows of a block. */
const ROW_ITEMS: readonly LegendItem[] = EMBEDDING_VECTORS.map((k, i) => {
  const { name, meaning } = vectorAt(k);
  return { label: `${i === 0 ? "rows: " : ""}${name} ${meaning}` };
});
/** The same where they do not fit on a line. */
const SHORT_ROW_ITEMS: readonly LegendItem[] = [{ label: "rows: s1, s2 attention; s3, s5 MLP" }];

/** Lays out the legend, and the map below it. */
export function gateMapHead({ layers, dModel, compared }: GateData, space: Space): GateMapHead {
  const perPixel = dModel / mapLayout(space.width, layers, 0).plotWidth;
  const mean = perPixel < MEAN_FROM ? [] : [{ label: `1 px ≈ ${perPixel.toFixed(1)} dimensions (mean)` }];
  const kept: readonly LegendItem[] = compared ? COMPARED_LEGEND : KEPT_LEGEND;
  const width = space.width - (compared ? TOTAL_PX.compared : TOTAL_PX.one);
  const linesOf = (items: readonly LegendItem[]): number => legendGeometry(items, { ...space, width }).lines;
  const rows = linesOf(ROW_ITEMS) === 1 ? ROW_ITEMS : SHORT_ROW_ITEMS;
  const together = linesOf([...kept, ...rows]) === 1;
  const words = rows.map((row, i) => ({ ...row, breakBefore: i === 0 && !together }));
  const legend = legendGeometry([...kept, ...words, ...mean], { ...space, width });
  return { legend, layout: mapLayout(space.width, layers, legend.height + 6) };
}

/** Lays out everything around the canvas. */
export function gateMapGeometry(data: GateData, pass: GatePass, head: GateMapHead, space: Space): GateMapGeometry {
  const { layout } = head;
  const { rows, rowKept, dimKept } = pass;
  const { layers, dModel } = data;
  const box = boxOf(dimKept, rows);
  const profile = dimensionProfile(dimKept, rows, layout.plotWidth / STRIP_COLUMN_PX);
  const gates = rows * dModel;
  const kept = rate(
    rowKept.reduce((sum, n) => sum + n, 0),
    gates,
  );
  const by = data.compared ? " by both" : "";
  return {
    ...head,
    data,
    pass,
    labels: rowLabels(layout),
    track: rowBars(layout, () => 1),
    bars: rowBars(layout, (row) => (rowKept[row] ?? 0) / dModel),
    strip: stripGeometry(layout, dModel, profile, box),
    total: { x: space.width - 1, text: `${percent(kept)} of gates kept${by}` },
    height: layout.height,
    name:
      `Gate map of ${layers} blocks by ${whole(dModel)} embedding dimensions: ${percent(kept)} of ` +
      `${whole(gates)} gates kept${by}. Kept rate of a dimension over depth: median ${percent(box.median)}, ` +
      `from ${percent(box.min)} to ${percent(box.max)}.`,
  };
}

/** Path data of the mark: around the row, and down the dimension; empty where the place has none. */
export function gateMark({ data, layout }: GateMapGeometry, at: GatePlace): { row: string; dimension: string } {
  const { left, plotWidth, rowPx, stripTop, stripHeight, top } = layout;
  const { x, y } = corner(data, layout, at);
  const row = `M${left - 1.5},${y - 1.5}h${plotWidth + 3}v${rowPx + 3}h${-plotWidth - 3}z`;
  return {
    row: at.row < 0 ? "" : row,
    dimension: at.dimension < 0 ? "" : `M${x},${top}V${stripTop + stripHeight}`,
  };
}

/** Middle of the dimension, or the bars; top of the row, or the strip. */
function corner({ dModel }: GateData, layout: MapLayout, { row, dimension }: GatePlace): { x: number; y: number } {
  const { left, plotWidth, sideLeft, stripTop } = layout;
  return {
    x: dimension < 0 ? sideLeft : left + ((dimension + 0.5) * plotWidth) / dModel,
    y: row < 0 ? stripTop : rowTop(layout, row),
  };
}

export const GATE_PLACES: Places<GateMapGeometry, GatePlace> = {
  locate({ layout, data }, x, y) {
    const row = rowAtY(layout, y);
    const dimension = dimensionAtX(layout, x, data.dModel);
    const inStrip = y >= layout.stripTop && y <= layout.stripTop + layout.stripHeight;
    if (row >= 0 && (dimension >= 0 || x >= layout.sideLeft)) return { row, dimension };
    return inStrip && dimension >= 0 ? { row: -1, dimension } : null;
  },
  move({ data, pass }, at, dx, dy) {
    if (!at) return { row: 0, dimension: 0 };
    return { row: clampIndex(at.row + dy, pass.rows), dimension: clampIndex(at.dimension + dx, data.dModel) };
  },
  tip({ data, pass, layout }, at) {
    const { x, y } = corner(data, layout, at);
    return { x, y: y + layout.rowPx, tip: gateTip(data, pass, at) };
  },
};
