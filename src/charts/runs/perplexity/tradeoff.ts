// Perplexity against size: a mark for every finished run, arrows to recovered ones, the line of the best at each size, and the dense model.
import { createChart, type Chart } from "../../lib/frame/chart.ts";
import type { Frame } from "../../lib/frame/frame.ts";
import { drawLegend } from "../../lib/marks/legend.ts";
import { drawWords } from "../../lib/marks/words.ts";
import { createPlane, createRing } from "./drawPlane.ts";
import { TRADEOFF_PLACES, tradeoffGeometry } from "./tradeoffGeometry.ts";
import type { RunMark, TradeoffData, TradeoffGeometry } from "./tradeoffGeometry.ts";

export interface TradeoffOptions {
  /** Click or Enter. */
  onOpen?: (id: string) => void;
  /** The same with Shift: picks the run, to compare two. */
  onPick?: (id: string) => void;
}

const RING_PX = 8;

/** Draws the chart into `node`. */
export function tradeoff(node: HTMLElement, options: TradeoffOptions = {}): Chart<TradeoffData> {
  return createChart<TradeoffData, TradeoffGeometry, number>(node, "tradeoff", (frame) => ({
    geometry: tradeoffGeometry,
    draw: createTradeoff(frame),
    places: TRADEOFF_PLACES,
    mark: createRing(frame, RING_PX),
    choose({ marks }, at, shift) {
      const run = marks[at];
      if (run) (shift ? options.onPick : options.onOpen)?.(run.point.id);
    },
  }));
}

/** Makes the layers; the returned function draws in them. */
function createTradeoff(frame: Frame): (geometry: TradeoffGeometry) => void {
  const { svg } = frame;
  const legend = svg.append("g");
  const drawPlane = createPlane(frame);
  const best = svg.append("path").style("fill", "none").style("stroke", "var(--chart-ink)");
  const denseLine = svg.append("path").style("stroke", "var(--chart-ink)").style("stroke-dasharray", "4 2");
  denseLine.style("stroke-opacity", 0.6);
  const denseDot = svg.append("circle").attr("r", 4).style("fill", "var(--chart-ink)");
  const arrows = svg.append("g");
  const marks = svg.append("g");
  const letters = svg.append("g");
  return (geometry) => {
    const { denseAt } = geometry;
    drawLegend(legend, geometry.legend);
    drawPlane(geometry);
    best.attr("d", geometry.bestPath);
    denseLine.attr("d", geometry.densePath);
    denseDot.style("display", denseAt ? "" : "none");
    if (denseAt) denseDot.attr("cx", denseAt.x).attr("cy", denseAt.y);
    arrows
      .selectAll<SVGPathElement, TradeoffGeometry["arrows"][number]>("path")
      .data(geometry.arrows, ({ id }) => id)
      .join("path")
      .attr("d", ({ path }) => path)
      .attr("data-recovered", ({ id }) => id)
      .style("fill", "none")
      .style("stroke", ({ colour }) => `var(${colour})`);
    marks
      .selectAll<SVGPathElement, RunMark>("path")
      .data(geometry.marks, ({ point }) => point.id)
      .join("path")
      .attr("d", ({ mark }) => mark.path)
      .attr("transform", ({ x, y }) => `translate(${x},${y})`)
      .attr("data-run", ({ point }) => point.id)
      .style("fill", ({ mark }) => `var(${mark.colour})`)
      .style("stroke", "var(--chart-paper)");
    drawWords(letters, geometry.letters);
  };
}
