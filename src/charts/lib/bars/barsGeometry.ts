// Kept rates as grouped bars, block by block: from counts to paths, axes and words, and what a tip says of a bar.
import { percent, whole } from "../../../shared/format.ts";
import { axisGeometry, type AxisGeometry, HALVES, halfText } from "../marks/axes.ts";
import type { Geometry, Places } from "../frame/chart.ts";
import type { Space } from "../frame/frame.ts";
import { legendGeometry, type LegendGeometry } from "../marks/legend.ts";
import { columnSums, rate } from "../numbers/rates.ts";
import { clampIndex } from "../numbers/span.ts";
import type { Words } from "../marks/words.ts";
import { barAt, barLeft, barsLayout, type BarsLayout } from "./barsLayout.ts";

/** What is kept and what there is: [block][bar]. */
export interface BarsData {
  kept: readonly (readonly number[])[];
  size: readonly (readonly number[])[];
  /** Number of the first block that is shown; 0 if left out. */
  first?: number;
  /** Bars grow and shrink from what they were, unless the reader prefers less motion. */
  fade?: boolean;
}

/** One bar of each block. */
export interface BarKind {
  name: string;
  meaning: string;
  /** Explains the name in the title of a tip. */
  long: string;
  colour: string;
}

/** What the bars are of. */
export interface BarsSubject {
  kinds: readonly BarKind[];
  /** First sentence of the accessible name, for a number of blocks. */
  words: (blocks: number) => string;
}

export interface BarsGeometry extends Geometry {
  data: BarsData;
  kinds: readonly BarKind[];
  layout: BarsLayout;
  legend: LegendGeometry;
  axes: readonly AxisGeometry[];
  words: readonly Words[];
  /** Full bars behind those that are not full. */
  track: string;
  /** Path of the bars of each kind. */
  bars: readonly string[];
}

export interface BarPlace {
  block: number;
  /** Index of the kind. */
  k: number;
}

const labelOf = ({ name, meaning }: BarKind): string => `${name} ${meaning}`.trim();

/** Lays the bars out; blocks that do not fit beside each other continue in a second row. */
export function barsGeometry(data: BarsData, { kinds, words }: BarsSubject, space: Space): BarsGeometry {
  const { kept, size } = data;
  const blocks = kept.length;
  const items = kinds.map((kind) => ({ label: labelOf(kind), colour: kind.colour }));
  const legend = legendGeometry(items, space);
  const layout = barsLayout(space.width, blocks, legend.height + 10, kinds.length);
  const rateOf = (block: number, k: number): number => rate(kept[block]?.[k] ?? 0, size[block]?.[k] ?? 0);
  const pathOf = (k: number, height: (block: number) => number): string =>
    Array.from({ length: blocks }, (_, block) => barPath(layout, { block, k }, height(block))).join("");
  const [sums, sizes] = [columnSums(kept, kinds.length), columnSums(size, kinds.length)];
  const means = kinds.map((kind, k) => `${labelOf(kind)} ${percent(rate(sums[k] ?? 0, sizes[k] ?? 0))}`);
  return {
    data,
    kinds,
    layout,
    legend,
    ...barsAxes(layout, blocks, data.first),
    track: kinds.map((_, k) => pathOf(k, (block) => (rateOf(block, k) < 1 ? 1 : 0))).join(""),
    bars: kinds.map((_, k) => pathOf(k, (block) => rateOf(block, k))),
    height: layout.height,
    name: `${words(blocks)} Over all blocks: ${means.join(", ")}.`,
  };
}

/** A bar of `kept` (0..1) of the full height, as path data. */
function barPath(layout: BarsLayout, { block, k }: BarPlace, kept: number): string {
  const { x, bottom } = barLeft(layout, block, k);
  const height = Math.round(kept * layout.barsPx * 10) / 10;
  return `M${x},${bottom}v${-height}h${layout.barPx}v${height}z`;
}

/** An axis for each row of blocks, and as many block numbers as there is room for. */
function barsAxes(layout: BarsLayout, blocks: number, first = 0): Pick<BarsGeometry, "axes" | "words"> {
  const { left, plotWidth, bandPx, rows, perRow, rowPx, top, barsPx } = layout;
  const every = [1, 2, 4, 8].find((n) => n * bandPx >= 18) ?? 16;
  const feet = Array.from({ length: rows }, (_, row) => top + row * rowPx + barsPx);
  const options = { side: "left", at: left, ticks: HALVES, format: halfText, grid: plotWidth } as const;
  const axes = feet.map((foot) => axisGeometry({ low: 0, high: 1, start: foot, end: foot - barsPx }, options));
  const words = feet.flatMap((foot, row): Words[] => {
    const y = foot + 14;
    const shown = Math.ceil(Math.min(perRow, blocks - row * perRow) / every);
    const numbers = Array.from({ length: shown }, (_, i): Words => {
      const x = left + (i * every + 0.5) * bandPx;
      return { x, y, text: String(first + row * perRow + i * every), anchor: "middle", className: "chart-strong" };
    });
    return [{ x: left - 6, y, text: "block", anchor: "end" }, ...numbers];
  });
  return { axes, words };
}

export const BAR_PLACES: Places<BarsGeometry, BarPlace> = {
  locate: ({ layout, data }, x, y) => barAt(layout, data.kept.length, x, y),
  move({ data, kinds }, at, dx, dy) {
    if (!at) return { block: 0, k: 0 };
    const next = at.block * kinds.length + at.k + dx + (dy === 0 ? 0 : dy * kinds.length);
    const to = clampIndex(next, data.kept.length * kinds.length);
    return { block: Math.floor(to / kinds.length), k: to % kinds.length };
  },
  tip({ data: { kept, size, first = 0 }, kinds, layout }, at) {
    const { x, bottom } = barLeft(layout, at.block, at.k);
    const rows = kinds.map((kind, k) => {
      const [n, of] = [kept[at.block]?.[k] ?? 0, size[at.block]?.[k] ?? 0];
      const value = `${percent(rate(n, of))} (${whole(n)} of ${whole(of)})`;
      return { label: `${k === at.k ? "▸ " : ""}${labelOf(kind)}`.trim(), value, colour: kind.colour };
    });
    const chosen = kinds[at.k];
    const title = `block ${first + at.block}, ${chosen ? `${chosen.name} (${chosen.long})` : ""}`;
    return { x: x + layout.barPx, y: bottom - layout.barsPx / 2, tip: { title, rows } };
  },
};
