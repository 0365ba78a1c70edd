// A pruned model without weights of its own: the dense one under masks, which computes the same (METHOD.md 1.1).
import type { Ctx } from "../ctx.ts";
import { flatten, gateLayout, type Masks } from "../masks/gates.ts";
import type { Model } from "./load.ts";
import { masked } from "./selection.ts";

/** The dense model under the masks of its 5L vectors. Freeing it leaves the dense model. */
export function maskedModel(ctx: Ctx, dense: Model, masks: Masks): Model {
  const layout = gateLayout(dense.config);
  const gates = ctx.persistent("masks", [layout.length], { data: flatten(layout, masks) });
  return {
    ...dense,
    selection: masked(gates, layout),
    gpuBytes: gates.buffer.bytes,
    free: () => ctx.free(gates),
  };
}
