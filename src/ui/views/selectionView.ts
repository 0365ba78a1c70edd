// The selection in the map as words, and what it leaves of a figure's rows.
import { whole } from "../../shared/format.ts";
import type { FiguresSlice } from "../../state/figures/figuresState.ts";

type Selection = Pick<FiguresSlice, "selectedBlocks" | "selectedDimensions">;

/** "blocks 2 to 4"; null while all blocks are shown. */
export function blocksWords(blocks: Selection["selectedBlocks"]): string | null {
  if (!blocks) return null;
  const [first, last] = blocks;
  return first === last ? `block ${whole(first)}` : `blocks ${whole(first)} to ${whole(last)}`;
}

/** "blocks 2 to 4, dimensions 3 to 20"; null while nothing is selected. */
export function selectionWords({ selectedBlocks, selectedDimensions }: Selection): string | null {
  const parts = [blocksWords(selectedBlocks), selectedDimensions?.words].filter(Boolean);
  return parts.length > 0 ? parts.join(", ") : null;
}

/** After a caption: which blocks a figure shows; "" for all. */
export function onlyBlocks(blocks: Selection["selectedBlocks"]): string {
  const words = blocksWords(blocks);
  return words ? ` Only ${words}, as selected in the map.` : "";
}

export const isSelected = (blocks: Selection["selectedBlocks"], block: number): boolean =>
  !blocks || (block >= blocks[0] && block <= blocks[1]);

/** The selected ones of a list with an entry per block. */
export function ofBlocks<T>(list: readonly T[], blocks: Selection["selectedBlocks"]): readonly T[] {
  return blocks ? list.slice(blocks[0], blocks[1] + 1) : list;
}
