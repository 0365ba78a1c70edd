// The plane of charts of perplexity against size: scales with room around the points, by logarithm where perplexities differ much, and axes.
import { scaleLinear } from "d3";
import { addText, drawAxis } from "../../lib/axes.ts";
import { isLogAxis, logTicks, type PlotPoint } from "../../../shared/perplexityAxis.ts";
import type { Frame, Group } from "../../lib/frame.ts";

export const LEFT_PX = 48;
export const RIGHT_PX = 14;
const AXIS_PX = 38;
/** Share of the range that stays free on each side. */
const PAD = 0.07;

export interface PlaneOptions {
  /** All that has to be seen. */
  places: readonly PlotPoint[];
  axis: { name: string; format: (x: number) => string };
  width: number;
  /** Upper edge of the plot, and lower edge of the chart. */
  top: number;
  height: number;
}

export interface Plane {
  x(size: number): number;
  y(perplexity: number): number;
  /** Lower edge of the plot. */
  bottom: number;
}

/** Makes the axes' places; the returned function draws them and says where a point lies. */
export function createPlane({ svg }: Frame): (options: PlaneOptions) => Plane {
  const axes: readonly [Group, Group] = [svg.append("g"), svg.append("g")];
  const words = svg.append("g");
  return ({ places, axis, width, top, height }) => {
    const bottom = height - AXIS_PX;
    const ys = places.map(({ y }) => y);
    const log = isLogAxis(ys);
    const along = log ? Math.log10 : (y: number): number => y;
    const x = scaleLinear(span(places.map((place) => place.x)), [LEFT_PX, width - RIGHT_PX]);
    const y = scaleLinear(span(ys.map(along)), [bottom, top]);
    const [low = 0, high = 1] = y.domain();
    const ticks = log ? logTicks(10 ** low, 10 ** high).map(Math.log10) : y.ticks(6);
    const format = (tick: number): string => String(Number((log ? 10 ** tick : tick).toPrecision(3)));
    drawAxis(axes[0], y, { side: "left", x: LEFT_PX, ticks, format, grid: width - RIGHT_PX - LEFT_PX });
    const across = x.ticks(Math.max(2, Math.floor(width / 110)));
    drawAxis(axes[1], x, { side: "bottom", y: bottom, ticks: across, format: axis.format });
    words.selectAll("*").remove();
    addText(words, 0, top - 8, log ? "perplexity (log)" : "perplexity");
    addText(words, width - RIGHT_PX, height - 4, axis.name, { anchor: "end" });
    return { x: (size) => x(size), y: (perplexity) => y(along(perplexity)), bottom };
  };
}

function span(values: readonly number[]): [number, number] {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const pad = high > low ? (high - low) * PAD : Math.abs(high) * 0.1 || 1;
  return values.length > 0 ? [low - pad, high + pad] : [0, 1];
}

/** A perplexity in a chart's words. */
export const perplexityWords = (y: number): string =>
  y < 100 ? y.toFixed(2) : y < 1e4 ? y.toFixed(0) : y.toExponential(1);
