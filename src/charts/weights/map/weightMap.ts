// The keep-mask of one matrix, from the whole down to single weights with the scores that they competed by; moved by wheel, drag and keys.
import { percent, whole } from "../../../shared/format.ts";
import { select, zoom, zoomIdentity } from "d3";
import type { D3ZoomEvent } from "d3";
import { createCursor } from "../../lib/cursor.ts";
import { createFrame } from "../../lib/frame.ts";
import type { Chart } from "../../lib/frame.ts";
import { drawLegend } from "../../lib/legend.ts";
import { rate } from "../../lib/numbers/rates.ts";
import { createTools } from "../../lib/tools.ts";
import { WeightCanvas } from "./weightCanvas.ts";
import { WeightTiles } from "./weightTiles.ts";
import { weightTip } from "./weightTip.ts";
import type { WeightValues } from "./weightTip.ts";
import { groupAt, weightUnder } from "./weightView.ts";
import type { View, MatrixMask, WeightPlace } from "./weightView.ts";

export interface WeightMapData extends MatrixMask {
  name: string;
  kept: number;
  /** Along which weights compete: those of one output, or those of one input. */
  direction: "inputs" | "outputs";
  /** M of N:M; null where a whole line competes. */
  group: number | null;
}

export interface WeightMapOptions {
  /** Values and scores of a part of the matrix that is on the screen. */
  window(name: string, row: number, col: number, rows: number, cols: number): Promise<WeightValues>;
}

const HEIGHT_PX = { least: 180, most: 460 };
/** Pixels a weight at most, and where the keys and buttons step to. */
const CLOSEST_PX = 40;
const ZOOM_STEP = 2;
/** Height kept for the legend, so that zooming does not move the map: one line, or two below this width. */
const HEAD_PX = { one: 22, two: 38, below: 560 };

/** Draws the mask into `node`. A matrix of another shape is shown whole; others keep the view. */
export function weightMap(node: HTMLElement, options: WeightMapOptions): Chart<WeightMapData> {
  let data: WeightMapData | null = null;
  let tiles: WeightTiles | null = null;
  let view: View = { scale: 1, x: 0, y: 0 };
  let size = { width: 0, height: 0, top: 0, fit: 1 };
  let at: WeightPlace | null = null;

  const zoomer = zoom<HTMLElement, unknown>()
    .extent(() => [
      [0, size.top],
      [size.width, size.top + size.height],
    ])
    .on("zoom", ({ transform: { k, x, y } }: D3ZoomEvent<HTMLElement, unknown>) => {
      view = { scale: k, x, y };
      draw();
    });

  const frame = createFrame(node, "weight-map", (width) => {
    if (!data) return 0;
    const [rows, cols] = data.shape;
    const height = Math.round(Math.max(HEIGHT_PX.least, Math.min(HEIGHT_PX.most, (width * rows) / cols)));
    const stay = view.scale > size.fit;
    const fit = Math.min(width / cols, height / rows);
    const top = width < HEAD_PX.below ? HEAD_PX.two : HEAD_PX.one;
    size = { width, height, top, fit };
    canvas.layout(top, width, height);
    zoomer.scaleExtent([fit, Math.max(fit, CLOSEST_PX)]);
    zoomer.translateExtent([
      [0, 0],
      [cols, rows],
    ]);
    if (stay) zoomer.translateBy(plot, 0, 0);
    else showWhole();
    return top + height;
  });
  const plot = select(frame.plot);
  const legend = frame.svg.append("g");
  const mark = frame.svg.append("g").attr("class", "chart-cursor").style("display", "none");
  const outlines = ["chart-cursor chart-halo", "chart-cursor"].map((name) => mark.append("rect").attr("class", name));
  const canvas = new WeightCanvas(frame);
  plot.call(zoomer);

  const groupOf = ({ direction, group }: WeightMapData, place: WeightPlace) => groupAt(place, direction, group ?? 1);

  function showWhole(): void {
    if (!data) return;
    const [rows, cols] = data.shape;
    const { width, height, top, fit } = size;
    const [x, y] = [(width - cols * fit) / 2, top + (height - rows * fit) / 2];
    zoomer.transform(plot, zoomIdentity.translate(x, y).scale(fit));
  }

  /** Zooms around the marked weight, or around the middle. */
  function step(factor: number): void {
    const { scale, x, y } = view;
    const point: [number, number] | undefined = at
      ? [x + (at.col + 0.5) * scale, y + (at.row + 0.5) * scale]
      : undefined;
    zoomer.scaleBy(plot, factor, point);
  }

  /** Brings a weight that the keys chose into the picture. */
  function reveal({ row, col }: WeightPlace): void {
    const { scale, x, y } = view;
    const [px, py] = [x + (col + 0.5) * scale, y + (row + 0.5) * scale];
    const seen = px > 0 && px < size.width && py > size.top && py < size.top + size.height;
    if (!seen) zoomer.translateTo(plot, col + 0.5, row + 0.5);
  }

  function draw(): void {
    if (!data) return;
    const { name, shape, direction, group, kept } = data;
    const perPixel = 1 / view.scale;
    const along =
      direction === "inputs" ? "along the row (inputs of one output)" : "down the column (outputs of one input)";
    const zoomed =
      perPixel > 1 ? `1 px ≈ ${perPixel.toFixed(1)} weights across (mean)` : `${view.scale.toFixed(1)} px a weight`;
    const items = [
      { label: "kept", colour: "--chart-kept" },
      { label: "removed", colour: "--chart-pruned" },
      { label: zoomed },
      group === null
        ? { label: `compared ${along}` }
        : { label: `groups of ${group} ${along}`, colour: "--chart-flash", mark: "line" as const },
    ];
    drawLegend(legend, items, 0, 0, size.width);
    canvas.paint(data, { ...view, y: view.y - size.top }, groupOf(data, { row: 0, col: 0 }));
    const of = shape[0] * shape[1];
    frame.label(
      `Mask of ${name}, ${whole(shape[0])} rows by ${whole(shape[1])} columns: ${percent(rate(kept, of))} of ${whole(of)} weights kept, ` +
        `${group === null ? "compared" : `in groups of ${group}`} ${along}.`,
    );
    cursor.refresh();
  }

  const cursor = createCursor<WeightPlace>(frame, {
    locate(x, y) {
      if (!data || y < size.top || y >= size.top + size.height) return null;
      return weightUnder(data.shape, view, x, y);
    },
    move(from, dx, dy) {
      if (!data) return null;
      const [rows, cols] = data.shape;
      const inside = (v: number, count: number): number => Math.max(0, Math.min(count - 1, v));
      // a keyboard starts in the middle of what is seen
      const middle = {
        row: (size.top + size.height / 2 - view.y) / view.scale,
        col: (size.width / 2 - view.x) / view.scale,
      };
      const { row, col } = from ?? { row: Math.floor(middle.row), col: Math.floor(middle.col) };
      const to = { row: inside(row + dy, rows), col: inside(col + dx, cols) };
      at = to;
      reveal(to);
      return to;
    },
    show(place) {
      at = place;
      mark.style("display", place ? "" : "none");
      if (!place || !data || !tiles) return null;
      const group = groupOf(data, place);
      const { scale } = view;
      const [x, y] = [view.x + group.col * scale, view.y + group.row * scale];
      for (const outline of outlines)
        outline
          .attr("x", x - 1)
          .attr("y", y - 1)
          .attr("width", group.cols * scale + 2)
          .attr("height", group.rows * scale + 2);
      return { x: x + group.cols * scale, y, tip: weightTip(data, place, group, tiles.at(place)) };
    },
  });

  frame.plot.addEventListener("keydown", ({ key, ctrlKey, metaKey }) => {
    if (ctrlKey || metaKey) return;
    if (key === "+" || key === "=") step(ZOOM_STEP);
    if (key === "-") step(1 / ZOOM_STEP);
    if (key === "0") showWhole();
  });
  const removeTools = createTools(node, [
    { text: "+", label: "Zoom in", run: () => step(ZOOM_STEP) },
    { text: "−", label: "Zoom out", run: () => step(1 / ZOOM_STEP) },
    { text: "whole", label: "Show the whole matrix", run: showWhole },
  ]);

  return {
    update(next) {
      const before = data;
      data = next;
      const { name, shape, group } = next;
      if (before?.bits !== next.bits || before.name !== name) {
        const read = options.window.bind(null, name);
        const heard = (): void => {
          if (data?.bits === next.bits) cursor.refresh(frame.plot.matches(":focus-visible"));
        };
        tiles = new WeightTiles(read, shape, group ?? 1, heard);
      }
      if (before && before.shape[0] === shape[0] && before.shape[1] === shape[1]) return draw();
      size = { ...size, fit: Infinity };
      frame.relayout();
    },
    destroy() {
      removeTools();
      frame.destroy();
    },
    svg: (title) => frame.snapshot(title),
  };
}
