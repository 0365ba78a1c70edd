// What charts over the steps of a run share: the series, the step axis, the crosshair, and a cursor that several charts can share.
import { whole } from "../../../shared/format.ts";
import { scaleLinear } from "d3";
import type { ScaleLinear } from "d3";
import { addText, drawAxis } from "../../lib/axes.ts";
import { createCursor } from "../../lib/cursor.ts";
import { createFrame } from "../../lib/frame.ts";
import type { Chart, Svg } from "../../lib/frame.ts";
import { drawLegend } from "../../lib/legend.ts";
import type { LegendItem } from "../../lib/legend.ts";

import { nearestIndex } from "../../lib/numbers/sampling.ts";
import type { Tip } from "../../lib/tooltip.ts";

/** A run so far. The arrays may be longer than `count`, so that a buffer can grow in place. */
export interface RunData {
  /** Step numbers, ascending. */
  step: ArrayLike<number>;
  /** Language-model loss in nats a token. */
  loss: ArrayLike<number>;
  /** R = |ln(T(s) / (p T_total))|, without lambda (METHOD.md 1.4). */
  penalty: ArrayLike<number>;
  /** Kept share of the block weights, 0..1. */
  kept: ArrayLike<number>;
  /** Entries in use; default: all of `step`. */
  count?: number;
  /** Steps the run is planned for: the axis reaches at least there. */
  plannedSteps?: number;
  /** R at step 0 where `penalty` does not start there (a resumed run). */
  penaltyStart?: number;
  /** Target share from a step on, ascending in step; more than one entry where the target was moved. */
  targets?: readonly { step: number; share: number }[];
}

/** Entries in use. */
export const countOf = ({ count, step }: Pick<RunData, "count" | "step">): number =>
  Math.min(count ?? step.length, step.length);

/** Charts given the same link show their crosshair at the same step. */
export interface StepLink {
  readonly followers: Set<(step: number | null) => void>;
}
export function stepLink(): StepLink {
  return { followers: new Set() };
}

export interface RunChartParts {
  kind: string;
  heightPx: number;
  /** Room above the plot for words on the axes. */
  captionPx: number;
  legend: (data: RunData) => readonly LegendItem[];
  /** Draws axes and series; returns the accessible name. */
  draw: (data: RunData, view: RunView) => string;
  /** Rows of the tip at entry i. */
  tip: (data: RunData, i: number) => Tip["rows"];
  /** Heights of the dots on the crosshair, with their colours. */
  dots: (data: RunData, i: number) => readonly { y: number; colour: string }[];
}

/** Geometry of a draw, CSS pixels. */
export interface RunView {
  count: number;
  /** Buckets to down-sample the run so far to: one for every two pixels. */
  buckets: number;
  x: ScaleLinear<number, number>;
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** The same for all charts of a run, so that their steps align. */
const LEFT_PX = 42;
const RIGHT_PX = 46;
const AXIS_PX = 32;

/** Makes a chart over steps; `parts` gets the SVG to make its layers in. */
export function createRunChart(
  node: HTMLElement,
  link: StepLink | undefined,
  make: (svg: Svg) => RunChartParts,
): Chart<RunData> {
  let data: RunData | null = null;
  let view: RunView | null = null;
  let headPx = 0;
  /** What the legend that is drawn says: what a series shows may change in the middle of a run. */
  let said = "";
  const sayingOf = (of: RunData): string => JSON.stringify(parts.legend(of));

  const frame = createFrame(node, "run", (width) => {
    if (!data) return 0;
    said = sayingOf(data);
    headPx = drawLegend(legend, parts.legend(data), 0, 0, width) + 8 + parts.captionPx;
    draw(width);
    return headPx + parts.heightPx + AXIS_PX;
  });
  const legend = frame.svg.append("g");
  const axis = frame.svg.append("g");
  const words = frame.svg.append("g");
  const parts = make(frame.svg);
  frame.plot.parentElement?.setAttribute("data-chart", parts.kind);
  const mark = frame.svg.append("g").attr("class", "chart-cursor").style("display", "none");
  const line = mark.append("path").attr("class", "chart-cursor").style("stroke-opacity", 0.5);

  function draw(width: number): void {
    if (!data) return;
    const count = countOf(data);
    const last = Math.max(1, data.step[count - 1] ?? 1, data.plannedSteps ?? 0);
    const [left, right, top] = [LEFT_PX, width - RIGHT_PX, headPx];
    const bottom = top + parts.heightPx;
    const x = scaleLinear([0, last], [left, right]);
    const buckets = Math.max(1, Math.round((x(data.step[count - 1] ?? 0) - left) / 2));
    view = { count, buckets, x, left, right, top, bottom };
    drawAxis(axis, x, {
      side: "bottom",
      y: bottom,
      ticks: Math.max(2, Math.floor((right - left) / 90)),
      format: whole,
    });
    words.selectAll("*").remove();
    addText(words, right, bottom + 30, "step", { anchor: "end" });
    const name = parts.draw(data, view);
    frame.label(count > 0 ? name : "No steps yet");
    cursor.refresh();
  }

  const cursor = createCursor<number>(
    frame,
    {
      locate(x) {
        if (!view || !data || x < view.left - 4 || x > view.right + 4) return null;
        const i = nearestIndex(data.step, view.count, view.x.invert(x));
        return i < 0 ? null : (data.step[i] ?? null);
      },
      move(step, dx) {
        if (!view || !data || view.count === 0) return null;
        const i = step === null ? view.count - 1 : nearestIndex(data.step, view.count, step);
        return data.step[Math.max(0, Math.min(view.count - 1, i + dx))] ?? null;
      },
      show(step) {
        const i = step !== null && data && view ? nearestIndex(data.step, view.count, step) : -1;
        mark.style("display", i < 0 ? "none" : "");
        if (i < 0 || !data || !view) return null;
        const at = data.step[i] ?? 0;
        const x = view.x(at);
        line.attr("d", `M${x},${view.top}V${view.bottom}`);
        const dots = mark.selectAll("circle").data(parts.dots(data, i)).join("circle").attr("r", 3).attr("cx", x);
        dots
          .attr("cy", (dot) => dot.y)
          .style("fill", (dot) => `var(${dot.colour})`)
          .style("stroke", "none");
        return { x, y: view.top + 8, tip: { title: `step ${whole(at)}`, rows: parts.tip(data, i) } };
      },
    },
    (step) => link?.followers.forEach((follow) => follow !== cursor.follow && follow(step)),
  );
  link?.followers.add(cursor.follow);

  return {
    update(next) {
      const anew = data === null || view === null || sayingOf(next) !== said;
      data = next;
      if (anew) frame.relayout();
      else draw(Number(frame.svg.attr("width")));
    },
    destroy() {
      link?.followers.delete(cursor.follow);
      frame.destroy();
    },
    svg: (title) => frame.snapshot(title),
  };
}
