// What quantising a model when it is opened costs in perplexity: measured beside the same model with the values of its file.
import type { Ctx } from "../ctx.ts";
import { EngineError, invariant } from "../errors.ts";
import { perplexity } from "../evaluate/perplexity.ts";
import { loadModel } from "../model/load.ts";
import type { OpenedModel } from "../model/open.ts";
import { RECIPE_BOUNDS } from "../recipes/recipe.ts";
import { planMemory } from "./memoryPlan.ts";
import type { QuantisationCost } from "./quantisationText.ts";

interface CostInput {
  /** Quantised on opening. */
  opened: OpenedModel;
  /** Token ids to measure on. */
  ids: Uint32Array;
  /** Tokens of a window. */
  context: number;
  /** Perplexity of the quantised model on these tokens. */
  quantised: number;
  /** Memory that both models have to fit into, as the user gave it. */
  memoryBytes?: number | undefined;
  /** What both may take where that is not given: the memory of the plan that was approved. Default: not limited. */
  plannedBytes?: number | undefined;
  onWindow?: (done: number, of: number) => void;
  cancelled?: () => boolean;
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(2)} GB`;

/** Why both models are not loaded, as the end of a sentence; undefined where they fit. */
function overLimit(both: number, { memoryBytes, plannedBytes = Infinity }: CostInput): string | undefined {
  if (memoryBytes !== undefined)
    return both > memoryBytes ? `the memory of your GPU is given as ${gigabytes(memoryBytes)}.` : undefined;
  if (both <= plannedBytes) return undefined;
  return `the plan of this model takes ${gigabytes(plannedBytes)}. Enter the memory of your GPU if it has more.`;
}

/**
 * Loads the model a second time, in half precision, or in full where its file is F32, measures it and frees it again. Throws "bug" for a model
 * that is not quantised, and "cancelled".
 */
export async function quantisationCost(ctx: Ctx, input: CostInput): Promise<QuantisationCost> {
  const { opened, ids, context, quantised, onWindow, cancelled } = input;
  const { config, weights, dtype } = opened;
  const type = opened.model.quantised;
  invariant(type, "bug", "expected a model that was quantised when it was opened");
  const precision = dtype === "F32" ? "f32" : "f16";
  const choice = { precision, trainingTokens: RECIPE_BOUNDS.tokens.min, evaluationTokens: context } as const;
  const { parts, largest, limitBytes } = await planMemory(ctx.gpu.facts, config, choice);
  const both = opened.model.gpuBytes + parts.weights + parts.training + parts.logits + parts.evaluation;
  const needs = `${gigabytes(both)} for both models`;
  const over = overLimit(both, input);
  if (over) return { type, notMeasured: `It takes ${needs}; ${over}` };
  if (largest.bytes > limitBytes)
    return {
      type,
      notMeasured: `It takes a buffer of ${gigabytes(largest.bytes)}; this adapter allows ${gigabytes(limitBytes)}.`,
    };
  try {
    const own = await loadModel(ctx, config, weights, {
      precision,
      onProgress: () => {
        if (cancelled?.()) throw new EngineError("cancelled", "The measurement was cancelled.");
      },
    });
    try {
      const watch = { ...(onWindow ? { onWindow } : {}), ...(cancelled ? { cancelled } : {}) };
      const { value } = await perplexity(ctx, own, ids, { context, ...watch });
      return { type, quantised, own: value, precision };
    } finally {
      own.free();
    }
  } catch (thrown) {
    const error = EngineError.from(thrown);
    if (error.code === "out-of-memory") return { type, notMeasured: `The GPU has no memory for it: ${needs}.` };
    if (error.code === "unsupported") return { type, notMeasured: error.message };
    throw error;
  }
}
