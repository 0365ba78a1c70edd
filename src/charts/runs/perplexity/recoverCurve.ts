// Perplexity of a recovery's guard against its steps, with lines for the dense and the pruned model.
import { createChart, type Chart } from "../../lib/frame/chart.ts";
import type { Frame } from "../../lib/frame/frame.ts";
import { drawLegend } from "../../lib/marks/legend.ts";
import { createPlane, createRing } from "./drawPlane.ts";
import { RECOVER_COLOURS, RECOVER_PLACES, recoverCurveGeometry } from "./recoverCurveGeometry.ts";
import type { RecoverCurveData, RecoverCurveGeometry } from "./recoverCurveGeometry.ts";

const RING_PX = 7;

/** Draws the chart into `node`. */
export function recoverCurve(node: HTMLElement): Chart<RecoverCurveData> {
  return createChart<RecoverCurveData, RecoverCurveGeometry, number>(node, "recover-curve", (frame) => ({
    geometry: recoverCurveGeometry,
    draw: createCurve(frame),
    places: RECOVER_PLACES,
    mark: createRing(frame, RING_PX),
  }));
}

/** Makes the layers; the returned function draws in them. */
function createCurve(frame: Frame): (geometry: RecoverCurveGeometry) => void {
  const { svg } = frame;
  const legend = svg.append("g");
  const drawPlane = createPlane(frame);
  const stroke = (colour: string) => svg.append("path").style("fill", "none").style("stroke", `var(${colour})`);
  const dense = stroke(RECOVER_COLOURS.dense).style("stroke-dasharray", "4 2").style("stroke-opacity", 0.6);
  const pruned = stroke(RECOVER_COLOURS.pruned).style("stroke-dasharray", "4 2");
  const curve = stroke(RECOVER_COLOURS.recovered).style("stroke-width", "1.5px");
  const dots = svg.append("g");
  return (geometry) => {
    drawLegend(legend, geometry.legend);
    drawPlane(geometry);
    dense.attr("d", geometry.densePath);
    pruned.attr("d", geometry.prunedPath);
    curve.attr("d", geometry.curvePath);
    dots
      .selectAll("circle")
      .data(geometry.marks)
      .join("circle")
      .attr("r", 3)
      .attr("cx", ({ x }) => x)
      .attr("cy", ({ y }) => y)
      .style("fill", `var(${RECOVER_COLOURS.recovered})`)
      .style("stroke", "var(--chart-paper)");
  };
}
