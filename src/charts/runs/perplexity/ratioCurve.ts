// Perplexity against the kept share: one run as a curve over its ratios, with the dense model and runs for one ratio.
import { createChart, type Chart } from "../../lib/frame/chart.ts";
import type { Frame, Group } from "../../lib/frame/frame.ts";
import { drawLegend } from "../../lib/marks/legend.ts";
import { createPlane, createRing } from "./drawPlane.ts";
import { MARK_COLOURS, RATIO_PLACES, ratioCurveGeometry } from "./ratioCurveGeometry.ts";
import type { RatioCurveData, RatioCurveGeometry, RatioMark } from "./ratioCurveGeometry.ts";

interface RatioCurveOptions {
  /** Click or Enter on a point: the target that it was asked for. */
  onChoose?: (ratio: number) => void;
}

const RUN_SIDE_PX = 7;

const RING_PX = 7;

/** Draws the chart into `node`. */
export function ratioCurve(node: HTMLElement, options: RatioCurveOptions = {}): Chart<RatioCurveData> {
  return createChart<RatioCurveData, RatioCurveGeometry, number>(node, "ratio-curve", (frame) => ({
    geometry: ratioCurveGeometry,
    draw: createCurve(frame),
    places: RATIO_PLACES,
    mark: createRing(frame, RING_PX),
    choose({ marks }, at) {
      const mark = marks[at];
      if (mark) options.onChoose?.(mark.point.ratio);
    },
  }));
}

/** Makes the layers; the returned function draws in them. */
function createCurve(frame: Frame): (geometry: RatioCurveGeometry) => void {
  const { svg } = frame;
  const legend = svg.append("g");
  const drawPlane = createPlane(frame);
  const stroke = (colour: string) => svg.append("path").style("fill", "none").style("stroke", `var(${colour})`);
  const target = stroke("--chart-target").style("stroke-dasharray", "1 3");
  const dense = stroke("--chart-ink").style("stroke-dasharray", "4 2").style("stroke-opacity", 0.6);
  const curve = stroke(MARK_COLOURS.curve).style("stroke-width", "1.5px");
  const runs = svg.append("g");
  const dots = svg.append("g");
  return (geometry) => {
    drawLegend(legend, geometry.legend);
    drawPlane(geometry);
    target.attr("d", geometry.targetPath);
    dense.attr("d", geometry.densePath);
    curve.attr("d", geometry.curvePath);
    drawRuns(
      runs,
      geometry.marks.filter(({ kind }) => kind === "run"),
    );
    drawDots(
      dots,
      geometry.marks.filter(({ kind }) => kind === "curve"),
    );
  };
}

/** A dot for each ratio of the curve. */
function drawDots(group: Group, marks: readonly RatioMark[]): void {
  group
    .selectAll<SVGCircleElement, RatioMark>("circle")
    .data(marks, ({ point }) => point.ratio)
    .join("circle")
    .attr("r", 3.5)
    .attr("data-keep", ({ point }) => point.ratio)
    .attr("cx", ({ x }) => x)
    .attr("cy", ({ y }) => y)
    .style("fill", `var(${MARK_COLOURS.curve})`)
    .style("stroke", "var(--chart-paper)");
}

/** A square for each run for one ratio. */
function drawRuns(group: Group, marks: readonly RatioMark[]): void {
  group
    .selectAll("rect")
    .data(marks)
    .join("rect")
    .attr("width", RUN_SIDE_PX)
    .attr("height", RUN_SIDE_PX)
    .attr("x", ({ x }) => x - RUN_SIDE_PX / 2)
    .attr("y", ({ y }) => y - RUN_SIDE_PX / 2)
    .style("fill", `var(${MARK_COLOURS.run})`)
    .style("stroke", "var(--chart-paper)");
}
