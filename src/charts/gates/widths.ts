// Fig. 6 of DISP-LLM (arXiv 2410.11988): kept rates of s1..s5 as grouped bars, block by block.
import type { Chart } from "../lib/frame/chart.ts";
import type { BarsData } from "../lib/bars/barsGeometry.ts";
import { groupedBars } from "../lib/bars/groupedBars.ts";
import { VECTORS } from "../lib/numbers/vectors.ts";

/** Kept gates and all gates: [block][s1..s5]. */
export type WidthsData = BarsData;

/** Draws the bars into `node`. */
export function widths(node: HTMLElement): Chart<WidthsData> {
  const words = (blocks: number): string => `Kept rate of the five selection vectors in ${blocks} blocks.`;
  return groupedBars(node, "widths", { kinds: VECTORS, words });
}
