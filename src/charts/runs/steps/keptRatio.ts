// The kept share of the block weights by step against the target share, which can be moved during the run; where every step draws a
// target of its own, the distance from it.
import { percent } from "../../../shared/format.ts";
import { scaleLinear } from "d3";
import { addText, drawAxis } from "../../lib/axes.ts";
import type { Chart } from "../../lib/frame.ts";
import { dotPath, linePath } from "../../lib/paths.ts";

import { countOf, createRunChart } from "./runChart.ts";
import type { RunData, RunView, StepLink } from "./runChart.ts";
import { bucketIndices, finiteExtent } from "../../lib/numbers/sampling.ts";

export interface KeptRatioOptions {
  /** Share the crosshair with other charts of the run. */
  link?: StepLink;
  /** Of what the shares are. Default "of block weights". */
  of?: string;
}

/** The target in force at a step, or null before the first. */
export function targetAt(targets: RunData["targets"], step: number): number | null {
  let share: number | null = null;
  for (const target of targets ?? []) if (target.step <= step) share = target.share;
  return share;
}

/** Whether steps draw targets of their own, as in a run for every ratio: two lines would then be two clouds. */
export const drawsTargets = ({ targets = [] }: Pick<RunData, "targets">, count: number): boolean =>
  targets.length > Math.max(4, count / 2);

/** kept - target of the first `count` steps. */
export function distances(
  { step, kept, targets = [] }: Pick<RunData, "step" | "kept" | "targets">,
  count: number,
): Float64Array {
  let next = 0;
  return Float64Array.from({ length: count }, (_, i) => {
    while ((targets[next]?.step ?? Infinity) <= (step[i] ?? 0)) next += 1;
    return (kept[i] ?? NaN) - (targets[next - 1]?.share ?? NaN);
  });
}

/** The smallest range drawn around a target, so that a run that keeps to it does not look as if it did not. */
const LEAST_DISTANCE = 0.05;

/** Draws the kept share (line) and the target (dashed steps) into `node`, or dots around the target. */
export function keptRatio(node: HTMLElement, options: KeptRatioOptions = {}): Chart<RunData> {
  const of = options.of ?? "of block weights";
  const y = scaleLinear();

  return createRunChart(node, options.link, (svg) => {
    const axis = svg.append("g");
    const words = svg.append("g");
    const area = svg.append("path").style("fill", "var(--chart-kept)").style("fill-opacity", 0.12);
    const line = svg.append("path").style("fill", "none").style("stroke", "var(--chart-kept)");
    line.style("stroke-width", 2).style("stroke-linejoin", "round");
    const target = svg.append("path").style("fill", "none").style("stroke", "var(--chart-target)");
    target.style("stroke-width", 1.25).style("stroke-dasharray", "5 3");
    const cloud = svg.append("path").style("fill", "none").style("stroke", "var(--chart-kept)");
    cloud.style("stroke-width", 2.5).style("stroke-linecap", "round").style("stroke-opacity", 0.5);

    /** Dots for the steps, and the target as a line at 0. */
    const drawDistances = (data: RunData, { count, buckets, x, left, right, top, bottom }: RunView): string => {
      const away = distances(data, count);
      const most = Math.max(LEAST_DISTANCE, ...(finiteExtent(away, count) ?? []).map(Math.abs));
      y.domain([-most, most]).range([bottom, top]);
      const format = (v: number): string => `${v > 0 ? "+" : ""}${Math.round(v * 100)} %`;
      drawAxis(axis, y, { side: "left", x: left, ticks: 4, format, grid: right - left });
      const place = (i: number) => [x(data.step[i] ?? 0), y(away[i] ?? NaN)] as const;
      cloud.attr("d", dotPath(bucketIndices(data.step, away, count, buckets), place));
      target.attr("d", `M${left},${y(0)}H${right}`);
      for (const path of [line, area]) path.attr("d", "");
      words.selectAll("*").remove();
      const late = away.subarray(Math.floor(count / 2));
      const mean = late.reduce((sum, one) => sum + Math.abs(one), 0) / late.length;
      return `Kept share ${of} less the target that each step drew, up to step ${data.step[count - 1] ?? 0}: on average ${percent(mean)} away in the later half.`;
    };

    return {
      kind: "kept-share",
      heightPx: 120,
      captionPx: 0,
      legend: (data) => [
        drawsTargets(data, countOf(data))
          ? { label: `kept share ${of} less the step’s target`, colour: "--chart-kept", mark: "dot" }
          : { label: `kept share ${of}`, colour: "--chart-kept", mark: "line" },
        { label: "target", colour: "--chart-target", mark: "dash" },
      ],
      draw(data, view) {
        const { count, buckets, x, left, right, top, bottom } = view;
        if (drawsTargets(data, count)) return drawDistances(data, view);
        cloud.attr("d", "");
        const targets = data.targets ?? [];
        const lowest = Math.min(finiteExtent(data.kept, count)?.[0] ?? 1, ...targets.map(({ share }) => share));
        const floor = Math.max(0, Math.floor((lowest - 0.02) * 10) / 10);
        y.domain([floor, 1]).range([bottom, top]);
        const format = (v: number): string => `${Math.round(v * 100)} %`;
        drawAxis(axis, y, { side: "left", x: left, ticks: 4, format, grid: right - left });
        const last = data.step[count - 1] ?? 0;
        const shown = bucketIndices(data.step, data.kept, count, buckets);
        const place = (i: number) => [x(data.step[i] ?? 0), y(data.kept[i] ?? NaN)] as const;
        const path = linePath(shown, place);
        line.attr("d", path);
        const [first, end] = [shown[0], shown[shown.length - 1]];
        area.attr("d", first === undefined || end === undefined ? "" : `${path}V${bottom}H${place(first)[0]}Z`);
        let steps = "";
        targets.forEach(({ step, share }, i) => {
          const until = targets[i + 1]?.step ?? x.domain()[1] ?? last;
          steps += `${i === 0 ? "M" : "L"}${x(step)},${y(share)}H${x(until)}`;
        });
        target.attr("d", steps);
        words.selectAll("*").remove();
        const now = data.kept[count - 1] ?? 0;
        const goal = targetAt(targets, last);
        if (goal !== null) addText(words, right + 5, y(goal) + 4, percent(goal), { className: "chart-strong" });
        return `Kept share ${of} at step ${last}: ${percent(now)}${goal === null ? "" : `, target ${percent(goal)}`}.`;
      },
      tip(data, i) {
        const goal = targetAt(data.targets, data.step[i] ?? 0);
        const kept = { label: `kept ${of}`, value: percent(data.kept[i] ?? NaN), colour: "--chart-kept" };
        return goal === null ? [kept] : [kept, { label: "target", value: percent(goal), colour: "--chart-target" }];
      },
      dots(data, i) {
        const kept = data.kept[i] ?? NaN;
        const away = drawsTargets(data, countOf(data));
        const from = away ? (targetAt(data.targets, data.step[i] ?? 0) ?? NaN) : 0;
        return [{ y: y(kept - from), colour: "--chart-kept" }];
      },
    };
  });
}
