// Selecting blocks and dimensions in the gate map: by Shift and drag, by a drag along the bars or the strip, and by Enter.
import { columnAtX, rowAtY } from "./mapLayout.ts";
import { dimensionAt } from "./dimensionOrder.ts";
import type { GateMapChart } from "./gateMap.ts";
import type { GateMapGeometry } from "./gateMapGeometry.ts";

interface MapSelection {
  /** First and last block; null: all. */
  blocks: readonly [number, number] | null;
  /** Ascending; null: all. */
  dimensions: readonly number[] | null;
  /** What the dimensions are, in words; null with those. */
  words: string | null;
}

interface Point {
  x: number;
  y: number;
}

/** A drag that is shorter than this along an axis selects all of that axis, CSS pixels. */
const LEAST_PX = 6;

/** Whether a drag that begins here selects without Shift: beside and below the map, where there is nothing to move. */
export function isBesideMap({ layout }: Pick<GateMapGeometry, "layout">, { x, y }: Point): boolean {
  const { left, plotWidth, top, mapHeight } = layout;
  return x < left || x >= left + plotWidth || y < top || y >= top + mapHeight;
}

/** What a drag from one point of the plot to another selects; null for a drag that selects nothing. */
export function selectionOf(geometry: GateMapGeometry, from: Point, to: Point): MapSelection | null {
  const { layout, data, columns } = geometry;
  const { left, plotWidth, top, mapHeight, sideLeft, stripTop, stripHeight, rowsPerBlock } = layout;
  const inStrip = from.y >= stripTop && from.y <= stripTop + stripHeight && from.x >= left && from.x < left + plotWidth;
  const atBars = from.y >= top && from.y < top + mapHeight && (from.x < left || from.x >= sideLeft);
  const [wide, high] = [Math.abs(to.x - from.x), Math.abs(to.y - from.y)];
  if (isBesideMap(geometry, from) && !inStrip && !atBars) return null;
  if (Math.max(wide, high) < LEAST_PX) return null;
  const inside = (value: number, start: number, length: number): number =>
    Math.max(start, Math.min(start + length - 0.5, value));
  const blockAt = (y: number): number => Math.floor(rowAtY(layout, inside(y, top, mapHeight)) / rowsPerBlock);
  const columnAt = (x: number): number => columnAtX(layout, inside(x, left, plotWidth), data.dModel);
  const ends = (a: number, b: number): [number, number] => [Math.min(a, b), Math.max(a, b)];
  const blocks = inStrip || (!atBars && high < LEAST_PX) ? null : ends(blockAt(from.y), blockAt(to.y));
  // neurons of the middle have no dimension in common
  if (atBars || data.side === "middle" || (!inStrip && wide < LEAST_PX))
    return { blocks, dimensions: null, words: null };
  const [first, last] = ends(columnAt(from.x), columnAt(to.x));
  const chosen = Array.from({ length: last - first + 1 }, (_, i) => dimensionAt(columns, first + i));
  const words =
    columns.order === "index"
      ? first === last
        ? `dimension ${first}`
        : `dimensions ${first} to ${last}`
      : `${chosen.length} dimension${chosen.length === 1 ? "" : "s"}`;
  return { blocks, dimensions: chosen.sort((a, b) => a - b), words };
}

/** Follows drags and keys on the chart; `selected` gets each new selection, also during a drag. Returns what ends that. */
export function mapBrush(chart: GateMapChart, selected: (selection: MapSelection) => void): () => void {
  const { plot } = chart.frame;
  let from: Point | null = null;
  let last = "";
  let block: number | null = null;
  const pointOf = ({ clientX, clientY }: MouseEvent): Point => {
    const box = plot.getBoundingClientRect();
    return { x: clientX - box.left, y: clientY - box.top };
  };
  const down = (event: PointerEvent): void => {
    const geometry = chart.drawn();
    if (!geometry || event.button !== 0 || event.pointerType === "touch") return;
    const point = pointOf(event);
    if (!event.shiftKey && !isBesideMap(geometry, point)) return;
    from = point;
    event.preventDefault();
  };
  const drag = (event: PointerEvent): void => {
    const geometry = chart.drawn();
    const selection = from && geometry && selectionOf(geometry, from, pointOf(event));
    const next = JSON.stringify(selection);
    if (selection && next !== last) selected(selection);
    last = next;
  };
  const up = (): void => {
    from = null;
  };
  const onKey = ({ key, shiftKey }: KeyboardEvent): void => {
    const at = chart.cursor.at();
    const rows = chart.drawn()?.layout.rowsPerBlock;
    if (key !== "Enter" || !at || at.row < 0 || !rows) return;
    const now = Math.floor(at.row / rows);
    const start = shiftKey && block !== null ? block : now;
    if (!shiftKey) block = now;
    selected({ blocks: [Math.min(start, now), Math.max(start, now)], dimensions: null, words: null });
  };
  plot.addEventListener("pointerdown", down);
  plot.ownerDocument.addEventListener("pointermove", drag);
  plot.ownerDocument.addEventListener("pointerup", up);
  plot.addEventListener("keydown", onKey);
  return () => {
    plot.removeEventListener("pointerdown", down);
    plot.ownerDocument.removeEventListener("pointermove", drag);
    plot.ownerDocument.removeEventListener("pointerup", up);
    plot.removeEventListener("keydown", onKey);
  };
}
