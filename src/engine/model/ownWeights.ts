// What needs the values of a model's file, where the open model was quantised on opening and has others.
import { EngineError } from "../errors.ts";
import type { Model } from "./load.ts";
import type { OpenedModel } from "./open.ts";
import type { Precision } from "../tensor.ts";

/** Throws "config" for a model that was quantised on opening. `what` begins the sentence. */
export function requireOwnWeights({ quantised }: Pick<Model, "quantised">, what: string): void {
  if (!quantised) return;
  throw new EngineError(
    "config",
    `${what} works on the values of the file, but this model was quantised to ${quantised} when it was opened. Open it in full or half precision, or as stored in its file.`,
  );
}

/** The precision in which exports are compared: that of the open model, and for one that was quantised on opening halves where nothing is rounded. */
export const ownPrecision = ({ model, dtype }: Pick<OpenedModel, "model" | "dtype">): Precision =>
  model.quantised && dtype === "F16" ? "f16" : model.precision;
