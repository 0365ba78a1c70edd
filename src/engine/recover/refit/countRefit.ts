// The memory that a refit will take beside the dense and the pruned model, counted with the engine's own code.
import type { Ctx } from "../../ctx.ts";
import type { Model } from "../../model/load.ts";
import { DEFAULT_REFIT_RECIPE, type RefitRecipe } from "../../recipes/refitRecipe.ts";
import { type Pruning, TRAINED_LAYERS } from "../storedParts.ts";
import { copyOf, makeRefitState, observedLayer } from "./refit.ts";

/** Bytes of a refit on a counting device: the copies, the residual streams of all sequences, and the sums of the largest layer. */
export function countRefit(
  ctx: Ctx,
  { dense, pruned, pruning }: { dense: Model; pruned: Model; pruning: Pruning },
  plan: Pick<RefitRecipe, "matrices" | "sequences" | "tokens">,
): number {
  const start = ctx.buffers.bytesInUse;
  const tokens = Math.min(plan.tokens, dense.config.context);
  const sequences = Array.from({ length: plan.sequences }, () => new Uint32Array(tokens));
  const recipe = { ...DEFAULT_REFIT_RECIPE, ...plan };
  const { student, streams, free } = makeRefitState(ctx, { dense, pruned, pruning, recipe, sequences });
  let most = 0;
  for (const layer of TRAINED_LAYERS[plan.matrices]) {
    const at = { block: 0, layer };
    const observed = observedLayer(ctx, at, copyOf(student, at));
    streams.observeOnce(observed);
    most = Math.max(most, ctx.buffers.bytesInUse);
    const { gram, cross, outputs } = observed;
    ctx.free(gram, cross, ...(outputs ? [outputs] : []));
  }
  free();
  return most - start;
}
