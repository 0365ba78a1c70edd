// What a weight mask keeps of each matrix of the MLP, as grouped bars, block by block.
import type { Chart } from "../lib/frame/chart.ts";
import type { BarKind, BarsData } from "../lib/bars/barsGeometry.ts";
import { groupedBars } from "../lib/bars/groupedBars.ts";

export type MatrixPart = "gate" | "up" | "down";

const PARTS: Readonly<Record<MatrixPart, BarKind>> = {
  gate: { name: "gate", meaning: "", long: "gate of the MLP", colour: "--chart-s3" },
  up: { name: "up", meaning: "", long: "into the MLP", colour: "--chart-s4" },
  down: { name: "down", meaning: "", long: "out of the MLP", colour: "--chart-s2" },
};

/** Draws kept weights and all weights, [block][part], into `node`. */
export function matrixShares(node: HTMLElement, parts: readonly MatrixPart[]): Chart<BarsData> {
  const words = (blocks: number): string => `Kept share of the MLP matrices of ${blocks} blocks.`;
  return groupedBars(node, "matrix-shares", { kinds: parts.map((part) => PARTS[part]), words });
}
