// Single lines of text in a chart.
import type { Group } from "../frame/frame.ts";
import { redrawn } from "./redraw.ts";

/** A line of text; (x, y) is on its baseline, CSS pixels. */
export interface Words {
  x: number;
  y: number;
  text: string;
  /** Which part of the text is at x; "start" if not given. */
  anchor?: "middle" | "end";
  /** A class of charts.css. */
  className?: "chart-small" | "chart-strong";
  /** A custom property of theme.css, in place of the class's colour. */
  colour?: string;
}

/** Draws all lines in place of those in `group`. */
export function drawWords(group: Group, words: readonly Words[]): void {
  redrawn(group, words, () => {
    for (const { x, y, text, anchor, className, colour } of words) {
      const line = group.append("text").attr("x", x).attr("y", y).text(text);
      if (className) line.attr("class", className);
      if (anchor) line.attr("text-anchor", anchor);
      if (colour) line.style("fill", `var(${colour})`);
    }
  });
}
