// The kept share of the block weights by step with its target, which can be moved during the run; where every step draws a target of its
// own, the distance from it.
import type { Chart } from "../../lib/frame/chart.ts";
import type { Svg } from "../../lib/frame/frame.ts";
import { keptParts, type KeptPlot } from "./keptGeometry.ts";
import { createRunChart, type StepLink } from "./runChart.ts";
import type { RunData } from "./runData.ts";

interface KeptRatioOptions {
  /** Shares the crosshair with other charts of the run. */
  link?: StepLink;
  /** What the ratio is a share of. Default "of block weights". */
  of?: string;
}

/** Draws the kept ratio (line) and the target (dashed steps) into `node`, or dots around the target. */
export function keptRatio(node: HTMLElement, { link, of = "of block weights" }: KeptRatioOptions = {}): Chart<RunData> {
  return createRunChart(node, { kind: "kept-ratio", parts: keptParts(of), layers, link });
}

/** Makes the layers; the returned function draws in them. */
function layers(svg: Svg): (plot: KeptPlot) => void {
  const area = svg.append("path").style("fill", "var(--chart-kept)").style("fill-opacity", 0.12);
  const stroke = (colour: string, width: number) =>
    svg.append("path").style("fill", "none").style("stroke", `var(${colour})`).style("stroke-width", width);
  const line = stroke("--chart-kept", 2).style("stroke-linejoin", "round");
  const target = stroke("--chart-target", 1.25).style("stroke-dasharray", "5 3");
  const dots = stroke("--chart-kept", 2.5).style("stroke-linecap", "round").style("stroke-opacity", 0.5);
  return (plot) => {
    area.attr("d", plot.area);
    line.attr("d", plot.line);
    target.attr("d", plot.target);
    dots.attr("d", plot.dots);
  };
}
