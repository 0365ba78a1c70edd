// The pruned model of an architecture, with weights of its own or without.
import type { Ctx } from "../../ctx.ts";
import { indexLists } from "../../masks/compact.ts";
import type { Masks } from "../../masks/gates.ts";
import { loadModel, type Model, type WeightReader } from "../../model/load.ts";
import { maskedModel } from "../../model/maskedModel.ts";
import { cutReader } from "./cutReader.ts";

/** An open model: the dense one on the GPU, and its file. */
interface Dense {
  model: Model;
  weights: WeightReader;
}

/** The weights that the masks keep. The caller frees the model. */
export function compactModel(ctx: Ctx, { model, weights }: Dense, masks: Masks): Promise<Model> {
  const { config, precision } = model;
  const lists = indexLists(masks);
  return loadModel(ctx, config, cutReader(weights, config.family, lists), { lists, precision });
}

/**
 * The compact model where there is memory for one (Ctx.compact), else the dense one under masks. They compute the same, within f32 rounding.
 * A model that was quantised on opening gets masks: a compact one has the values of the file, and could not be compared with the dense one.
 */
export const modelOfMasks = async (ctx: Ctx, dense: Dense, masks: Masks): Promise<Model> =>
  ctx.compact && !dense.model.quantised ? compactModel(ctx, dense, masks) : maskedModel(ctx, dense.model, masks);
