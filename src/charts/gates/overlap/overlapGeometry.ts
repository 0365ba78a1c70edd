// Overlap of two runs as a table of cells: from Jaccard indices to places, shades and words.
import type { Geometry, Places } from "../../lib/frame/chart.ts";
import type { Space } from "../../lib/frame/frame.ts";
import { clampIndex } from "../../lib/numbers/span.ts";
import type { Words } from "../../lib/marks/words.ts";

export interface OverlapData {
  /** Names of the rows: "s1" to "s5", or parts of the MLP. */
  rows: readonly string[];
  /** Jaccard index, 0 to 1, by row and block. */
  values: readonly (readonly number[])[];
}

/** One cell, CSS pixels. */
export interface OverlapCell {
  x: number;
  y: number;
  /** How much of the kept colour it has, percent. */
  shade: number;
}

export interface OverlapGeometry extends Geometry {
  data: OverlapData;
  /** Distance of the cells' left edges. */
  cellPx: number;
  /** Size of a cell without the gap. */
  cellWidth: number;
  cells: readonly OverlapCell[];
  /** Shades from no overlap to full overlap, where the cells are too narrow for their numbers; else empty. */
  scale: readonly OverlapCell[];
  words: readonly Words[];
}

export interface OverlapPlace {
  row: number;
  block: number;
}

const LEFT_PX = 44;
const ROW_PX = 20;
/** Height of a cell without the gap. */
export const CELL_HEIGHT_PX = ROW_PX - 1;
const TOP_PX = 16;
const WIDEST_PX = 64;
/** A cell shows its number from this width on. */
const NUMBER_PX = 28;
/**
 * Shades up to which numbers keep a contrast of 4.5:1 in the colour for pale and for middling cells. In the light theme cells get darker
 * with the overlap, in the dark theme brighter, and the two change sides at different shades.
 */
const PALE_TO = 72;
const MIDDLING_TO = 80;
/** Height of the line of block numbers, and of the scale below it. */
const BLOCKS_PX = 15;
const SCALE_PX = 20;
const SWATCHES = 11;
export const SWATCH_PX = 10;
/** Least distance of two block numbers. */
const BLOCK_LABEL_PX = 26;

const cornerOf = (cellPx: number, { row, block }: OverlapPlace): { x: number; y: number } => {
  return { x: LEFT_PX + block * cellPx, y: TOP_PX + row * ROW_PX };
};

/** Lays the table out: a row for each kind of vector or matrix, a column for each block. */
export function overlapGeometry(data: OverlapData, { width }: Pick<Space, "width">): OverlapGeometry {
  const { rows, values } = data;
  const blocks = Math.max(1, ...values.map((row) => row.length));
  const cellPx = Math.min(WIDEST_PX, (width - LEFT_PX - 1) / blocks);
  const shown = rows.flatMap((_, row) => (values[row] ?? []).map((value, block) => ({ row, block, value })));
  const all = values.flat();
  const mean = all.reduce((sum, value) => sum + value, 0) / Math.max(1, all.length);
  const numbered = cellPx >= NUMBER_PX;
  const bottom = TOP_PX + rows.length * ROW_PX;
  const names = rows.map((text, row): Words => {
    return { x: LEFT_PX - 6, y: cornerOf(cellPx, { row, block: 0 }).y + 14, text, anchor: "end" };
  });
  return {
    data,
    cellPx,
    cellWidth: Math.max(1, cellPx - 1),
    cells: shown.map(({ value, ...at }) => ({ ...cornerOf(cellPx, at), shade: Math.round(value * 100) })),
    scale: numbered ? [] : swatches(bottom + BLOCKS_PX),
    words: [
      { x: LEFT_PX, y: 11, text: "1.00 = both keep the same" },
      ...names,
      ...blockNumbers(blocks, cellPx, bottom + 11),
      ...(numbered ? shown.map((cell) => numberOf(cell, cellPx)) : scaleNumbers(bottom + BLOCKS_PX + 12)),
    ],
    height: bottom + BLOCKS_PX + (numbered ? 0 : SCALE_PX),
    name:
      `Overlap of what is kept (Jaccard) of ${rows.join(", ")} in ${blocks} blocks: mean ${mean.toFixed(2)}, ` +
      `from ${Math.min(...all).toFixed(2)} to ${Math.max(...all).toFixed(2)}.`,
  };
}

/** The numbers of the blocks below their columns; where not all fit, some are left out. */
function blockNumbers(blocks: number, cellPx: number, y: number): Words[] {
  const every = Math.ceil(BLOCK_LABEL_PX / cellPx);
  const at = Array.from({ length: Math.ceil(blocks / every) }, (_, i) => i * every);
  const numbers = at.map((block): Words => {
    return { x: LEFT_PX + block * cellPx + cellPx / 2, y, text: String(block), anchor: "middle" };
  });
  return [{ x: LEFT_PX - 6, y, text: "block", anchor: "end" }, ...numbers];
}

const SCALE_LEFT_PX = LEFT_PX + 30;

function swatches(y: number): OverlapCell[] {
  return Array.from({ length: SWATCHES }, (_, i) => {
    return { x: SCALE_LEFT_PX + i * SWATCH_PX, y: y + 3, shade: Math.round((100 * i) / (SWATCHES - 1)) };
  });
}

function scaleNumbers(y: number): Words[] {
  return [
    { x: SCALE_LEFT_PX - 5, y, text: "0.00", anchor: "end" },
    { x: SCALE_LEFT_PX + SWATCHES * SWATCH_PX + 5, y, text: "1.00" },
  ];
}

/** The colour of a number on a cell of this shade, a custom property of theme.css. */
export const numberColour = (shade: number): string =>
  shade <= PALE_TO ? "--chart-on-pale" : shade <= MIDDLING_TO ? "--chart-on-middling" : "--chart-on-kept";

function numberOf({ row, block, value }: OverlapPlace & { value: number }, cellPx: number): Words {
  const { y } = cornerOf(cellPx, { row, block });
  const colour = numberColour(Math.round(100 * value));
  return { x: LEFT_PX + (block + 0.5) * cellPx, y: y + 14, text: value.toFixed(2), anchor: "middle", colour };
}

/** Left and upper edge of a cell. */
export const cellCorner = ({ cellPx }: OverlapGeometry, at: OverlapPlace): { x: number; y: number } =>
  cornerOf(cellPx, at);

export const OVERLAP_PLACES: Places<OverlapGeometry, OverlapPlace> = {
  locate({ data, cellPx }, x, y) {
    const [row, block] = [Math.floor((y - TOP_PX) / ROW_PX), Math.floor((x - LEFT_PX) / cellPx)];
    return data.values[row]?.[block] === undefined ? null : { row, block };
  },
  move({ data }, at, dx, dy) {
    const blocks = data.values[0]?.length ?? 0;
    if (blocks === 0) return null;
    return {
      row: clampIndex((at?.row ?? 0) + dy, data.rows.length),
      block: clampIndex((at?.block ?? 0) + dx, blocks),
    };
  },
  tip(geometry, at) {
    const { data, cellPx } = geometry;
    const { x, y } = cellCorner(geometry, at);
    const value = (data.values[at.row]?.[at.block] ?? NaN).toFixed(3);
    const title = `${data.rows[at.row] ?? ""} of block ${at.block}`;
    return { x: x + cellPx, y: y + ROW_PX, tip: { title, rows: [{ label: "overlap", value }] } };
  },
};
