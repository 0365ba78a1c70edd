// Fig. 5 of DISP-LLM (arXiv 2410.11988): the loss and the budget penalty R, relative to step 0, by step, during the run.
import type { Chart } from "../../lib/frame/chart.ts";
import type { Svg } from "../../lib/frame/frame.ts";
import { lossParts, type LossPlot } from "./lossGeometry.ts";
import { createRunChart, type StepLink } from "./runChart.ts";
import type { RunData } from "./runData.ts";

interface LossCurvesOptions {
  /** Shares the crosshair with other charts of the run. */
  link?: StepLink;
  /** Span of the moving average over the loss, in logged points. Default 40. */
  smoothSpan?: number;
}

const DEFAULT_SPAN = 40;

/** Draws the two curves into `node`: loss on the left axis, R relative to step 0 on the right. */
export function lossCurves(node: HTMLElement, { link, smoothSpan }: LossCurvesOptions = {}): Chart<RunData> {
  return createRunChart(node, { kind: "curves", parts: lossParts(smoothSpan ?? DEFAULT_SPAN), layers, link });
}

/** Makes the layers; the returned function draws in them. */
function layers(svg: Svg): (plot: LossPlot) => void {
  const curve = (colour: string, width: number) =>
    svg.append("path").style("fill", "none").style("stroke", `var(${colour})`).style("stroke-width", width);
  const dots = curve("--chart-loss", 2).style("stroke-linecap", "round").style("stroke-opacity", 0.32);
  const relative = curve("--chart-penalty", 1.5).style("stroke-linejoin", "round");
  const loss = curve("--chart-loss", 2).style("stroke-linejoin", "round");
  const dense = curve("--chart-ink", 1).style("stroke-dasharray", "4 2").style("stroke-opacity", 0.6);
  const readings = curve("--chart-kept", 1.5).style("stroke-linejoin", "round");
  const marks = svg.append("g");
  return ({ lossDots, lossLine, relativeLine, readingLine, readingDots, denseLine }) => {
    dots.attr("d", lossDots);
    relative.attr("d", relativeLine);
    loss.attr("d", lossLine);
    dense.attr("d", denseLine);
    readings.attr("d", readingLine);
    marks
      .selectAll("circle")
      .data(readingDots)
      .join("circle")
      .attr("r", 3)
      .attr("cx", ([x]) => x)
      .attr("cy", ([, y]) => y)
      .attr("data-reading", (_dot, i) => i)
      .style("fill", "var(--chart-kept)")
      .style("stroke", "var(--chart-paper)");
  };
}
