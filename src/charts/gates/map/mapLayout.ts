// Where the parts of the gate map are: plain geometry in CSS pixels.
import { EMBEDDING_VECTORS } from "../../lib/numbers/vectors.ts";
import { ALL_IN_VIEW, type GateView } from "./gateView.ts";

/** Map height to aim at; rows are whole pixels within ROW_PX. */
const MAP_PX = 400;
const ROW_PX = { min: 2, max: 14 };
/** Rows of this height have their names beside them: no need for them to grow. */
const LEGIBLE_ROW_PX = 9;
const NARROW_PX = 520;
const STRIP_PX = 80;
const CAPTION_PX = 18;
/** Height below the strip: ticks and a line of words, two lines where the map is narrow. */
const AXIS_PX = { wide: 34, narrow: 48 };

export interface MapLayout {
  layers: number;
  rowsPerBlock: number;
  /** Left edge and width of the map and of the strip below it. */
  left: number;
  plotWidth: number;
  /** Left edge and width of the margin on the right: row rates, and below them the box plot. */
  sideLeft: number;
  sideWidth: number;
  top: number;
  rowPx: number;
  gapPx: number;
  mapHeight: number;
  /** Height of all rows, and how much of it is above the map's top edge. Without zoom mapHeight and 0. */
  rowsHeight: number;
  scrolled: number;
  /** Share of the dimensions that is left of the map, and how many times wider than the map they are together. */
  from: number;
  scale: number;
  stripTop: number;
  stripHeight: number;
  narrow: boolean;
  height: number;
}

interface MapSize {
  /** CSS pixels of the chart. */
  width: number;
  layers: number;
  /** Height of what is above the map. */
  headPx: number;
  rowsPerBlock?: number;
  view?: GateView;
  /** Height to aim at, where the map fills the screen. */
  room?: number | undefined;
}

/** Lays out a map. Low rows grow with the view's scale up to ROW_PX.max; the map stays as high as it was. */
export function mapLayout(size: MapSize): MapLayout {
  const { width, layers, headPx, rowsPerBlock = EMBEDDING_VECTORS.length, view = ALL_IN_VIEW, room } = size;
  const narrow = width < NARROW_PX;
  const left = narrow ? 40 : 48;
  const sideWidth = narrow ? 56 : 88;
  const plotWidth = Math.max(40, width - left - sideWidth - 10);
  const rowMax = room === undefined ? ROW_PX.max : 2 * ROW_PX.max;
  const aim = (room ?? MAP_PX) / Math.max(1, layers * rowsPerBlock);
  const fitted = Math.max(ROW_PX.min, Math.min(rowMax, room === undefined ? Math.round(aim) : Math.floor(aim - 1)));
  const rowPx = fitted >= LEGIBLE_ROW_PX ? fitted : Math.min(rowMax, Math.round(fitted * view.scale));
  const heightOf = (px: number): number => Math.max(0, layers * (rowsPerBlock * px + gapOf(px)) - gapOf(px));
  const [mapHeight, rowsHeight] = [heightOf(fitted), heightOf(rowPx)];
  const top = headPx + CAPTION_PX;
  const stripTop = top + mapHeight + CAPTION_PX + 6;
  return {
    ...{ layers, rowsPerBlock, left, plotWidth, sideLeft: left + plotWidth + 10, sideWidth, top },
    ...{ rowPx, gapPx: gapOf(rowPx), mapHeight, rowsHeight },
    scrolled: Math.round(Math.max(0, Math.min(rowsHeight - mapHeight, view.top * rowsHeight))),
    ...{ from: view.from, scale: view.scale, stripTop, stripHeight: STRIP_PX, narrow },
    height: stripTop + STRIP_PX + (narrow ? AXIS_PX.narrow : AXIS_PX.wide),
  };
}

/** Gap between blocks of rows that are `rowPx` high. */
const gapOf = (rowPx: number): number => (rowPx > 3 ? 3 : 1);

/** Top of a block and of a row, also of those above or below the map. */
export function blockTop(layout: MapLayout, block: number): number {
  return layout.top - layout.scrolled + block * (layout.rowsPerBlock * layout.rowPx + layout.gapPx);
}
export function rowTop(layout: MapLayout, row: number): number {
  const block = Math.floor(row / layout.rowsPerBlock);
  return blockTop(layout, block) + (row - block * layout.rowsPerBlock) * layout.rowPx;
}

/** The rows of which at least a part is in view. */
export function rowsInView(layout: MapLayout): number[] {
  const { layers, rowsPerBlock, top, mapHeight, rowPx } = layout;
  return Array.from({ length: layers * rowsPerBlock }, (_, row) => row).filter((row) => {
    const y = rowTop(layout, row);
    return y + rowPx > top && y < top + mapHeight;
  });
}

/** Top and height of each block on the canvas, device pixels; above or below the canvas where it is not in view. */
export function canvasBands(layout: MapLayout, pixelRatio: number): { y: number; height: number }[] {
  const height = layout.rowsPerBlock * layout.rowPx * pixelRatio;
  return Array.from({ length: layout.layers }, (_, block) => {
    return { y: (blockTop(layout, block) - layout.top) * pixelRatio, height };
  });
}

/** The row at height y (a gap belongs to the row above it), or -1 beside the map. */
export function rowAtY(layout: MapLayout, y: number): number {
  const { top, mapHeight, rowsPerBlock, rowPx, gapPx, layers } = layout;
  if (y < top || y >= top + mapHeight + gapPx) return -1;
  const block = Math.floor((y - blockTop(layout, 0)) / (rowsPerBlock * rowPx + gapPx));
  if (block < 0 || block >= layers) return -1;
  const inside = Math.floor((y - blockTop(layout, block)) / rowPx);
  return block * rowsPerBlock + Math.min(rowsPerBlock - 1, inside);
}

/** The position among `dModel` columns at x, or -1 beside the map. */
export function columnAtX(layout: MapLayout, x: number, dModel: number): number {
  const across = (x - layout.left) / layout.plotWidth;
  if (across < 0 || across >= 1) return -1;
  return Math.min(dModel - 1, Math.floor((layout.from + across / layout.scale) * dModel));
}

/** x of a position among `dModel` columns: its left edge, or with + 0.5 its middle. Outside of the map where it is not in view. */
export function xOfColumn(layout: MapLayout, position: number, dModel: number): number {
  return layout.left + (position / dModel - layout.from) * layout.scale * layout.plotWidth;
}
