// Fig. 5 of DISP-LLM (arXiv 2410.11988): the loss and the normalised budget penalty R by step, while the run goes on.
import { percent } from "../../../shared/format.ts";
import { scaleLinear } from "d3";
import { addText, drawAxis } from "../../lib/axes.ts";
import type { Chart } from "../../lib/frame.ts";
import { linePath, dotPath } from "../../lib/paths.ts";
import { createRunChart } from "./runChart.ts";
import type { RunData, StepLink } from "./runChart.ts";
import { bucketIndices, finiteExtent, normalise, smooth } from "../../lib/numbers/sampling.ts";

export interface LossCurvesOptions {
  /** Share the crosshair with other charts of the run. */
  link?: StepLink;
  /** Span of the moving average over the loss, in logged points. Default 40. */
  smoothSpan?: number;
}

const DEFAULT_SPAN = 40;

/** Draws the two curves into `node`: loss on the left axis, R / R at step 0 on the right. */
export function lossCurves(node: HTMLElement, options: LossCurvesOptions = {}): Chart<RunData> {
  const span = options.smoothSpan ?? DEFAULT_SPAN;
  const lossY = scaleLinear();
  const penaltyY = scaleLinear();
  let average: Float64Array = new Float64Array(0);
  let relative: Float64Array = new Float64Array(0);

  return createRunChart(node, options.link, (svg) => {
    const axes = [svg.append("g"), svg.append("g")] as const;
    const words = svg.append("g");
    const raw = svg.append("path").style("fill", "none").style("stroke", "var(--chart-loss)");
    raw.style("stroke-width", 2).style("stroke-linecap", "round").style("stroke-opacity", 0.32);
    const penalty = svg.append("path").style("fill", "none").style("stroke", "var(--chart-penalty)");
    penalty.style("stroke-width", 1.5).style("stroke-linejoin", "round");
    const loss = svg.append("path").style("fill", "none").style("stroke", "var(--chart-loss)");
    loss.style("stroke-width", 2).style("stroke-linejoin", "round");

    return {
      kind: "curves",
      heightPx: 190,
      captionPx: 14,
      legend: () => [
        { label: `loss, mean of about ${span} steps`, colour: "--chart-loss", mark: "line" },
        { label: "loss of a step", colour: "--chart-loss", mark: "dot" },
        { label: "R, normalised", colour: "--chart-penalty", mark: "line" },
      ],
      draw(data, { count, buckets, x, left, right, top, bottom }) {
        average = smooth(data.loss, count, span, average);
        relative = normalise(data.penalty, count, data.penaltyStart, relative);
        const [low, high] = finiteExtent(data.loss, count) ?? [0, 1];
        const highest = Math.max(1, finiteExtent(relative, count)?.[1] ?? 1);
        lossY
          .domain(low < high ? [low, high] : [low - 0.5, high + 0.5])
          .range([bottom, top])
          .nice(5);
        penaltyY.domain([0, highest]).range([bottom, top]).nice(5);
        const number = lossY.tickFormat(5);
        drawAxis(axes[0], lossY, { side: "left", x: left, ticks: 5, format: number, grid: right - left });
        drawAxis(axes[1], penaltyY, { side: "right", x: right, ticks: 5, format: penaltyY.tickFormat(5) });
        words.selectAll("*").remove();
        addText(words, left, top - 8, "loss (nats a token)").style("fill", "var(--chart-loss)");
        addText(words, right, top - 8, "R / R at step 0", { anchor: "end" }).style("fill", "var(--chart-penalty)");
        const at = (y: (v: number) => number, values: ArrayLike<number>) => (i: number) =>
          [x(data.step[i] ?? 0), y(values[i] ?? NaN)] as const;
        raw.attr("d", dotPath(bucketIndices(data.step, data.loss, count, buckets), at(lossY, data.loss)));
        loss.attr("d", linePath(bucketIndices(data.step, average, count, buckets / 2), at(lossY, average)));
        penalty.attr("d", linePath(bucketIndices(data.step, relative, count, buckets / 2), at(penaltyY, relative)));
        return (
          `Loss and normalised R by step, ${count} points up to step ${data.step[count - 1]}: mean loss ` +
          `${(average[count - 1] ?? 0).toFixed(3)}, R / R at step 0 ${(relative[count - 1] ?? 0).toFixed(3)}.`
        );
      },
      tip: (data, i) => [
        { label: "loss", value: (data.loss[i] ?? NaN).toFixed(3) },
        { label: "mean loss", value: (average[i] ?? NaN).toFixed(3), colour: "--chart-loss" },
        { label: "R / R at step 0", value: (relative[i] ?? NaN).toFixed(3), colour: "--chart-penalty" },
        { label: "R", value: (data.penalty[i] ?? NaN).toFixed(4) },
        { label: "kept share", value: percent(data.kept[i] ?? NaN) },
      ],
      dots: (_, i) => [
        { y: lossY(average[i] ?? NaN), colour: "--chart-loss" },
        { y: penaltyY(relative[i] ?? NaN), colour: "--chart-penalty" },
      ],
    };
  });
}
