// What every chart stands in: the focusable picture, its accessible name, tooltip and live region, and word of new widths and themes.
import { select } from "d3";
import type { Selection } from "d3";
import { snapshot } from "./save.ts";
import { watchTheme } from "./theme.ts";
import { createTooltip } from "./tooltip.ts";
import type { Tooltip } from "./tooltip.ts";
import "../charts.css";

/** What a chart function returns. `update` draws at once; `svg` is a self-contained SVG document of what is on the screen. */
export interface Chart<Data> {
  update(data: Data): void;
  destroy(): void;
  svg(title?: string): string;
}

export type Svg = Selection<SVGSVGElement, unknown, null, undefined>;
export type Group = Selection<SVGGElement, unknown, null, undefined>;

export interface Frame {
  /** The element with role="img": holds the SVG and, below it, canvases. */
  plot: HTMLElement;
  svg: Svg;
  tooltip: Tooltip;
  /** Lays out again at the present width, as after a resize. */
  relayout(): void;
  /** Sets the accessible name; the essential numbers belong in it. */
  label(text: string): void;
  /** Has a screen reader say it. */
  announce(text: string): void;
  /** A canvas below the SVG. */
  canvas(className: string): HTMLCanvasElement;
  snapshot(title?: string): string;
  destroy(): void;
}

/**
 * Builds the frame inside `node` (emptied by destroy). It takes the node's width.
 * @param kind name of the chart in data-chart, for styles and tests
 * @param layout draws for a width in CSS pixels and returns the height it took; called at start, on a new width and on a new theme
 */
export function createFrame(node: HTMLElement, kind: string, layout: (width: number) => number): Frame {
  const root = select(node).append("div").attr("class", "chart").attr("data-chart", kind);
  const rootNode = root.node() as HTMLDivElement;
  const plot = root.append("div").attr("class", "chart-plot").attr("role", "img").attr("tabindex", 0);
  plot.attr("aria-label", "Waiting for data").attr("aria-roledescription", "interactive chart");
  const plotNode = plot.node() as HTMLDivElement;
  const svg = plot.append("svg").attr("aria-hidden", "true").attr("width", 0).attr("height", 0);
  const live = root.append("div").attr("class", "chart-unseen").attr("aria-live", "polite");
  const tooltip = createTooltip(rootNode);
  let width = 0;
  let label = "";

  const relayout = (): void => {
    const now = Math.floor(rootNode.clientWidth);
    if (now < 1) return;
    width = now;
    svg.attr("width", width);
    const height = layout(width);
    svg.attr("height", height).attr("viewBox", `0 0 ${width} ${height}`);
  };
  const observer = new ResizeObserver(() => {
    if (Math.floor(rootNode.clientWidth) !== width) relayout();
  });
  observer.observe(rootNode);
  const endTheme = watchTheme(relayout);

  return {
    plot: plotNode,
    svg,
    tooltip,
    relayout,
    label(text) {
      if (text !== label) plotNode.setAttribute("aria-label", text);
      label = text;
    },
    announce: (text) => void live.text(text),
    canvas: (className) => plot.insert("canvas", "svg").attr("class", className).node() as HTMLCanvasElement,
    snapshot: (title) => snapshot(plotNode, title),
    destroy() {
      observer.disconnect();
      endTheme();
      root.remove();
    },
  };
}

/** The chart of a frame that lays out anew whenever it is given data; `take` keeps them. */
export function chartOf<Data>(frame: Frame, take: (data: Data) => void): Chart<Data> {
  return {
    update(data) {
      take(data);
      frame.relayout();
    },
    destroy: () => frame.destroy(),
    svg: (title) => frame.snapshot(title),
  };
}
