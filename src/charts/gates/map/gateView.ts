// Which part of the gate map is in view, and how wheel, drag and keys change that. Plain numbers, no DOM.
import { whole } from "../../../shared/format.ts";

export interface GateView {
  /** How many times wider than the map all dimensions together are: 1 shows all. Rows grow with it as far as their limit. */
  scale: number;
  /** Share (0..1) of the dimensions before the left edge, and of the rows above the top edge. */
  from: number;
  top: number;
}

export const ALL_IN_VIEW: GateView = { scale: 1, from: 0, top: 0 };

/** A dimension gets at most this wide, CSS pixels. */
const WIDEST_PX = 24;

/** What a view is moved in. */
interface ViewSpace {
  /** The map's width, CSS pixels, and its number of dimensions. */
  plotWidth: number;
  dimensions: number;
  mapHeight: number;
  /** Height of all rows at a scale, CSS pixels. */
  rowsHeight(scale: number): number;
}

/** A movement of the picture, CSS pixels of the map: a point p moves to factor * p + shift. */
export interface Movement {
  factor: number;
  x: number;
  y: number;
}

/** The largest scale of a map. */
export const largestScale = ({ plotWidth, dimensions }: Pick<ViewSpace, "plotWidth" | "dimensions">): number =>
  Math.max(1, (WIDEST_PX * dimensions) / plotWidth);

const within = (value: number, most: number): number => Math.max(0, Math.min(most, value));

/** The view after a movement, kept inside of the map. Zooming keeps what is under the point that does not move. */
export function movedView(view: GateView, { factor, x, y }: Movement, space: ViewSpace): GateView {
  const scale = Math.max(1, Math.min(largestScale(space), view.scale * factor));
  const { plotWidth, mapHeight } = space;
  const [before, after] = [space.rowsHeight(view.scale), space.rowsHeight(scale)];
  const still = (shift: number): number => shift / (1 - factor);
  const zooms = Math.abs(factor - 1) > 1e-9;
  const from = zooms
    ? view.from + still(x) / (plotWidth * view.scale) - still(x) / (plotWidth * scale)
    : view.from - x / (plotWidth * scale);
  const top = zooms ? (view.top * before + still(y)) / before - still(y) / after : view.top - y / after;
  return { scale, from: within(from, 1 - 1 / scale), top: within(top, Math.max(0, 1 - mapHeight / after)) };
}

/** The view moved as little as needed to show position `column` of the dimensions and the row from `rowTop` to `rowEnd` (shares of all rows' height). */
export function revealed(
  view: GateView,
  place: { column: number; rowTop: number; rowEnd: number },
  space: ViewSpace,
): GateView {
  const wide = 1 / view.scale;
  const high = Math.min(1, space.mapHeight / space.rowsHeight(view.scale));
  const [start, end] = [place.column / space.dimensions, (place.column + 1) / space.dimensions];
  const from = within(Math.max(end - wide, Math.min(start, view.from)), 1 - wide);
  const top = within(Math.max(place.rowEnd - high, Math.min(place.rowTop, view.top)), 1 - high);
  return from === view.from && top === view.top ? view : { ...view, from, top };
}

/** First and last position of `count` that a window (from, from + length, both shares of all) shows at least in part. */
export function positionsIn(from: number, length: number, count: number): { first: number; last: number } {
  const first = Math.floor(from * count + 1e-6);
  return { first, last: Math.max(first, Math.min(count - 1, Math.ceil((from + length) * count - 1e-6) - 1)) };
}

/** "3 to 5 of 32"; "" where all of them are in view. */
export function rangeWords({ first, last }: { first: number; last: number }, count: number): string {
  return first === 0 && last === count - 1 ? "" : `${whole(first)} to ${whole(last)} of ${whole(count)}`;
}
