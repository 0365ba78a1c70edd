// Where the budget went: the weights of attention and MLP, block by block, before and after pruning.
import { percent, short, whole } from "../../shared/format.ts";
import type { Chart } from "../lib/frame/chart.ts";
import type { Tip } from "../lib/frame/tooltip.ts";
import { stackedBars } from "../lib/bars/stackedBars.ts";
import type { StackedBar, StackedContent } from "../lib/bars/stackedGeometry.ts";
import { rate } from "../lib/numbers/rates.ts";

/** Weights of a part of a block. */
interface PartWeights {
  kept: number;
  of: number;
}

export interface BudgetData {
  blocks: readonly { attention: PartWeights; mlp: PartWeights }[];
  /** Number of the first block that is shown. */
  first: number;
}

const KINDS = [
  { label: "attention", colour: "--chart-s1" },
  { label: "MLP", colour: "--chart-s3" },
  { label: "left: before, right: after pruning" },
] as const;

/** Draws the bars into `node`. */
export const budgetBars = (node: HTMLElement): Chart<BudgetData> => stackedBars(node, "budget", budgetContent);

export function budgetContent({ blocks, first }: BudgetData): StackedContent {
  const n = Math.max(1, blocks.length);
  const bars = blocks.flatMap(({ attention, mlp }, i): StackedBar[] => {
    const tip = tipOf(first + i, attention, mlp);
    const at = (share: number): number => (i + share) / n;
    return [
      { from: at(0.1), to: at(0.5), values: [attention.of, mlp.of], faint: true, tip },
      { from: at(0.5), to: at(0.9), values: [attention.kept, mlp.kept], tip },
    ];
  });
  const sum = (part: "attention" | "mlp", key: "kept" | "of"): number =>
    blocks.reduce((all, block) => all + block[part][key], 0);
  const words = (part: "attention" | "mlp", name: string): string =>
    `${name} keeps ${percent(rate(sum(part, "kept"), sum(part, "of")))} of ${short(sum(part, "of"))} weights`;
  return {
    kinds: KINDS,
    bars,
    ticks: blocks.map((_, i) => ({ at: (i + 0.5) / n, text: String(first + i) })),
    ...{ x: "block", y: "weights" },
    name: `Weights of attention and MLP in ${blocks.length} blocks, before and after pruning. ${words("attention", "Attention")}, ${words("mlp", "the MLP")}.`,
  };
}

function tipOf(block: number, attention: PartWeights, mlp: PartWeights): Tip {
  const row = (name: string, { kept, of }: PartWeights, colour: string) => ({
    ...{ label: name, value: `${percent(rate(kept, of))} (${whole(kept)} of ${whole(of)})`, colour },
  });
  const both = { kept: attention.kept + mlp.kept, of: attention.of + mlp.of };
  const rows = [row("attention", attention, KINDS[0].colour), row("MLP", mlp, KINDS[1].colour), row("both", both, "")];
  return { title: `block ${block}`, rows };
}
