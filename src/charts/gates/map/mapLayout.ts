// Where the parts of the gate map are: plain geometry in CSS pixels.
import { ROWS_PER_BLOCK } from "../../lib/numbers/vectors.ts";

/** Map height to aim at; rows are whole pixels within ROW_PX. */
const MAP_PX = 400;
const ROW_PX = { min: 2, max: 14 };
const NARROW_PX = 520;
const STRIP_PX = 80;
const CAPTION_PX = 18;
const AXIS_PX = 34;

export interface MapLayout {
  layers: number;
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
  stripTop: number;
  stripHeight: number;
  height: number;
}

/** Lays out a map of `layers` blocks in `width`, below a head of `headPx`. */
export function mapLayout(width: number, layers: number, headPx: number): MapLayout {
  const narrow = width < NARROW_PX;
  const left = narrow ? 40 : 48;
  const sideWidth = narrow ? 56 : 88;
  const plotWidth = Math.max(40, width - left - sideWidth - 10);
  const rows = layers * ROWS_PER_BLOCK;
  const rowPx = Math.max(ROW_PX.min, Math.min(ROW_PX.max, Math.round(MAP_PX / Math.max(1, rows))));
  const gapPx = rowPx > 3 ? 3 : 1;
  const top = headPx + CAPTION_PX;
  const mapHeight = Math.max(0, layers * (ROWS_PER_BLOCK * rowPx + gapPx) - gapPx);
  const stripTop = top + mapHeight + CAPTION_PX + 6;
  const height = stripTop + STRIP_PX + AXIS_PX;
  const sideLeft = left + plotWidth + 10;
  return {
    layers,
    left,
    plotWidth,
    sideLeft,
    sideWidth,
    top,
    rowPx,
    gapPx,
    mapHeight,
    stripTop,
    stripHeight: STRIP_PX,
    height,
  };
}

/** Top of a block and of a row. */
export function blockTop(layout: MapLayout, block: number): number {
  return layout.top + block * (ROWS_PER_BLOCK * layout.rowPx + layout.gapPx);
}
export function rowTop(layout: MapLayout, row: number): number {
  const block = Math.floor(row / ROWS_PER_BLOCK);
  return blockTop(layout, block) + (row - block * ROWS_PER_BLOCK) * layout.rowPx;
}

/** Top and height of each block on the canvas, device pixels. */
export function canvasBands(layout: MapLayout, pixelRatio: number): { y: number; height: number }[] {
  const height = ROWS_PER_BLOCK * layout.rowPx * pixelRatio;
  return Array.from({ length: layout.layers }, (_, block) => {
    return { y: (blockTop(layout, block) - layout.top) * pixelRatio, height };
  });
}

/** The row at height y (a gap belongs to the row above it), or -1 beside the map. */
export function rowAtY(layout: MapLayout, y: number): number {
  const pitch = ROWS_PER_BLOCK * layout.rowPx + layout.gapPx;
  const block = Math.floor((y - layout.top) / pitch);
  if (block < 0 || block >= layout.layers) return -1;
  const inside = Math.floor((y - blockTop(layout, block)) / layout.rowPx);
  return block * ROWS_PER_BLOCK + Math.min(ROWS_PER_BLOCK - 1, inside);
}

/** The dimension at x, or -1 beside the map. */
export function dimensionAtX(layout: MapLayout, x: number, dModel: number): number {
  const along = (x - layout.left) / layout.plotWidth;
  return along >= 0 && along < 1 ? Math.floor(along * dModel) : -1;
}
