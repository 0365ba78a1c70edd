// The gate map around its canvas: legend, rows, bars, strip and words, and the places in it.
import { percent, sentenceStart, whole } from "../../../shared/format.ts";
import type { Geometry, Places } from "../../lib/frame/chart.ts";
import type { Space } from "../../lib/frame/frame.ts";
import { legendGeometry, type LegendGeometry, type LegendItem } from "../../lib/marks/legend.ts";
import { boxOf, dimensionProfile, rate } from "../../lib/numbers/rates.ts";
import type { Words } from "../../lib/marks/words.ts";
import { clampIndex } from "../../lib/numbers/span.ts";
import { ROW_VECTORS, vectorAt } from "../../lib/numbers/vectors.ts";
import { columnNoun, stripWords, viewWords } from "./axisWords.ts";
import { COMPARED_LEGEND, KEPT_LEGEND } from "./comparedPixels.ts";
import { BY_INDEX, type Columns, dimensionAt, positionOf } from "./dimensionOrder.ts";
import type { GateData } from "./gateImage.ts";
import type { GatePass } from "./gateState.ts";
import { gateTip, type GatePlace, isMiddle } from "./gateTip.ts";
import { ALL_IN_VIEW, type GateView, positionsIn } from "./gateView.ts";
import { columnAtX, mapLayout, rowAtY, rowTop, type MapLayout, xOfColumn } from "./mapLayout.ts";
import { selectionPath } from "./selectionPath.ts";
import { rowBars, rowLabels, type RowLabels } from "./rowsGeometry.ts";
import { stripGeometry, type StripGeometry } from "./stripGeometry.ts";

/** What depends on the sizes of the model and of the chart, and on the view only. */
interface GateMapHead {
  legend: LegendGeometry;
  layout: MapLayout;
}

export interface GateMapGeometry extends Geometry, GateMapHead {
  data: GateData;
  pass: GatePass;
  columns: Columns;
  labels: RowLabels;
  /** Path data: what is not selected, to be shaded; empty while nothing is. */
  selection: string;
  /** Above the map: what the masks are, where they are not the current ones. */
  past: readonly Words[];
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
const rowItems = (vectors: readonly number[]): readonly LegendItem[] =>
  vectors.map((k, i) => {
    const { name, meaning } = vectorAt(k);
    return { label: `${i === 0 ? "rows: " : ""}${name} ${meaning}` };
  });
/** The same where they do not fit on a line. */
const SHORT_ROW_ITEMS: readonly LegendItem[] = [{ label: "rows: s1, s2 attention; s3, s5 MLP" }];

interface HeadOptions {
  view?: GateView;
  /** Height to aim at, where the map fills the screen. */
  room?: number | undefined;
}

/** Lays out the legend, and the map below it. */
export function gateMapHead(data: GateData, space: Space, { view = ALL_IN_VIEW, room }: HeadOptions = {}): GateMapHead {
  const { layers, dModel, compared, side = "embedding" } = data;
  const vectors = ROW_VECTORS[side];
  const size = { width: space.width, layers, rowsPerBlock: vectors.length, view, room };
  const perPixel = dModel / mapLayout({ ...size, headPx: 0 }).plotWidth;
  const kept: readonly LegendItem[] = compared ? COMPARED_LEGEND : KEPT_LEGEND;
  const width = space.width - (compared ? TOTAL_PX.compared : TOTAL_PX.one);
  const linesOf = (items: readonly LegendItem[]): number => legendGeometry(items, { ...space, width }).lines;
  const named = rowItems(vectors);
  const rows = isMiddle(data) || linesOf(named) === 1 ? named : SHORT_ROW_ITEMS;
  const together = linesOf([...kept, ...rows]) === 1;
  const words = rows.map((row, i) => ({ ...row, breakBefore: i === 0 && !together }));
  // zooming in changes the words, not whether they are there, so that the map stays where it is
  const mean = perPixel < MEAN_FROM ? [] : [{ label: meanWords(perPixel / view.scale, columnNoun(data)) }];
  const legend = legendGeometry([...kept, ...words, ...mean], { ...space, width });
  return { legend, layout: mapLayout({ ...size, headPx: legend.height + 6 }) };
}

const meanWords = (perPixel: number, noun: string): string =>
  perPixel >= MEAN_FROM ? `1 px ≈ ${perPixel.toFixed(1)} ${noun}s (mean)` : `1 px ≈ 1 ${noun} or less`;

/** What is drawn of the data. */
interface Drawn {
  pass: GatePass;
  head: GateMapHead;
  columns?: Columns;
}

/** Lays out everything around the canvas. */
export function gateMapGeometry(
  data: GateData,
  { pass, head, columns = BY_INDEX }: Drawn,
  space: Space,
): GateMapGeometry {
  const { layout } = head;
  const { rows, rowKept, dimKept } = pass;
  const { layers, dModel } = data;
  const gates = rows * dModel;
  const kept = rate(
    rowKept.reduce((sum, n) => sum + n, 0),
    gates,
  );
  const by = data.compared ? " by both" : "";
  const box = boxOf(dimKept, rows);
  const { first, last } = positionsIn(layout.from, 1 / layout.scale, dModel);
  const ordered = Uint16Array.from(
    { length: last + 1 - first },
    (_, i) => dimKept[dimensionAt(columns, first + i)] ?? 0,
  );
  const profile = dimensionProfile(ordered, rows, layout.plotWidth / STRIP_COLUMN_PX);
  const words = viewWords(data, { layout, columns, measure: space.measure });
  return {
    ...head,
    data,
    pass,
    columns,
    labels: rowLabels(layout, data.side),
    selection: selectionPath(data, { layout, columns }),
    past: data.past ? [pastWords(data.past, layout)] : [],
    track: rowBars(layout, () => 1),
    bars: rowBars(layout, (row) => (rowKept[row] ?? 0) / dModel),
    strip: stripGeometry(layout, dModel, {
      ...{ profile, first, end: last + 1, box, axis: words.axis },
      captions: stripWords(data, layout),
    }),
    total: { x: space.width - 1, text: `${percent(kept)} of gates kept${by}` },
    height: layout.height,
    name:
      `${data.past ? `${sentenceStart(data.past)}. ` : ""}Gate map of ${layers} blocks by ${whole(dModel)} ` +
      `${isMiddle(data) ? "MLP neurons" : "embedding dimensions"}: ${percent(kept)} of ` +
      `${whole(gates)} gates kept${by}. Kept rate of a ${columnNoun(data)} over depth: median ${percent(box.median)}, ` +
      `from ${percent(box.min)} to ${percent(box.max)}.${words.sentence}`,
  };
}

const pastWords = (text: string, { left, plotWidth, top }: MapLayout): Words => ({
  ...{ x: left + plotWidth / 2, y: top - 6, text, anchor: "middle", className: "chart-strong" },
  colour: "--chart-loss",
});

/** Path data of the mark: around the row, and down the dimension; empty where the place has none, or is not in view. */
export function gateMark(geometry: GateMapGeometry, at: GatePlace): { row: string; dimension: string } {
  const { left, plotWidth, rowPx, stripTop, stripHeight, top, mapHeight } = geometry.layout;
  const { x, y } = corner(geometry, at);
  const row = `M${left - 1.5},${y - 1.5}h${plotWidth + 3}v${rowPx + 3}h${-plotWidth - 3}z`;
  const rowSeen = y > top - rowPx && y < top + mapHeight;
  return {
    row: at.row < 0 || !rowSeen ? "" : row,
    dimension: at.dimension < 0 || x < left || x > left + plotWidth ? "" : `M${x},${top}V${stripTop + stripHeight}`,
  };
}

type Spot = Pick<GateMapGeometry, "data" | "layout" | "columns">;

/** Middle of the dimension, or the bars; top of the row, or the strip. */
function corner({ data, layout, columns }: Spot, { row, dimension }: GatePlace): { x: number; y: number } {
  const { sideLeft, stripTop } = layout;
  return {
    x: dimension < 0 ? sideLeft : xOfColumn(layout, positionOf(columns, dimension) + 0.5, data.dModel),
    y: row < 0 ? stripTop : rowTop(layout, row),
  };
}

export const GATE_PLACES: Places<GateMapGeometry, GatePlace> = {
  locate({ layout, data, columns }, x, y) {
    const row = rowAtY(layout, y);
    const dimension = dimensionAt(columns, columnAtX(layout, x, data.dModel));
    const inStrip = y >= layout.stripTop && y <= layout.stripTop + layout.stripHeight;
    if (row >= 0 && (dimension >= 0 || x >= layout.sideLeft)) return { row, dimension };
    return inStrip && dimension >= 0 ? { row: -1, dimension } : null;
  },
  move({ data, pass, columns, layout }, at, dx, dy) {
    // a keyboard starts at the first place in view
    if (!at) {
      const { first } = positionsIn(layout.from, 1 / layout.scale, data.dModel);
      return { row: Math.max(0, rowAtY(layout, layout.top)), dimension: dimensionAt(columns, first) };
    }
    const position = clampIndex(positionOf(columns, at.dimension) + dx, data.dModel);
    return { row: clampIndex(at.row + dy, pass.rows), dimension: dimensionAt(columns, position) };
  },
  tip(geometry, at) {
    const { data, pass, layout } = geometry;
    const { x, y } = corner(geometry, at);
    return { x, y: y + layout.rowPx, tip: gateTip(data, pass, at) };
  },
};
