// What "pruned" means now: the masks of an architecture or of single weights, and its model on the GPU once something needs to run it.
import {
  type Architecture as Masked,
  architectureOf,
  type Budget,
  byBlock,
  type Ctx,
  cutReader,
  EngineError,
  type GateLayout,
  indexLists,
  keptTotalWeights,
  keptWeights,
  loadModel,
  type Masks,
  type Model,
  type OpenedModel,
  type Recipe,
  type RunRecipe,
  sharingOf,
  type TextRef,
  type WeightMasks,
  type WeightRecipe,
  zeroedModel,
} from "../../engine/index.ts";
import type { ShownArchitecture, PrunedId, PrunedMlp } from "../protocol.ts";
import { idOfShown } from "../prunedId.ts";

/** Logits of a run at some step: every budget's architecture follows from them. */
export interface Logits extends Pick<PrunedId, "run" | "step"> {
  values: Float32Array<ArrayBuffer>;
  /** Of the run that they are from. */
  recipe: Recipe;
  /** The text that it is trained on. */
  calibration: TextRef;
}

export interface PrunedByGates {
  kind: "gates";
  masks: Masks;
  made: Exclude<RunRecipe, { kind: "weights" }>;
  architecture: ShownArchitecture;
  calibration: TextRef;
}

export interface PrunedByWeights {
  kind: "weights";
  masks: WeightMasks;
  recipe: WeightRecipe;
  told: PrunedMlp;
  calibration: TextRef;
}

export type Pruned = PrunedByGates | PrunedByWeights;

/** Names masks for the page, and for what is remembered of them. */
export const idOf = (pruned: Pruned): PrunedId =>
  idOfShown(pruned.kind === "gates" ? pruned.architecture : pruned.told);

/** The architecture at `keep`, with what it is of. */
export function prunedAt(logits: Logits, layout: GateLayout, budget: Budget, ratio: number): PrunedByGates {
  const { run, recipe, step, calibration, values } = logits;
  const sharing = sharingOf(recipe.gates, layout);
  const found: Masked = architectureOf(values, { layout, budget, ratio, sharing });
  const made = { kind: "disp", recipe: { ...recipe, ratio }, steps: step } as const;
  const pruned = prunedBy(found.masks, found.counts, budget, { run, ratio, step, made, calibration });
  if (recipe.ratioMode === "one") return pruned;
  const trainedFor = { from: recipe.ratioFrom, to: recipe.ratioTo };
  return { ...pruned, architecture: { ...pruned.architecture, trainedFor } };
}

/** Masks of gates, as the page shows them. counts: |s| of each vector. */
export function prunedBy(
  masks: Masks,
  counts: readonly number[],
  budget: Budget,
  { run, ratio, step, made, calibration }: Omit<PrunedId, "recipe"> & Pick<PrunedByGates, "made" | "calibration">,
): PrunedByGates {
  const architecture = {
    ...{ run, ratio, step, masks, kept: byBlock(counts) },
    keptBlockWeights: keptWeights(budget, counts),
    keptParameters: keptTotalWeights(budget, counts),
  };
  return { kind: "gates", masks, made, architecture, calibration };
}

/** The compact model of some masks. */
export function compactModel(ctx: Ctx, opened: OpenedModel, masks: Masks): Promise<Model> {
  const lists = indexLists(masks);
  return loadModel(ctx, opened.config, cutReader(opened.weights, opened.config.family, lists), {
    lists,
    precision: opened.model.precision,
  });
}

/** Throws "unsupported" for SparseGPT, which changed the weights that it kept. */
export function checkMasksAreAll({ method }: WeightRecipe): void {
  if (method !== "sparsegpt") return;
  throw new EngineError(
    "unsupported",
    "SparseGPT changes the weights that it keeps, so its masks alone do not give the model again: prune with the same recipe once more.",
  );
}

/** A weight-pruned model again from its masks. Throws what `checkMasksAreAll` throws. */
export function modelOfWeights(
  ctx: Ctx,
  opened: OpenedModel,
  { masks, recipe }: Pick<PrunedByWeights, "masks" | "recipe">,
): Model {
  checkMasksAreAll(recipe);
  return zeroedModel(ctx, opened.model, masks);
}

/** The model of some masks, made anew. Throws what `modelOfWeights` throws. */
export const loadPruned = async (ctx: Ctx, opened: OpenedModel, pruned: Pruned): Promise<Model> =>
  pruned.kind === "gates" ? compactModel(ctx, opened, pruned.masks) : modelOfWeights(ctx, opened, pruned);

/** Holds at most one pruned model, for the masks it was last asked for. */
export class PrunedModel {
  private held: { masks: Pruned["masks"]; model: Model } | undefined;

  /** Throws what `modelOfWeights` throws where the model is not on the GPU any more. */
  async of(ctx: Ctx, opened: OpenedModel, pruned: Pruned): Promise<Model> {
    const { masks } = pruned;
    if (this.held?.masks === masks) return this.held.model;
    this.free();
    return this.hold(masks, await loadPruned(ctx, opened, pruned));
  }

  /** Takes a model that was made elsewhere. */
  hold(masks: Pruned["masks"], model: Model): Model {
    this.free();
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
