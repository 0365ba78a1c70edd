// An outline around the weights under the cursor.
import type { Frame } from "../../lib/frame/frame.ts";

/** CSS pixels of the plot. */
interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Makes the mark; the returned function moves it to a box, or hides it for null. */
export function createAreaMark({ svg }: Frame): (box: Box | null) => void {
  const mark = svg.append("g").attr("class", "chart-cursor").style("display", "none");
  const outlines = ["chart-cursor chart-halo", "chart-cursor"].map((name) => mark.append("rect").attr("class", name));
  return (box) => {
    mark.style("display", box ? "" : "none");
    if (!box) return;
    for (const outline of outlines) {
      outline.attr("x", box.x - 1).attr("y", box.y - 1);
      outline.attr("width", box.width + 2).attr("height", box.height + 2);
    }
  };
}
