// State that figures share: what is selected in the map, and the block that is looked at.

/** Dimensions that were selected in the map, and what they are in words: "dimensions 3 to 20". */
interface SelectedDimensions {
  of: readonly number[];
  words: string;
}

export interface FiguresSlice {
  /** Blocks selected in the map, first and last; null: all. Layers, widths and other figures show only these. */
  selectedBlocks: readonly [number, number] | null;
  /** Embedding dimensions selected in the map; null: all. */
  selectedDimensions: SelectedDimensions | null;
  /** The block that is looked at: under the cursor of the map, or chosen at its figure. */
  shownBlock: number;
  showBlock(block: number): void;
  /** The linear layer whose weights are shown; null: none yet. layer: its number in the block, in order of use. */
  shownMatrix: { block: number; layer: number } | null;
  showMatrix(matrix: FiguresSlice["shownMatrix"]): void;
  select(selected: Partial<Pick<FiguresSlice, "selectedBlocks" | "selectedDimensions">>): void;
  clearSelection(): void;
}
