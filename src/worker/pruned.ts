// The pruned model of one architecture: masks, counts, and its compact weights on the GPU once something needs to run it.
import {
  type Architecture as Masked,
  architectureOf,
  type Budget,
  byBlock,
  type Ctx,
  cutReader,
  type GateLayout,
  indexLists,
  keptTotalWeights,
  loadModel,
  type Masks,
  type Model,
  type OpenedModel,
  type Recipe,
  sharingOf,
} from "../engine/index.ts";
import type { Architecture } from "./protocol.ts";

/** Logits of a run at some step: every budget's architecture follows from them. */
export interface Logits {
  values: Float32Array<ArrayBuffer>;
  step: number;
  /** Of the run that they are from. */
  recipe: Recipe;
}

/** The architecture at `keep`, as the page shows it. */
export function architectureAt(logits: Logits, layout: GateLayout, budget: Budget, keep: number): Architecture {
  const found: Masked = architectureOf(logits.values, layout, budget, keep, sharingOf(logits.recipe.gates, layout));
  return {
    keep,
    step: logits.step,
    masks: found.masks,
    kept: byBlock(found.counts),
    keptBlockWeights: found.keptWeights,
    keptParameters: keptTotalWeights(budget, found.counts),
  };
}

/** Holds at most one compact model, for the masks it was last asked for. */
export class PrunedModel {
  private held: { masks: Masks; model: Model } | undefined;

  async of(ctx: Ctx, opened: OpenedModel, masks: Masks): Promise<Model> {
    if (this.held?.masks === masks) return this.held.model;
    this.free();
    const lists = indexLists(masks);
    const model = await loadModel(ctx, opened.config, cutReader(opened.weights, opened.config.family, lists), {
      lists,
      precision: opened.model.precision,
    });
    this.held = { masks, model };
    return model;
  }

  free(): void {
    this.held?.model.free();
    this.forget();
  }

  /** Lets go of a model whose device is gone. */
  forget(): void {
    this.held = undefined;
  }
}
