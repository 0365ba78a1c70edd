// Stacked bars: draws the geometry and marks a bar.
import { createChart, type Chart } from "../frame/chart.ts";
import type { Frame } from "../frame/frame.ts";
import { drawAxis } from "../marks/axes.ts";
import { drawLegend } from "../marks/legend.ts";
import { redrawn } from "../marks/redraw.ts";
import { drawWords } from "../marks/words.ts";
import { STACKED_PLACES, type StackedContent, stackedGeometry, type StackedGeometry } from "./stackedGeometry.ts";

/** How much paler bars of before are. */
const FAINT = 0.35;

/** Draws bars into `node`. `kind` is the chart's name in data-chart; `contentOf` makes bars, axes and words of the data. */
export function stackedBars<Data>(
  node: HTMLElement,
  kind: string,
  contentOf: (data: Data) => StackedContent,
): Chart<Data> {
  return createChart<Data, StackedGeometry, number>(node, kind, (frame) => ({
    geometry: (data, space) => stackedGeometry(contentOf(data), space),
    draw: createStacks(frame),
    places: STACKED_PLACES,
    mark: createStackMark(frame),
  }));
}

/** Makes the layers; the returned function draws in them. */
function createStacks({ svg }: Frame): (geometry: StackedGeometry) => void {
  const [legend, axes, bars] = [svg.append("g"), svg.append("g"), svg.append("g")];
  const line = svg
    .append("path")
    .style("fill", "none")
    .style("stroke", "var(--chart-ink)")
    .style("stroke-dasharray", "4 2");
  const words = svg.append("g");
  return (geometry) => {
    drawLegend(legend, geometry.legend);
    redrawn(axes, geometry.axes, (all) => all.forEach((axis) => drawAxis(axes.append("g"), axis)));
    redrawn(bars, { paths: geometry.bars, kinds: geometry.content.kinds }, ({ paths, kinds }) =>
      paths.forEach(({ solid, faint }, k) => {
        const fill = `var(${kinds[k]?.colour ?? "--chart-ink"})`;
        bars.append("path").attr("d", faint).style("fill", fill).style("fill-opacity", FAINT);
        bars.append("path").attr("d", solid).style("fill", fill);
      }),
    );
    line.attr("d", geometry.line);
    drawWords(words, geometry.words);
  };
}

/** A frame around the chosen bar at full height. */
function createStackMark({ svg }: Frame): (geometry: StackedGeometry, at: number | null) => void {
  const mark = svg.append("rect").attr("class", "chart-cursor").style("display", "none");
  return ({ content, plot }, at) => {
    const bar = at === null ? undefined : content.bars[at];
    mark.style("display", bar ? "" : "none");
    if (!bar) return;
    mark.attr("x", plot.left + bar.from * plot.width - 0.5).attr("width", (bar.to - bar.from) * plot.width + 1);
    mark.attr("y", plot.top - 0.5).attr("height", plot.foot - plot.top + 1);
  };
}
