// Draws the plane of charts of perplexity against size.
import { drawAxis } from "../../lib/marks/axes.ts";
import type { Frame } from "../../lib/frame/frame.ts";
import { drawWords } from "../../lib/marks/words.ts";
import type { PlotPoint } from "../../../shared/perplexityAxis.ts";
import type { PlaneGeometry } from "./plane.ts";

/** Makes the layers; the returned function draws in them. */
export function createPlane({ svg }: Frame): (geometry: PlaneGeometry) => void {
  const [up, across, words] = [svg.append("g"), svg.append("g"), svg.append("g")];
  return (geometry) => {
    drawAxis(up, geometry.axes[0]);
    drawAxis(across, geometry.axes[1]);
    drawWords(words, geometry.words);
  };
}

/** A ring of `radius` pixels around the chosen one of a geometry's marks. */
export function createRing(
  { svg }: Frame,
  radius: number,
): (geometry: { marks: readonly PlotPoint[] }, at: number | null) => void {
  const ring = svg.append("circle").attr("r", radius).attr("class", "chart-cursor").style("display", "none");
  return ({ marks }, at) => {
    const mark = at === null ? undefined : marks[at];
    ring.style("display", mark ? "" : "none");
    if (mark) ring.attr("cx", mark.x).attr("cy", mark.y);
  };
}
