// Perplexity against kept share: one run as a curve over its ratios, with the dense model and runs for one ratio beside it. Click or Enter chooses a ratio.
import { percent, whole } from "../../../shared/format.ts";
import { line } from "d3";
import type { PlotPoint } from "../../../shared/perplexityAxis.ts";
import { createCursor } from "../../lib/cursor.ts";
import { chartOf, createFrame } from "../../lib/frame.ts";
import type { Chart } from "../../lib/frame.ts";
import { drawLegend } from "../../lib/legend.ts";
import { createPlane, LEFT_PX, perplexityWords, type Plane, RIGHT_PX } from "./perplexityPlane.ts";

export interface RatioPoint extends PlotPoint {
  /** Kept share that was asked for; x is what came of it, y its perplexity. */
  ratio: number;
}

export interface RatioCurveData {
  /** What the curve is of, for the legend. */
  name: string;
  /** By ascending kept share. */
  points: readonly RatioPoint[];
  /** Runs for one ratio, measured alike. */
  runs: readonly (RatioPoint & { label: string })[];
  dense: PlotPoint | null;
  /** Where the slider stands. */
  ratio: number;
}

export interface RatioCurveOptions {
  /** Click or Enter on a point: the kept share that it was asked for. */
  onChoose?: (ratio: number) => void;
}

interface Shown extends RatioPoint {
  label: string;
  colour: string;
}

const HEIGHT_PX = 220;
const RUN_SIDE_PX = 7;
const CURVE = "--chart-kept";
const RUN = "--chart-only-b";
/** Within this many pixels a run is meant, and otherwise the curve. */
const NEAR_PX = 10;

/** Draws the chart into `node`. */
export function ratioCurve(node: HTMLElement, options: RatioCurveOptions = {}): Chart<RatioCurveData> {
  let data: RatioCurveData | null = null;
  let plane: Plane | null = null;
  let places: Shown[] = [];
  let at: number | null = null;

  const frame = createFrame(node, "ratio-curve", (width) => {
    if (!data) return 0;
    const { name, points, runs, dense, ratio } = data;
    const onCurve = points.map((point) => ({ ...point, label: name, colour: CURVE }));
    places = [...onCurve, ...runs.map((run) => ({ ...run, colour: RUN }))].sort((a, b) => a.x - b.x);
    const items = [
      { label: name, colour: CURVE, mark: "line" as const },
      ...(runs.length > 0 ? [{ label: "runs for one ratio", colour: RUN, mark: "box" as const }] : []),
      ...(dense ? [{ label: "dense", colour: "--chart-ink", mark: "dash" as const }] : []),
    ];
    const top = drawLegend(legend, items, 0, 0, width) + 22;
    const height = top + HEIGHT_PX;
    const axis = { name: "kept share of the block weights", format: (x: number) => percent(x).replace(".0", "") };
    const drawn = drawPlane({ places: [...places, ...(dense ? [dense] : [])], axis, width, top, height });
    plane = drawn;
    const path = line<RatioPoint>(
      ({ x }) => drawn.x(x),
      ({ y }) => drawn.y(y),
    );
    curve.attr("d", path([...points]) ?? "");
    denseLine.attr("d", dense ? `M${LEFT_PX},${drawn.y(dense.y)}H${width - RIGHT_PX}` : "");
    const x = Math.max(LEFT_PX, Math.min(width - RIGHT_PX, drawn.x(ratio)));
    target.attr("d", points.length > 0 ? `M${x},${top}V${drawn.bottom}` : "");
    dots
      .selectAll<SVGCircleElement, RatioPoint>("circle")
      .data(points, (point) => point.ratio)
      .join("circle")
      .attr("r", 3.5)
      .attr("data-keep", (point) => point.ratio)
      .attr("cx", (point) => drawn.x(point.x))
      .attr("cy", (point) => drawn.y(point.y))
      .style("fill", `var(${CURVE})`)
      .style("stroke", "var(--chart-paper)");
    squares
      .selectAll("rect")
      .data(runs)
      .join("rect")
      .attr("width", RUN_SIDE_PX)
      .attr("height", RUN_SIDE_PX)
      .attr("x", (run) => drawn.x(run.x) - RUN_SIDE_PX / 2)
      .attr("y", (run) => drawn.y(run.y) - RUN_SIDE_PX / 2)
      .style("fill", `var(${RUN})`)
      .style("stroke", "var(--chart-paper)");
    const told = points.map((point) => `${perplexityWords(point.y)} at ${percent(point.x)}`).join(", ");
    frame.label(
      points.length === 0
        ? "Perplexity against kept share: no ratio is measured yet."
        : `Perplexity against kept share of ${name} at ${whole(points.length)} ratios: ${told}` +
            `${dense ? `; dense ${perplexityWords(dense.y)}` : ""}${runs.length > 0 ? `; ${runs.length} ${runs.length === 1 ? "run" : "runs"} for one ratio beside it` : ""}. ` +
            "Arrow keys go through them, Enter moves the target to one.",
    );
    cursor.refresh();
    return height;
  });
  const legend = frame.svg.append("g");
  const drawPlane = createPlane(frame);
  const stroke = (colour: string) => frame.svg.append("path").style("fill", "none").style("stroke", `var(${colour})`);
  const target = stroke("--chart-target").style("stroke-dasharray", "1 3");
  const denseLine = stroke("--chart-ink").style("stroke-dasharray", "4 2").style("stroke-opacity", 0.6);
  const curve = stroke(CURVE).style("stroke-width", "1.5px");
  const squares = frame.svg.append("g");
  const dots = frame.svg.append("g");
  const ring = frame.svg.append("circle").attr("r", 7).attr("class", "chart-cursor").style("display", "none");

  const cursor = createCursor<number>(frame, {
    locate(x, y) {
      const drawn = plane;
      if (!drawn || places.length === 0) return null;
      const near = (place: Shown): number =>
        place.colour === RUN && Math.hypot(drawn.x(place.x) - x, drawn.y(place.y) - y) > NEAR_PX
          ? Infinity
          : Math.abs(drawn.x(place.x) - x);
      const distances = places.map(near);
      return distances.indexOf(Math.min(...distances));
    },
    move: (from, dx, dy) =>
      places.length === 0 ? null : Math.max(0, Math.min(places.length - 1, from === null ? 0 : from + dx + dy)),
    show(now) {
      at = now;
      const place = now === null ? undefined : places[now];
      ring.style("display", place ? "" : "none");
      if (!place || !plane) return null;
      const [x, y] = [plane.x(place.x), plane.y(place.y)];
      ring.attr("cx", x).attr("cy", y);
      const rows = [
        { label: "perplexity", value: perplexityWords(place.y), colour: place.colour },
        { label: "keeps", value: percent(place.x) },
        { label: "asked to keep", value: percent(place.ratio) },
      ];
      return { x, y, tip: { title: place.label, rows } };
    },
  });
  const choose = (): void => {
    const place = at === null ? undefined : places[at];
    if (place) options.onChoose?.(place.ratio);
  };
  frame.plot.addEventListener("click", choose);
  frame.plot.addEventListener("keydown", ({ key }) => {
    if (key === "Enter") choose();
  });

  return chartOf(frame, (next) => (data = next));
}
