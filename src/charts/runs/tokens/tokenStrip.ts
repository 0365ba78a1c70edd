// A text, token by token, coloured by which of two runs predicts it better.
import { createChart, type Chart } from "../../lib/frame/chart.ts";
import type { Frame } from "../../lib/frame/frame.ts";
import { drawLegend } from "../../lib/marks/legend.ts";
import { LINE_PX, TINT_PX, TOKEN_PLACES, tokenGeometry } from "./tokenGeometry.ts";
import type { TokenGeometry, TokenStripData } from "./tokenGeometry.ts";

/** Draws the strip into `node`. */
export function tokenStrip(node: HTMLElement): Chart<TokenStripData> {
  return createChart<TokenStripData, TokenGeometry, number>(node, "token-strip", (frame) => ({
    geometry: tokenGeometry,
    draw: createTokens(frame),
    places: TOKEN_PLACES,
    mark: createTokenMark(frame),
  }));
}

/** Makes the layers; the returned function draws in them. */
function createTokens({ svg }: Frame): (geometry: TokenGeometry) => void {
  const legend = svg.append("g");
  const words = svg.append("g");
  return (geometry) => {
    drawLegend(legend, geometry.legend);
    words.selectAll("*").remove();
    for (const { x, y, width, text, tint } of geometry.boxes) {
      if (tint) {
        const rect = words.append("rect").attr("x", x).attr("y", y).attr("width", width).attr("height", TINT_PX);
        rect.style("fill", `var(${tint.colour})`).style("opacity", tint.opacity);
      }
      const word = words
        .append("text")
        .attr("x", x)
        .attr("y", y + 12);
      word.attr("class", "chart-strong").style("white-space", "pre").text(text);
    }
  };
}

/** An outline around the chosen token. */
function createTokenMark({ svg }: Frame): (geometry: TokenGeometry, at: number | null) => void {
  const mark = svg.append("rect").attr("class", "chart-cursor").style("display", "none");
  mark.attr("height", LINE_PX - 2);
  return ({ boxes }, at) => {
    mark.style("display", at === null ? "none" : "");
    const box = at === null ? undefined : boxes[at];
    if (!box) return;
    mark
      .attr("x", box.x - 0.5)
      .attr("y", box.y - 1)
      .attr("width", box.width + 1);
  };
}
