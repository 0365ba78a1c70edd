// What is selected in the map: other figures show only that until it is cleared, or another model is open.
import type { SliceOf } from "../slice.ts";
import type { FiguresSlice } from "./figuresState.ts";

const NOTHING = { selectedBlocks: null, selectedDimensions: null };

export const figuresSlice: SliceOf<FiguresSlice> = ({ on }, set) => {
  on({ model: { clear: () => ({ ...NOTHING, shownBlock: 0, shownMatrix: null }) } });
  return {
    ...NOTHING,
    shownBlock: 0,
    shownMatrix: null,
    showMatrix: (shownMatrix) => set({ shownMatrix }),
    showBlock: (shownBlock) => set({ shownBlock }),
    select: (selected) => set(selected),
    clearSelection: () => set(NOTHING),
  };
};
