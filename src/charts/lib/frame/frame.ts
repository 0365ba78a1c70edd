// The frame of every chart: the focusable picture, its accessible name, tooltip and live region; notices new widths and themes.
import { select } from "d3";
import type { Selection } from "d3";
import { textMeasurer } from "./measure.ts";
import { snapshot } from "./snapshot.ts";
import { watchTheme } from "./theme.ts";
import { createTooltip } from "./tooltip.ts";
import type { Tooltip } from "./tooltip.ts";
import "../../charts.css";

export type Svg = Selection<SVGSVGElement, unknown, null, undefined>;
export type Group = Selection<SVGGElement, unknown, null, undefined>;

/** What a chart is drawn in. */
export interface Space {
  /** CSS pixels. */
  width: number;
  /** Device pixels per CSS pixel, for canvases. */
  pixelRatio: number;
  /** Width of a text in the charts' font, CSS pixels. */
  measure: (text: string) => number;
}

export interface Frame {
  /** The element with role="img": the SVG and, below it, canvases. */
  plot: HTMLElement;
  svg: Svg;
  tooltip: Tooltip;
  /** Draws again in a space measured anew, as after a resize. Does nothing while the chart has no width. */
  relayout(): void;
  /** Draws again in the same space. */
  redraw(): void;
  /** Sets the accessible name; the essential numbers belong in it. */
  label(text: string): void;
  /** Has a screen reader say it. */
  announce(text: string): void;
  /** A canvas below the SVG. */
  canvas(className: string): HTMLCanvasElement;
  snapshot(title?: string): string;
  destroy(): void;
}

/** @returns the height of what was drawn, CSS pixels. `anew` is true after a new width or theme. */
type DrawFrame = (space: Space, anew: boolean) => number;

/**
 * Builds the frame inside `node`, as wide as the node; destroy removes it.
 * @param kind name of the chart in data-chart, for styles and tests
 */
export function createFrame(node: HTMLElement, kind: string, draw: DrawFrame): Frame {
  const root = select(node).append("div").attr("class", "chart").attr("data-chart", kind);
  const rootNode = root.node() as HTMLDivElement;
  const plot = root.append("div").attr("class", "chart-plot").attr("role", "img").attr("tabindex", 0);
  plot.attr("aria-label", "Waiting for data").attr("aria-roledescription", "interactive chart");
  const plotNode = plot.node() as HTMLDivElement;
  const svg = plot.append("svg").attr("aria-hidden", "true").attr("width", 0).attr("height", 0);
  const live = root.append("div").attr("class", "chart-unseen").attr("aria-live", "polite");
  let space: Space | null = null;
  let name = "";

  const drawIn = (present: Space, anew: boolean): void => {
    const height = draw(present, anew);
    svg.attr("height", height).attr("viewBox", `0 0 ${present.width} ${height}`);
  };
  const relayout = (): void => {
    const width = Math.floor(rootNode.clientWidth);
    if (width < 1) return;
    space = { width, pixelRatio: devicePixelRatio, measure: textMeasurer(plotNode) };
    svg.attr("width", width);
    drawIn(space, true);
  };
  const endWatching = watchSpace(rootNode, () => space?.width ?? 0, relayout);

  return {
    plot: plotNode,
    svg,
    tooltip: createTooltip(rootNode),
    relayout,
    redraw: () => (space ? drawIn(space, false) : relayout()),
    label(text) {
      if (text !== name) plotNode.setAttribute("aria-label", text);
      name = text;
    },
    announce: (text) => void live.text(text),
    canvas: (className) => plot.insert("canvas", "svg").attr("class", className).node() as HTMLCanvasElement,
    snapshot: (title) => snapshot(plotNode, title),
    destroy() {
      endWatching();
      root.remove();
    },
  };
}

/** Calls `changed` when `root` is no longer as wide as it was drawn, or the theme changes; returns what ends that. */
function watchSpace(root: HTMLElement, drawnWidth: () => number, changed: () => void): () => void {
  const observer = new ResizeObserver(() => {
    if (Math.floor(root.clientWidth) !== drawnWidth()) changed();
  });
  observer.observe(root);
  const endTheme = watchTheme(changed);
  return () => {
    observer.disconnect();
    endTheme();
  };
}
