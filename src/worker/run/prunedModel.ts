// The pruned model on the GPU: made from the masks when something needs to run it.
import {
  type Ctx,
  cutReader,
  EngineError,
  indexLists,
  loadModel,
  type Masks,
  type Model,
  type OpenedModel,
  overlaid,
  recoveredModel,
  type WeightRecipe,
  zeroedModel,
} from "../../engine/index.ts";
import type { Pruned } from "./pruned.ts";

/** The compact model of an architecture. */
export function compactModel(ctx: Ctx, opened: OpenedModel, masks: Masks): Promise<Model> {
  const lists = indexLists(masks);
  return loadModel(ctx, opened.config, cutReader(opened.weights, opened.config.family, lists), {
    lists,
    precision: opened.model.precision,
  });
}

/** Throws "unsupported" for SparseGPT, whose masks do not give its model: it also changed the weights that it kept. */
export function checkMasksGiveModel({ method }: WeightRecipe): void {
  if (method !== "sparsegpt") return;
  throw new EngineError(
    "unsupported",
    "SparseGPT changes the weights that it keeps, so its masks alone do not give the model again: prune with the same recipe once more.",
  );
}

/** Makes the model of some masks. Throws what `checkMasksGiveModel` throws. */
export async function loadPruned(ctx: Ctx, opened: OpenedModel, pruned: Pruned): Promise<Model> {
  const { values } = pruned;
  if (pruned.kind === "gates") {
    const weights = values ? overlaid(opened.weights, values) : opened.weights;
    return compactModel(ctx, { ...opened, weights }, pruned.masks);
  }
  if (values) return (await recoveredModel(ctx, opened, values, pruned.masks)).model;
  checkMasksGiveModel(pruned.recipe);
  return zeroedModel(ctx, opened.model, pruned.masks);
}

/** At most one pruned model on the GPU, kept until another one is needed. */
export class PrunedModel {
  private loaded: { masks: Pruned["masks"]; model: Model } | undefined;

  /** The model of these masks. Throws what `checkMasksGiveModel` throws if it is not on the GPU any more. */
  async of(ctx: Ctx, opened: OpenedModel, pruned: Pruned): Promise<Model> {
    const { masks } = pruned;
    if (this.loaded?.masks === masks) return this.loaded.model;
    this.free();
    return this.set(masks, await loadPruned(ctx, opened, pruned));
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
