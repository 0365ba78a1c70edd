// Places of grouped bars, block by block, in CSS pixels.
import { VECTORS_PER_BLOCK } from "../../../shared/vectors.ts";

/** Least width of a block's bars; blocks that do not fit go to the next row. */
const MIN_BAND_PX = 22;
const MAX_BAR_PX = 14;
const LEFT_PX = 42;
const AXIS_PX = 26;
const BARS_PX = { one: 150, several: 84 };

export interface BarsLayout {
  /** Bars per block. */
  perBlock: number;
  left: number;
  plotWidth: number;
  top: number;
  /** Rows of blocks, blocks in each, and height of a row with its axis. */
  rows: number;
  perRow: number;
  rowPx: number;
  /** Height of a full bar, width of a bar, width of a block. */
  barsPx: number;
  barPx: number;
  bandPx: number;
  height: number;
}

/** Lays out `blocks` groups of `perBlock` bars in `width`, below a head of `headPx`. */
export function barsLayout(
  width: number,
  blocks: number,
  headPx: number,
  perBlock: number = VECTORS_PER_BLOCK,
): BarsLayout {
  const plotWidth = Math.max(MIN_BAND_PX, width - LEFT_PX - 2);
  const fit = Math.max(1, Math.floor(plotWidth / MIN_BAND_PX));
  const rows = Math.max(1, Math.ceil(blocks / fit));
  const perRow = Math.max(1, Math.ceil(blocks / rows));
  const bandPx = plotWidth / perRow;
  const barPx = Math.max(2, Math.min(MAX_BAR_PX, Math.floor((bandPx * 0.84) / perBlock)));
  const barsPx = rows === 1 ? BARS_PX.one : BARS_PX.several;
  const rowPx = barsPx + AXIS_PX;
  return {
    perBlock,
    left: LEFT_PX,
    plotWidth,
    top: headPx,
    rows,
    perRow,
    rowPx,
    barsPx,
    barPx,
    bandPx,
    height: headPx + rows * rowPx,
  };
}

/** Gap between the bars of a block. */
function gapPx(layout: BarsLayout): number {
  return layout.barPx >= 5 ? 1 : 0;
}

/** Left edge and lower end of bar k of a block. */
export function barLeft(layout: BarsLayout, block: number, k: number): { x: number; bottom: number } {
  const { perBlock, left, bandPx, perRow, rowPx, top, barsPx, barPx } = layout;
  const row = Math.floor(block / perRow);
  const pitch = barPx + gapPx(layout);
  const inset = (bandPx - perBlock * pitch) / 2;
  return {
    x: Math.round(left + (block - row * perRow) * bandPx + inset + k * pitch),
    bottom: top + row * rowPx + barsPx,
  };
}

/** The block and bar at a point: anywhere in a block's band counts as its nearest bar. */
export function barAt(layout: BarsLayout, blocks: number, x: number, y: number): { block: number; k: number } | null {
  const { perBlock, left, bandPx, perRow, rowPx, top, rows, barPx } = layout;
  const row = Math.floor((y - top) / rowPx);
  const column = Math.floor((x - left) / bandPx);
  const block = row * perRow + column;
  if (row < 0 || row >= rows || column < 0 || column >= perRow || block >= blocks) return null;
  const k = Math.floor((x - barLeft(layout, block, 0).x) / (barPx + gapPx(layout)));
  return { block, k: Math.max(0, Math.min(perBlock - 1, k)) };
}
