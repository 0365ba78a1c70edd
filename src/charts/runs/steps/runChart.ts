// A chart over the steps of a run, with a crosshair that several charts can share.
import { drawAxis } from "../../lib/marks/axes.ts";
import { createChart, type Chart, type LiveChart } from "../../lib/frame/chart.ts";
import type { Frame, Svg } from "../../lib/frame/frame.ts";
import { drawLegend } from "../../lib/marks/legend.ts";
import { nearestIndex } from "../../lib/numbers/sampling.ts";
import { pixelOf } from "../../lib/numbers/span.ts";
import { drawWords } from "../../lib/marks/words.ts";
import type { RunData } from "./runData.ts";
import { type RunGeometry, runGeometry, type RunParts, runPlaces, type RunPlot } from "./runGeometry.ts";

/** Charts given the same link show their crosshair at the same step. */
export interface StepLink {
  readonly followers: Set<(step: number | null) => void>;
}
export function stepLink(): StepLink {
  return { followers: new Set() };
}

interface RunChartOptions<Plot extends RunPlot> {
  /** Name of the chart in data-chart. */
  kind: string;
  parts: RunParts<Plot>;
  /** Makes the layers of the series; the returned function draws in them. */
  layers: (svg: Svg) => (plot: Plot) => void;
  /** Shares the crosshair with other charts of the run. */
  link?: StepLink | undefined;
}

/** Makes a chart over steps in `node`. */
export function createRunChart<Plot extends RunPlot>(
  node: HTMLElement,
  { kind, parts, layers, link }: RunChartOptions<Plot>,
): Chart<RunData> {
  let old: Plot | null = null;
  const chart: LiveChart<RunData, number> = createChart(node, kind, (frame) => ({
    geometry(data, space) {
      const geometry = runGeometry(data, parts, space, old);
      old = geometry.plot;
      return geometry;
    },
    draw: createRunLayers(frame, layers),
    places: runPlaces(parts),
    mark: createCrosshair(frame, parts),
    destroy: () => void link?.followers.delete(chart.cursor.follow),
    moved: (step) => link?.followers.forEach((follow) => follow !== chart.cursor.follow && follow(step)),
  }));
  link?.followers.add(chart.cursor.follow);
  return chart;
}

function createRunLayers<Plot extends RunPlot>(
  { svg }: Frame,
  layers: RunChartOptions<Plot>["layers"],
): (geometry: RunGeometry<Plot>) => void {
  const legend = svg.append("g");
  const steps = svg.append("g");
  const axes = [svg.append("g"), svg.append("g")];
  const words = svg.append("g");
  const drawSeries = layers(svg);
  return ({ legend: items, stepAxis, plot }) => {
    drawLegend(legend, items);
    drawAxis(steps, stepAxis);
    axes.forEach((group, i) => {
      const axis = plot.axes[i];
      if (axis) drawAxis(group, axis);
    });
    drawWords(words, plot.words);
    drawSeries(plot);
  };
}

/** A vertical line at the chosen step, with a dot on each series. */
function createCrosshair<Plot extends RunPlot>(
  { svg }: Frame,
  parts: RunParts<Plot>,
): (geometry: RunGeometry<Plot>, step: number | null) => void {
  const mark = svg.append("g").attr("class", "chart-cursor").style("display", "none");
  const line = mark.append("path").attr("class", "chart-cursor").style("stroke-opacity", 0.5);
  return (geometry, step) => {
    const { data, view } = geometry;
    const i = step === null ? -1 : nearestIndex(data.step, view.count, step);
    mark.style("display", i < 0 ? "none" : "");
    if (i < 0) return;
    const x = pixelOf(view.x, data.step[i] ?? 0);
    line.attr("d", `M${x},${view.top}V${view.bottom}`);
    const dots = mark.selectAll("circle").data(parts.dots(geometry, i)).join("circle").attr("r", 3).attr("cx", x);
    dots.attr("cy", (dot) => dot.y).style("fill", (dot) => `var(${dot.colour})`);
    dots.style("stroke", "none");
  };
}
