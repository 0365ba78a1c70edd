// Gates that several vectors share, laid out for all of them: what the constrained ablation trains (METHOD.md 1.1).
import wgsl from "../../../shaders/spread_gates.wgsl?raw";
import grid from "../../../shaders/lib/grid.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import { invariant } from "../errors.ts";
import type { KernelSpec } from "../gpu/kernel.ts";
import { elements, type Tensor } from "../tensor.ts";
import { groupsFor } from "./kit/launch.ts";

const WORKGROUP = 64;
const code = [grid, wgsl].join("\n");
const FORWARD: KernelSpec = { label: "spread gates", code, entry: "forward" };
const BACKWARD: KernelSpec = { label: "spread gates backward", code, entry: "backward" };

/** Where gates come from and go to. */
export interface SpreadTables {
  /** (all) u32: for each place the gate that it shows; past the last gate where it is padding. */
  readonly sources: Tensor;
  /** (all) u32: places, those of the first gate first; and (own, 2) u32: the first of them and how many, for each gate. */
  readonly places: Tensor;
  readonly bounds: Tensor;
}

/** Makes the tables, to outlive steps, or ("step") inside one for the length of it. sources[i] >= own is padding. */
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

/** all[i] = own[sources[i]], 0 for padding. own: (own gates), returns (places). The gradient of a gate is the sum over its places. */
export function spreadGates(ctx: Ctx, own: Tensor, { sources, places, bounds }: SpreadTables): Tensor {
  const dims = { own: elements(own), all: elements(sources) };
  invariant(bounds.shape[0] === dims.own, "shape", () => `${own.label}: ${bounds.shape[0] ?? 0} gates expected`);
  const all = ctx.empty([dims.all], "spread gates", { requiresGrad: ctx.needsGrad(own) });
  ctx.run(FORWARD, [own, sources, all], dims, groupsFor(dims.all, WORKGROUP));
  return ctx.record(all, [own], (dAll) => {
    const dOwn = ctx.gradTarget(own);
    ctx.run(BACKWARD, [dAll, places, bounds, dOwn], dims, groupsFor(dims.own, WORKGROUP));
    return [dOwn];
  });
}
