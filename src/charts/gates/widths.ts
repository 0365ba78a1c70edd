// Fig. 6 of DISP-LLM (arXiv 2410.11988): kept rate of s1..s5 as grouped bars, block by block.
import type { Chart } from "../lib/frame.ts";
import { groupedBars } from "../lib/bars/groupedBars.ts";
import type { BarsData } from "../lib/bars/groupedBars.ts";
import { VECTORS } from "../lib/numbers/vectors.ts";

/** Gates kept and gates there are: [block][s1..s5]. */
export type WidthsData = BarsData;

/** Draws the bars into `node`. */
export function widths(node: HTMLElement): Chart<WidthsData> {
  const words = (blocks: number): string => `Kept rate of the five selection vectors in ${blocks} blocks.`;
  return groupedBars(node, "widths", VECTORS, words);
}
