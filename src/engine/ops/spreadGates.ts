// Copies trained gates to all their places and fills the others: shared vectors, and vectors that are not pruned (METHOD.md 1.1).
import wgsl from "../../../shaders/spread_gates.wgsl?raw";
import grid from "../../../shaders/lib/grid.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import { invariant } from "../errors.ts";
import { elements, type Tensor } from "../tensor.ts";
import { groupsOf, kernelOf } from "./kit/launch.ts";

const FORWARD = kernelOf("spreadGates", "forward", [grid, wgsl]);
const BACKWARD = kernelOf("spreadGates", "backward", [grid, wgsl]);

/** Which places each gate has. */
export interface SpreadTables {
  /** u32 (all places): the gate of each place; `own`, the number of gates, for padding, and more for a gate that is fixed. */
  readonly sources: Tensor;
  /** u32 (all places): the places ordered by gate. */
  readonly places: Tensor;
  /** u32 (own gates, 2): the first entry of `places` and the number of entries of each gate. */
  readonly bounds: Tensor;
}

/** Makes the tables, to outlive steps, or ("step") within a step and until its end. own: number of gates; sources[i] = own is padding, and more is a fixed gate. */
export function spreadTables(
  ctx: Ctx,
  sources: Uint32Array,
  own: number,
  lifetime: "persistent" | "step" = "persistent",
): SpreadTables {
  const placesOf: number[][] = Array.from({ length: own }, () => []);
  sources.forEach((source, place) => placesOf[source]?.push(place));
  let first = 0;
  const bounds = Uint32Array.from(
    placesOf.flatMap((places) => {
      const bound = [first, places.length];
      first += places.length;
      return bound;
    }),
  );
  const places = new Uint32Array(sources.length);
  places.set(placesOf.flat());
  const make = (label: string, shape: readonly number[], data: Uint32Array): Tensor =>
    lifetime === "step" ? ctx.upload(data, shape, label) : ctx.persistent(label, shape, { dtype: "u32", data });
  return {
    sources: make("gate sources", [sources.length], sources),
    places: make("gate places", [places.length], places),
    bounds: make("gate place bounds", [own, 2], bounds),
  };
}

/**
 * all[i] = own[sources[i]], 0 for padding, and `fixed` for fixed gates. own: (own gates), all: (all places). A gate's gradient is the sum over
 * its places; the others have none.
 */
export function spreadGates(ctx: Ctx, own: Tensor, { sources, places, bounds }: SpreadTables, fixed = 0): Tensor {
  const dims = { own: elements(own), all: elements(sources), fixed };
  invariant(
    bounds.shape[0] === dims.own,
    "shape",
    () => `${own.label}: expected ${bounds.shape[0] ?? 0} gates, got ${dims.own}`,
  );
  const all = ctx.empty([dims.all], "spread gates", { requiresGrad: ctx.needsGrad(own) });
  ctx.run(FORWARD, [own, sources, all], dims, groupsOf(FORWARD, dims.all));
  return ctx.record(all, [own], (dAll) => {
    const dOwn = ctx.gradTarget(own);
    ctx.run(BACKWARD, [dAll, places, bounds, dOwn], dims, groupsOf(BACKWARD, dims.own));
    return [dOwn];
  });
}
