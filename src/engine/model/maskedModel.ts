// A pruned model without weights of its own: the dense one under masks, which computes the same (METHOD.md 1.1).
import type { Ctx } from "../ctx.ts";
import { flatten, gateLayout, type Masks } from "../masks/gates.ts";
import type { ModelConfig } from "../config/config.ts";
import type { Model } from "./load.ts";
import { masked, type Selection } from "./selection.ts";

/** The selection vectors of a model as masks on the GPU, until they are freed. */
export function maskedSelection(
  ctx: Ctx,
  config: ModelConfig,
  masks: Masks,
): { selection: Selection; gpuBytes: number; free: () => void } {
  const layout = gateLayout(config);
  const gates = ctx.persistent("masks", [layout.length], { data: flatten(layout, masks) });
  return { selection: masked(gates, layout), gpuBytes: gates.buffer.bytes, free: () => ctx.free(gates) };
}

/** The dense model under the masks of its 5L vectors. Freeing it leaves the dense model. */
export const maskedModel = (ctx: Ctx, dense: Model, masks: Masks): Model => ({
  ...dense,
  ...maskedSelection(ctx, dense.config, masks),
});
