// Draws what is around the canvas of the gate map.
import { drawAxis } from "../../lib/marks/axes.ts";
import type { Frame, Group } from "../../lib/frame/frame.ts";
import { drawLegend } from "../../lib/marks/legend.ts";
import { drawWords } from "../../lib/marks/words.ts";
import { type GateMapGeometry, gateMark } from "./gateMapGeometry.ts";
import type { GatePlace } from "./gateTip.ts";
import type { StripGeometry } from "./stripGeometry.ts";

/** Makes the layers; the returned function draws in them. */
export function createSurround({ svg }: Frame): (geometry: GateMapGeometry) => void {
  const legend = svg.append("g");
  const labels = svg.append("g");
  const past = svg.append("g");
  const unselected = svg.append("path").style("fill", "var(--chart-paper)").style("fill-opacity", 0.72);
  const ticks = svg.append("path").attr("class", "chart-grid").style("stroke", "var(--chart-axis)");
  const track = svg.append("path").style("fill", "var(--chart-pruned)");
  const bars = svg.append("path").style("fill", "var(--chart-kept)");
  const drawStrip = createStrip(svg.append("g"));
  const total = svg.append("text").attr("y", 11).attr("class", "chart-strong").attr("text-anchor", "end");
  return (geometry) => {
    drawLegend(legend, geometry.legend);
    drawWords(labels, geometry.labels.words);
    drawWords(past, geometry.past);
    unselected.attr("d", geometry.selection);
    ticks.attr("d", geometry.labels.ticks);
    track.attr("d", geometry.track);
    bars.attr("d", geometry.bars);
    drawStrip(geometry.strip);
    total.attr("x", geometry.total.x).text(geometry.total.text);
  };
}

function createStrip(group: Group): (strip: StripGeometry) => void {
  const axes = [group.append("g"), group.append("g")] as const;
  const filled = (opacity: number) =>
    group.append("path").style("fill", "var(--chart-kept)").style("fill-opacity", opacity);
  const stroked = (colour: string) => group.append("path").style("fill", "none").style("stroke", `var(${colour})`);
  const range = filled(0.28);
  const area = filled(0.16);
  const line = stroked("--chart-kept");
  const whiskers = stroked("--chart-muted");
  const box = filled(0.28).style("stroke", "var(--chart-kept)");
  const median = stroked("--chart-ink").style("stroke-width", 2);
  const words = group.append("g");
  return (strip) => {
    drawAxis(axes[0], strip.axes[0]);
    drawAxis(axes[1], strip.axes[1]);
    range.attr("d", strip.range);
    area.attr("d", strip.area);
    line.attr("d", strip.line);
    whiskers.attr("d", strip.whiskers);
    box.attr("d", strip.box);
    median.attr("d", strip.median);
    drawWords(words, strip.words);
  };
}

/** A frame around the chosen row and a line down the chosen dimension. */
export function createGateMark({ svg }: Frame): (geometry: GateMapGeometry, at: GatePlace | null) => void {
  const mark = svg.append("g").attr("class", "chart-cursor").style("display", "none");
  const halo = mark.append("path").attr("class", "chart-cursor chart-halo");
  const row = mark.append("path").attr("class", "chart-cursor");
  const dimension = mark.append("path").attr("class", "chart-cursor").style("stroke-opacity", 0.55);
  return (geometry, at) => {
    mark.style("display", at ? "" : "none");
    if (!at) return;
    const paths = gateMark(geometry, at);
    halo.attr("d", paths.row);
    row.attr("d", paths.row);
    dimension.attr("d", paths.dimension);
  };
}
