// The pruned model on the GPU: made from the masks when something needs to run it.
import {
  compactModel,
  type Ctx,
  EngineError,
  type Model,
  modelOfMasks,
  type OpenedModel,
  overlaid,
  recoveredModel,
  type WeightRecipe,
  zeroedModel,
} from "../../engine/index.ts";
import type { Pruned } from "./pruned.ts";

/** Throws "unsupported" for SparseGPT, whose masks do not give its model: it also changed the weights that it kept. */
export function checkMasksGiveModel({ method }: WeightRecipe): void {
  if (method !== "sparsegpt") return;
  throw new EngineError(
    "unsupported",
    "SparseGPT changes the weights that it keeps, so its masks alone do not give the model again: prune with the same recipe once more.",
  );
}

/**
 * Makes the model of some masks: with weights of its own if there is memory, else those of selection vectors are the dense model under masks.
 * compact: always with its own, as training and measuring speed need. Throws what `checkMasksGiveModel` throws.
 */
export async function loadPruned(ctx: Ctx, opened: OpenedModel, pruned: Pruned, compact = false): Promise<Model> {
  const { values } = pruned;
  if (pruned.kind === "gates") {
    if (values) return compactModel(ctx, { ...opened, weights: overlaid(opened.weights, values) }, pruned.masks);
    return (compact ? compactModel : modelOfMasks)(ctx, opened, pruned.masks);
  }
  if (values) return (await recoveredModel(ctx, opened, values, pruned.masks)).model;
  checkMasksGiveModel(pruned.recipe);
  return zeroedModel(ctx, opened.model, pruned.masks);
}

/** At most one pruned model on the GPU, kept until another one is needed. */
export class PrunedModel {
  private loaded: { masks: Pruned["masks"]; model: Model } | undefined;

  /** The model of these masks (see `loadPruned`). Throws what `checkMasksGiveModel` throws if it is not on the GPU any more. */
  async of(ctx: Ctx, opened: OpenedModel, pruned: Pruned, compact = false): Promise<Model> {
    const { masks, kind } = pruned;
    const { loaded } = this;
    // a compact model has lists of what it keeps
    if (loaded?.masks === masks && !(compact && kind === "gates" && !loaded.model.selection.cut)) return loaded.model;
    this.free();
    return this.set(masks, await loadPruned(ctx, opened, pruned, compact));
  }

  /** Takes a model that was made elsewhere, and frees the one before. */
  set(masks: Pruned["masks"], model: Model): Model {
    this.free();
    this.loaded = { masks, model };
    return model;
  }

  free(): void {
    this.loaded?.model.free();
    this.forget();
  }

  /** Drops a model whose device is lost. */
  forget(): void {
    this.loaded = undefined;
  }
}
