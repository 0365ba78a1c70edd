// Perplexity against size: every finished run a point, the line of the best at each size, and the dense model. A click or Enter opens a run, with Shift it picks it.
import { symbol, symbolCircle, symbolCross, symbolDiamond, symbolSquare, symbolStar } from "d3";
import { symbolTriangle, symbolWye } from "d3";
import type { SymbolType } from "d3";
import { addText } from "../../lib/axes.ts";
import { bestLine } from "../../../shared/perplexityAxis.ts";
import { createCursor } from "../../lib/cursor.ts";
import { chartOf, createFrame } from "../../lib/frame.ts";
import type { Chart } from "../../lib/frame.ts";
import { drawLegend } from "../../lib/legend.ts";
import { createPlane, LEFT_PX, perplexityWords, RIGHT_PX } from "./perplexityPlane.ts";

export interface TradeoffPoint {
  id: string;
  /** Size, in the unit of the axis. */
  x: number;
  /** Perplexity. */
  y: number;
  label: string;
  /** What made it; gives the mark. */
  method: string;
  /** The recipe, for the tip. */
  recipe: readonly { label: string; value: string }[];
}

export interface TradeoffData {
  points: readonly TradeoffPoint[];
  axis: { name: string; format: (x: number) => string };
  dense: { x: number; y: number } | null;
  /** Ids that are marked as picked, A first. */
  picked: readonly string[];
}

export interface TradeoffOptions {
  /** Click or Enter. */
  onOpen?: (id: string) => void;
  /** The same with Shift: to hold it against another. */
  onPick?: (id: string) => void;
}

const METHODS: readonly { name: string; colour: string; shape: SymbolType }[] = [
  { name: "DISP-LLM", colour: "--chart-kept", shape: symbolCircle },
  { name: "DaSS", colour: "--chart-s1", shape: symbolSquare },
  { name: "Wanda", colour: "--chart-s3", shape: symbolTriangle },
  { name: "SparseGPT", colour: "--chart-s4", shape: symbolDiamond },
  { name: "magnitude", colour: "--chart-s5", shape: symbolCross },
  { name: "uniform magnitude", colour: "--chart-loss", shape: symbolStar },
  { name: "random", colour: "--chart-muted", shape: symbolWye },
];
const [FIRST] = METHODS;
const markOf = (method: string) => METHODS.find(({ name }) => name === method) ?? FIRST;
const pathOf = (method: string, area: number): string => symbol(markOf(method)?.shape, area)() ?? "";

const HEIGHT_PX = 300;
const NEAR_PX = 24;
const POINT_AREA = 64;

/** Draws the chart into `node`. */
export function tradeoff(node: HTMLElement, options: TradeoffOptions = {}): Chart<TradeoffData> {
  let data: TradeoffData | null = null;
  let at: number | null = null;
  let sorted: TradeoffPoint[] = [];
  let placeX = (x: number): number => x;
  let placeY = (y: number): number => y;

  const frame = createFrame(node, "tradeoff", (width) => {
    if (!data) return 0;
    const { points, axis, dense, picked } = data;
    sorted = [...points].sort((a, b) => a.x - b.x || a.y - b.y);
    const methods = METHODS.filter(({ name }) => points.some(({ method }) => method === name));
    const items = [
      ...methods.map(({ name, colour }) => ({ label: name, colour, path: pathOf(name, POINT_AREA) })),
      { label: "best at each size", colour: "--chart-ink", mark: "line" as const },
      ...(dense ? [{ label: "dense", colour: "--chart-ink", mark: "dash" as const }] : []),
    ];
    const top = drawLegend(legend, items, 0, 0, width) + 22;
    const height = top + HEIGHT_PX;
    const places = [...points, ...(dense ? [dense] : [])];
    const plane = drawPlane({ places, axis, width, top, height });
    [placeX, placeY] = [plane.x, plane.y];

    const line = bestLine([...points]);
    const steps = line.map((point, i) => {
      const [px, py] = [placeX(point.x), placeY(point.y)];
      return i === 0 ? `M${px},${py}` : `H${px}V${py}`;
    });
    best.attr("d", steps.join(""));
    denseLine.attr("d", dense ? `M${LEFT_PX},${placeY(dense.y)}H${width - RIGHT_PX}` : "");
    denseDot
      .attr("cx", placeX(dense?.x ?? 0))
      .attr("cy", placeY(dense?.y ?? 1))
      .style("display", dense ? "" : "none");
    marks
      .selectAll<SVGPathElement, TradeoffPoint>("path")
      .data(sorted, ({ id }) => id)
      .join("path")
      .attr("d", ({ method }) => pathOf(method, POINT_AREA))
      .attr("transform", (point) => `translate(${placeX(point.x)},${placeY(point.y)})`)
      .attr("data-run", ({ id }) => id)
      .style("fill", ({ method }) => `var(${markOf(method)?.colour ?? "--chart-ink"})`)
      .style("stroke", "var(--chart-paper)");
    letters.selectAll("*").remove();
    picked.forEach((id, i) => {
      const point = points.find((other) => other.id === id);
      if (point)
        addText(letters, placeX(point.x) + 7, placeY(point.y) - 6, i === 0 ? "A" : "B", { className: "chart-strong" });
    });
    const [lowest] = [...points].sort((a, b) => a.y - b.y);
    frame.label(
      points.length === 0
        ? "Trade-off chart without runs."
        : `Perplexity against ${axis.name} of ${points.length} runs; ${line.length} of them best at their size; lowest ` +
            `${perplexityWords(lowest?.y ?? NaN)} at ${axis.format(lowest?.x ?? NaN)} (${lowest?.method ?? ""})` +
            `${dense ? `; dense ${perplexityWords(dense.y)}` : ""}. Arrow keys go through the runs, Enter brings the masks of one back, Shift and Enter pick it to compare.`,
    );
    cursor.refresh();
    return height;
  });
  const legend = frame.svg.append("g");
  const drawPlane = createPlane(frame);
  const best = frame.svg.append("path").style("fill", "none").style("stroke", "var(--chart-ink)");
  const denseLine = frame.svg.append("path").style("stroke", "var(--chart-ink)").style("stroke-dasharray", "4 2");
  denseLine.style("stroke-opacity", 0.6);
  const denseDot = frame.svg.append("circle").attr("r", 4).style("fill", "var(--chart-ink)");
  const marks = frame.svg.append("g");
  const letters = frame.svg.append("g");
  const ring = frame.svg.append("circle").attr("r", 8).attr("class", "chart-cursor").style("display", "none");

  const cursor = createCursor<number>(frame, {
    locate(x, y) {
      let [nearest, found]: [number, number | null] = [NEAR_PX, null];
      sorted.forEach((point, i) => {
        const distance = Math.hypot(placeX(point.x) - x, placeY(point.y) - y);
        if (distance < nearest) [nearest, found] = [distance, i];
      });
      return found;
    },
    move: (from, dx, dy) =>
      sorted.length === 0 ? null : Math.max(0, Math.min(sorted.length - 1, (from ?? 0) + dx + dy)),
    show(now) {
      at = now;
      const point = now === null ? undefined : sorted[now];
      ring.style("display", point ? "" : "none");
      if (!point || !data) return null;
      const [x, y] = [placeX(point.x), placeY(point.y)];
      ring.attr("cx", x).attr("cy", y);
      const rows = [
        { label: "perplexity", value: perplexityWords(point.y), colour: markOf(point.method)?.colour ?? "--chart-ink" },
        { label: "size", value: data.axis.format(point.x) },
        ...point.recipe,
      ];
      return { x, y, tip: { title: point.label, rows } };
    },
  });
  const choose = (picks: boolean): void => {
    const point = at === null ? undefined : sorted[at];
    if (point) (picks ? options.onPick : options.onOpen)?.(point.id);
  };
  frame.plot.addEventListener("click", ({ shiftKey }) => choose(shiftKey));
  frame.plot.addEventListener("keydown", ({ key, shiftKey }) => {
    if (key === "Enter") choose(shiftKey);
  });

  return chartOf(frame, (next) => (data = next));
}
