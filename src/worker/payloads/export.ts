// Exports: how weights are written, and what can be saved.
import type { ExportedForm, FloatDtype, Form, FormSize, GgufType, RatioInside } from "../../engine/index.ts";
import type { PrunedId } from "./run.ts";

/** How weights are written. */
export interface ExportChoice {
  /** Their element type; null: the model's own. */
  dtype: FloatDtype | null;
  /** Largest weights file of the masked and compact forms in bytes; null: one file. */
  shardBytes: number | null;
  /** Element type of the matrices in GGUF forms, or "own" for that of the model's file; null: no GGUF is written. */
  gguf: GgufType | "own" | null;
}

/** Sizes of all forms of a pruning, before any is written. */
export interface SizedForms {
  sizes: readonly FormSize[];
  of: PrunedId;
}

/** What can be saved: one form of the pruned model, or several ratios of a run as one model. */
export type Savable = Form | "nested";

/** Several ratios of a run as one model: its compact form, and each ratio inside it, ascending. */
export interface NestedExport extends Pick<PrunedId, "run" | "step"> {
  exported: ExportedForm;
  ratios: readonly RatioInside[];
}
