// What of the gate map is not selected, as rectangles that are shaded.
import { type Columns, positionOf } from "./dimensionOrder.ts";
import type { GateData } from "./gateImage.ts";
import { blockTop, type MapLayout, xOfColumn } from "./mapLayout.ts";

interface Interval {
  start: number;
  end: number;
}

/** Path data of everything outside the selection: above and below its blocks, and within them the dimensions between. */
export function selectionPath(
  { selected, layers, dModel }: GateData,
  { layout, columns }: { layout: MapLayout; columns: Columns },
): string {
  const { top, mapHeight, left, plotWidth, stripTop, stripHeight } = layout;
  const bottom = top + mapHeight;
  const right = left + plotWidth;
  const inMap = (y: number): number => Math.max(top, Math.min(bottom, y));
  const [first, last] = selected?.blocks ?? [0, layers - 1];
  const start = inMap(first === 0 ? top : blockTop(layout, first));
  const end = inMap(last === layers - 1 ? bottom : blockTop(layout, last + 1) - layout.gapPx);
  const box = (x: Interval, y: Interval): string =>
    x.end > x.start && y.end > y.start ? `M${x.start},${y.start}H${x.end}V${y.end}H${x.start}z` : "";
  const across = { start: left, end: right };
  const above = box(across, { start: top, end: start }) + box(across, { start: end, end: bottom });
  if (!selected?.dimensions) return above;
  const inPlot = (x: number): number => Math.round(10 * Math.max(left, Math.min(right, x))) / 10;
  const gaps = gapsOf(
    selected.dimensions.map((dimension) => positionOf(columns, dimension)),
    dModel,
  );
  const between = gaps.map((gap) => {
    const x = { start: inPlot(xOfColumn(layout, gap.start, dModel)), end: inPlot(xOfColumn(layout, gap.end, dModel)) };
    return box(x, { start, end }) + box(x, { start: stripTop, end: stripTop + stripHeight });
  });
  return above + between.join("");
}

/** The runs of positions (0 .. count) that are not listed. */
function gapsOf(positions: readonly number[], count: number): Interval[] {
  const gaps: Interval[] = [];
  let free = 0;
  for (const position of [...positions].sort((a, b) => a - b).concat(count)) {
    if (position > free) gaps.push({ start: free, end: position });
    free = position + 1;
  }
  return gaps;
}
