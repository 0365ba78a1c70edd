// What a weight mask keeps of each matrix of the MLP, as grouped bars, block by block.
import type { Chart } from "../lib/frame.ts";
import { groupedBars } from "../lib/bars/groupedBars.ts";
import type { BarKind, BarsData } from "../lib/bars/groupedBars.ts";

export type MatrixPart = "gate" | "up" | "down";

const PARTS: Readonly<Record<MatrixPart, BarKind>> = {
  gate: { name: "gate", meaning: "", long: "the gate of the MLP", colour: "--chart-s3" },
  up: { name: "up", meaning: "", long: "into the MLP", colour: "--chart-s4" },
  down: { name: "down", meaning: "", long: "out of the MLP", colour: "--chart-s2" },
};

/** Draws weights kept and weights there are, [block][part], into `node`. */
export function matrixShares(node: HTMLElement, parts: readonly MatrixPart[]): Chart<BarsData> {
  const words = (blocks: number): string => `Kept share of the MLP matrices of ${blocks} blocks.`;
  return groupedBars(
    node,
    "matrix-shares",
    parts.map((part) => PARTS[part]),
    words,
  );
}
