// Below the gate map: kept rate of each embedding dimension over depth, aligned to the map's columns, and the box plot of those rates.
import { scaleLinear } from "d3";
import { addText, drawAxis } from "../../lib/axes.ts";
import type { Group } from "../../lib/frame.ts";
import type { MapLayout } from "./mapLayout.ts";
import type { Box, DimensionProfile } from "../../lib/numbers/rates.ts";

export interface Strip {
  layout(layout: MapLayout, dModel: number): void;
  update(profile: DimensionProfile, box: Box): void;
  /** Height of a kept rate (0..1) in the strip. */
  y(rate: number): number;
}

/** A step line or, with `base`, the step area down to it. */
function steps(
  values: Float32Array,
  x: (column: number) => number,
  y: (v: number) => number,
  base?: Float32Array,
): string {
  const n = values.length;
  let path = `M${x(0)},${y(values[0] ?? 0)}`;
  for (let c = 0; c < n; c += 1) path += `V${y(values[c] ?? 0)}H${x(c + 1)}`;
  if (!base) return path;
  for (let c = n - 1; c >= 0; c -= 1) path += `V${y(base[c] ?? 0)}H${x(c)}`;
  return `${path}Z`;
}

export function createStrip(group: Group): Strip {
  const axes = [group.append("g"), group.append("g")] as const;
  const words = group.append("g");
  const spread = group.append("path").style("fill", "var(--chart-kept)").style("fill-opacity", 0.28);
  const area = group.append("path").style("fill", "var(--chart-kept)").style("fill-opacity", 0.16);
  const line = group.append("path").style("fill", "none").style("stroke", "var(--chart-kept)");
  const box = group.append("g");
  const whiskers = box.append("path").style("fill", "none").style("stroke", "var(--chart-muted)");
  const body = box.append("rect").style("fill", "var(--chart-kept)").style("fill-opacity", 0.28);
  body.style("stroke", "var(--chart-kept)");
  const median = box.append("path").style("fill", "none").style("stroke", "var(--chart-ink)").style("stroke-width", 2);
  const numbers = box.append("g");
  const scale = scaleLinear([0, 1], [0, 0]);
  let at: MapLayout | null = null;
  const y = (rate: number): number => Math.round(scale(rate) * 10) / 10;

  return {
    y,
    layout(layout, dModel) {
      at = layout;
      const { left, plotWidth, stripTop, stripHeight, sideLeft, sideWidth } = layout;
      const bottom = stripTop + stripHeight;
      scale.range([bottom, stripTop]);
      const asPercent = (v: number): string => `${v * 100}${v === 1 ? " %" : ""}`;
      drawAxis(axes[0], scale, {
        side: "left",
        x: left,
        ticks: [0, 0.5, 1],
        format: asPercent,
        grid: plotWidth + 10 + sideWidth,
      });
      const x = scaleLinear([0, dModel], [left, left + plotWidth]);
      drawAxis(axes[1], x, {
        side: "bottom",
        y: bottom,
        ticks: Math.max(2, Math.floor(plotWidth / 90)),
        format: String,
      });
      words.selectAll("*").remove();
      const narrow = sideWidth < 60;
      addText(
        words,
        left,
        stripTop - 7,
        narrow ? "kept rate of each dimension" : "kept rate of each dimension over depth",
      );
      addText(words, sideLeft, stripTop - 7, narrow ? "spread" : "their spread");
      addText(words, left + plotWidth, bottom + 30, "embedding dimension", { anchor: "end" });
    },
    update(profile, { min, q1, median: middle, q3, max }) {
      if (!at) return;
      const { left, plotWidth, sideLeft } = at;
      const columns = profile.mean.length;
      const x = (column: number): number => Math.round((left + (column * plotWidth) / columns) * 10) / 10;
      const zero = new Float32Array(columns);
      area.attr("d", steps(profile.mean, x, y, zero));
      spread.attr("d", steps(profile.high, x, y, profile.low));
      line.attr("d", steps(profile.mean, x, y));
      const [x0, x1, xm] = [sideLeft + 2, sideLeft + 18, sideLeft + 10];
      const cap = `M${x0 + 4},${y(max)}H${x1 - 4}M${xm},${y(max)}V${y(q3)}`;
      whiskers.attr("d", `${cap}M${xm},${y(q1)}V${y(min)}M${x0 + 4},${y(min)}H${x1 - 4}`);
      body
        .attr("x", x0)
        .attr("width", x1 - x0)
        .attr("y", y(q3))
        .attr("height", Math.max(0, y(q1) - y(q3)));
      median.attr("d", `M${x0},${y(middle)}H${x1}`);
      numbers.selectAll("*").remove();
      const say = (rate: number, className: string): void =>
        void addText(numbers, x1 + 5, y(rate) + 3.5, `${Math.round(rate * 100)} %`, { className });
      say(middle, "chart-strong");
      if (y(middle) - y(max) > 11) say(max, "chart-small");
      if (y(min) - y(middle) > 11) say(min, "chart-small");
    },
  };
}
