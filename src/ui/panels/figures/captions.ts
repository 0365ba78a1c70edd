// How to read the figures of a run, in the same words for the current run and for a saved one.
import type { RatioMode } from "../../../engine/index.ts";

export const MAP_CAPTION =
  "Rows: the places in each block where dimensions are selected (attention in/out, MLP in/out). Columns: embedding dimensions. Right: share kept of each row. Bottom: share of the rows that keep each dimension.";

export const MIDDLE_CAPTION =
  "Rows: the middle of each block’s MLP (s4). Columns: its neurons, different ones in each block. Right: share kept of each row. Bottom: share of the blocks that keep the neuron of this number.";

export const CURVES_CAPTION =
  "Training loss per token (red), and budget penalty R relative to step 0 (blue). R near 0: target met. Dots: the pruned model on the evaluation text; dashed: the dense one.";

export const KEPT_CAPTIONS: Readonly<Record<RatioMode, string>> = {
  one: "Share kept at each step; dashed: target.",
  every: "Distance from the ratio that each step drew.",
};

export const WIDTHS_CAPTION = "Kept width of each selection, block by block.";

export const SHARES_CAPTION = "Share of its weights that each MLP matrix keeps.";

export const NO_WEIGHT_CURVES = "Single-weight pruning has no training curves.";
export const NO_SAVED_CURVES = "No curves are saved with this run.";
