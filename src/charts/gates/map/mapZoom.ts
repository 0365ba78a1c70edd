// Zooming and moving the gate map by wheel, drag, pinch, keys and buttons. The page keeps its scrolling: a wheel or one finger zooms or moves the map only after a sign that this is meant.
import { select, zoom, zoomIdentity } from "d3";
import type { D3ZoomEvent } from "d3";
import { isForMap, type MapGesture } from "../../lib/frame/gestures.ts";
import { positionOf } from "./dimensionOrder.ts";
import type { GateMapChart } from "./gateMap.ts";
import { ALL_IN_VIEW, movedView, type Movement, revealed } from "./gateView.ts";
import { isBesideMap } from "./mapBrush.ts";
import { rowTop, xOfColumn } from "./mapLayout.ts";
import { viewSentence } from "./axisWords.ts";

const ZOOM_STEP = 2;

export interface MapZoom {
  /** Zooms in or out by one step, around the cursor or else the middle, and has a screen reader say what is in view. */
  zoomIn(): void;
  zoomOut(): void;
  showAll(): void;
  destroy(): void;
}

/** Follows gestures and keys on the chart until `destroy`. */
export function mapZoom(chart: GateMapChart): MapZoom {
  const { plot, announce } = chart.frame;
  const node = select<HTMLElement, unknown>(plot);
  let before = zoomIdentity;
  const move = ({ factor, x, y }: Movement): void => {
    const geometry = chart.drawn();
    if (!geometry) return;
    const space = spaceOf(chart);
    if (space) chart.setView(movedView(chart.view(), { factor, x, y }, space));
  };
  const zoomer = zoom<HTMLElement, unknown>()
    // the map has limits of its own
    .scaleExtent([0, Infinity])
    .filter((event: PointedGesture) => isMeant(chart, event))
    .on("zoom", ({ transform }: D3ZoomEvent<HTMLElement, unknown>) => {
      const { left = 0, top = 0 } = chart.drawn()?.layout ?? {};
      const factor = transform.k / before.k;
      // from pixels of the plot to pixels of the map
      const shift = (now: number, was: number, origin: number): number => now - factor * was + origin * (factor - 1);
      move({ factor, x: shift(transform.x, before.x, left), y: shift(transform.y, before.y, top) });
      before = transform;
    });
  node.call(zoomer).on("dblclick.zoom", null);

  const say = (): void => {
    const geometry = chart.drawn();
    if (geometry) announce(viewSentence(geometry.data, geometry));
  };
  const step = (factor: number): void => {
    move(around(chart, factor));
    say();
  };
  const showAll = (): void => {
    chart.setView(ALL_IN_VIEW);
    say();
  };
  const onKey = ({ key, ctrlKey, metaKey, altKey }: KeyboardEvent): void => {
    if (ctrlKey || metaKey || altKey) return;
    if (key === "+" || key === "=") step(ZOOM_STEP);
    else if (key === "-") step(1 / ZOOM_STEP);
    else if (key === "0") showAll();
    else if (/^(Arrow|Page|Home|End)/.test(key)) reveal(chart);
  };
  plot.addEventListener("keydown", onKey);
  return {
    zoomIn: () => step(ZOOM_STEP),
    zoomOut: () => step(1 / ZOOM_STEP),
    showAll,
    destroy() {
      node.on(".zoom", null);
      plot.removeEventListener("keydown", onKey);
    },
  };
}

type PointedGesture = MapGesture & Pick<MouseEvent, "clientX" | "clientY">;

/** Whether a gesture on the chart zooms or moves its map. */
function isMeant(chart: GateMapChart, event: PointedGesture): boolean {
  const { plot } = chart.frame;
  const geometry = chart.drawn();
  const box = plot.getBoundingClientRect();
  const point = { x: event.clientX - box.left, y: event.clientY - box.top };
  // there a drag selects
  if (event.type === "mousedown" && geometry && isBesideMap(geometry, point)) return false;
  const { activeElement, fullscreenElement } = plot.ownerDocument;
  return isForMap(event, {
    zoomed: chart.view().scale > 1,
    entered: activeElement === plot || fullscreenElement !== null,
  });
}

function spaceOf(chart: GateMapChart) {
  const geometry = chart.drawn();
  if (!geometry) return null;
  const { plotWidth, mapHeight } = geometry.layout;
  const rowsHeight = (scale: number): number => chart.layoutAt(scale)?.rowsHeight ?? mapHeight;
  return { plotWidth, mapHeight, dimensions: geometry.data.dModel, rowsHeight };
}

/** A zoom around the cursor, or else the middle of the map. */
function around(chart: GateMapChart, factor: number): Movement {
  const geometry = chart.drawn();
  if (!geometry) return { factor, x: 0, y: 0 };
  const { layout, data, columns } = geometry;
  const at = chart.cursor.at();
  const x =
    at && at.dimension >= 0
      ? xOfColumn(layout, positionOf(columns, at.dimension) + 0.5, data.dModel) - layout.left
      : layout.plotWidth / 2;
  const y = at && at.row >= 0 ? rowTop(layout, at.row) + layout.rowPx / 2 - layout.top : layout.mapHeight / 2;
  return { factor, x: x * (1 - factor), y: y * (1 - factor) };
}

/** Moves the view to the cursor where a key has moved that outside. */
function reveal(chart: GateMapChart): void {
  const geometry = chart.drawn();
  const space = spaceOf(chart);
  const at = chart.cursor.at();
  if (!geometry || !space || !at || at.dimension < 0) return;
  const { layout, columns } = geometry;
  const rowAt = (rowTop(layout, Math.max(0, at.row)) + layout.scrolled - layout.top) / layout.rowsHeight;
  const place = {
    column: positionOf(columns, at.dimension),
    rowTop: rowAt,
    rowEnd: rowAt + layout.rowPx / layout.rowsHeight,
  };
  const next = revealed(chart.view(), place, space);
  if (next !== chart.view()) chart.setView(next);
}
