// What needs the values of a model's file, where the open model was quantised on opening and has others.
import type { Ctx } from "../ctx.ts";
import { EngineError } from "../errors.ts";
import { loadModel, type Model } from "./load.ts";
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

/** The precision in which `withOwnWeights` has the values of the file: halves where nothing is rounded. */
export const ownPrecision = ({ model, dtype }: Pick<OpenedModel, "model" | "dtype">): Precision =>
  model.quantised && dtype === "F16" ? "f16" : model.precision;

/** Runs `work` on the dense model with the values of its file: the open one, or another one beside it where that was quantised on opening. */
export async function withOwnWeights<T>(
  ctx: Ctx,
  opened: Pick<OpenedModel, "model" | "dtype" | "config" | "weights">,
  work: (model: Model) => Promise<T>,
  onProgress?: () => void,
): Promise<T> {
  const { model, config, weights } = opened;
  if (!model.quantised) return work(model);
  const own = await loadModel(ctx, config, weights, {
    precision: ownPrecision(opened),
    ...(onProgress ? { onProgress } : {}),
  });
  try {
    return await work(own);
  } finally {
    own.free();
  }
}
