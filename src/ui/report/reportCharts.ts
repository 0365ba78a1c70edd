// The charts of a run, drawn again from its record: not what is on the screen, which may be another run, and always in the light theme.
import { type Chart, gateMap, keptRatio, lossCurves, matrixShares, widths } from "../../charts/index.ts";
import type { Run } from "../../engine/index.ts";
import {
  CURVES_CAPTION,
  KEPT_CAPTIONS,
  MAP_CAPTION,
  SHARES_CAPTION,
  WIDTHS_CAPTION,
} from "../panels/figures/captions.ts";
import { savedRunData } from "../views/savedRunView.ts";
import type { ReportChart } from "./report.ts";

/** Width of the pictures. */
const WIDTH_PX = 900;

interface Drawing {
  title: string;
  caption: string;
  /** Draws the chart into a node. */
  draw(node: HTMLElement): Chart<never>;
}

function drawing<Data>(
  words: Pick<Drawing, "title" | "caption">,
  make: (node: HTMLElement) => Chart<Data>,
  data: Data,
): Drawing {
  return {
    ...words,
    draw(node) {
      const chart = make(node);
      chart.update(data);
      return chart;
    },
  };
}

function drawingsOf(run: Run): Drawing[] {
  const { gates, shares, curves } = savedRunData(run);
  const { made } = run.record;
  const mode = made.kind === "disp" ? made.recipe.ratioMode : "one";
  const found: Drawing[] = [];
  if (gates) {
    const map = (node: HTMLElement) => gateMap(node, { flash: false });
    found.push(
      drawing({ title: "Which dimensions survive", caption: MAP_CAPTION }, map, { ...gates.map, fade: false }),
      drawing({ title: "Widths, block by block", caption: WIDTHS_CAPTION }, widths, { ...gates.widths, fade: false }),
    );
  }
  if (shares && shares.parts.length > 0) {
    const make = (node: HTMLElement) => matrixShares(node, shares.parts);
    found.push(drawing({ title: "Kept share by matrix", caption: SHARES_CAPTION }, make, shares.bars));
  }
  if (curves)
    found.push(
      drawing({ title: "Loss and budget penalty", caption: CURVES_CAPTION }, lossCurves, curves),
      drawing({ title: "Kept share and target", caption: KEPT_CAPTIONS[mode] }, keptRatio, curves),
    );
  return found;
}

/**
 * The charts of a run as SVG documents. They are drawn in the page, out of sight, because texts are measured there.
 * @param caption written into every picture: what it is of
 */
export function reportCharts(run: Run, caption: string): ReportChart[] {
  const drawings = drawingsOf(run);
  const holder = document.createElement("div");
  holder.setAttribute("aria-hidden", "true");
  holder.inert = true;
  holder.style.cssText = `position: fixed; left: -10000px; top: 0; width: ${WIDTH_PX}px; color-scheme: light`;
  document.body.append(holder);
  try {
    return drawings.map(({ title, caption: how, draw }) => {
      const node = holder.appendChild(document.createElement("div"));
      const chart = draw(node);
      const words = node.querySelector("[role=img]")?.getAttribute("aria-label") ?? title;
      const svg = chart.svg(`${title}\n${caption}`);
      chart.destroy();
      return { title, caption: how, words, svg };
    });
  } finally {
    holder.remove();
  }
}
