// Kept rates as grouped bars, block by block: draws the geometry and marks a bar.
import { transition } from "d3";
import { drawAxis } from "../marks/axes.ts";
import { createChart, type Chart } from "../frame/chart.ts";
import type { Frame } from "../frame/frame.ts";
import { drawLegend } from "../marks/legend.ts";
import { redrawn } from "../marks/redraw.ts";
import { FADE_MS, reducedMotion } from "../frame/theme.ts";
import { drawWords } from "../marks/words.ts";
import { BAR_PLACES, barsGeometry } from "./barsGeometry.ts";
import type { BarPlace, BarsData, BarsGeometry, BarsSubject } from "./barsGeometry.ts";
import { barLeft } from "./barsLayout.ts";

/** Draws the bars into `node`. `kind` is the chart's name in data-chart. */
export function groupedBars(node: HTMLElement, kind: string, subject: BarsSubject): Chart<BarsData> {
  return createChart<BarsData, BarsGeometry, BarPlace>(node, kind, (frame) => ({
    geometry: (data, space) => barsGeometry(data, subject, space),
    draw: createBars(frame, subject),
    places: BAR_PLACES,
    mark: createBarMark(frame),
  }));
}

/** Importing it is what gives selections their transitions. */
const fading = () => transition().duration(FADE_MS);

/** Makes the layers; the returned function draws in them. */
function createBars({ svg }: Frame, { kinds }: BarsSubject): (geometry: BarsGeometry, anew: boolean) => void {
  const legend = svg.append("g");
  const axes = svg.append("g");
  const words = svg.append("g");
  const track = svg.append("path").style("fill", "var(--chart-pruned)");
  const bars = kinds.map(({ colour }) => svg.append("path").style("fill", `var(${colour})`));
  let blocks = 0;
  return (geometry, anew) => {
    drawLegend(legend, geometry.legend);
    redrawn(axes, geometry.axes, (all) => all.forEach((axis) => drawAxis(axes.append("g"), axis)));
    drawWords(words, geometry.words);
    track.attr("d", geometry.track);
    const { data } = geometry;
    const fade = data.fade === true && !anew && data.kept.length === blocks && !reducedMotion();
    blocks = data.kept.length;
    bars.forEach((bar, k) => {
      const path = geometry.bars[k] ?? "";
      bar.interrupt();
      if (fade) bar.transition(fading()).attr("d", path);
      else bar.attr("d", path);
    });
  };
}

/** A frame around the chosen bar at its full height. */
function createBarMark({ svg }: Frame): (geometry: BarsGeometry, at: BarPlace | null) => void {
  const mark = svg.append("rect").attr("class", "chart-cursor").style("display", "none");
  return ({ layout }, at) => {
    mark.style("display", at ? "" : "none");
    if (!at) return;
    const { x, bottom } = barLeft(layout, at.block, at.k);
    const { barPx, barsPx } = layout;
    mark.attr("x", x - 0.5).attr("width", barPx + 1);
    mark.attr("y", bottom - barsPx - 0.5).attr("height", barsPx + 1);
  };
}
