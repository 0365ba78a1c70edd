// A GateLayout on the GPU: the vector of each tile of the flat buffer, and the range of each vector.
import type { Ctx } from "../../ctx.ts";
import { invariant } from "../../errors.ts";
import { GATE_TILE, type GateLayout } from "../../masks/gates.ts";
import type { Tensor } from "../../tensor.ts";

export interface GateTables {
  readonly layout: GateLayout;
  /** (tiles, 4) u32: GateTile of shaders/lib/gate_tiles.wgsl. */
  readonly tiles: Tensor;
  /** (vectors, 2) u32: first flat gate and number of gates of each vector. */
  readonly bounds: Tensor;
}

/** Makes the tables, to outlive steps, or ("step") within a step and until its end. */
export function gateTables(ctx: Ctx, layout: GateLayout, lifetime: "persistent" | "step" = "persistent"): GateTables {
  const { sizes, offsets, vectorOfTile } = layout;
  const tiles = Uint32Array.from(
    vectorOfTile.flatMap((vector, tile) => {
      const first = tile * GATE_TILE - (offsets[vector] ?? 0);
      return [vector, first, Math.min(GATE_TILE, (sizes[vector] ?? 0) - first), 0];
    }),
  );
  const bounds = Uint32Array.from(sizes.flatMap((size, vector) => [offsets[vector] ?? 0, size]));
  const make = (label: string, shape: readonly number[], data: Uint32Array): Tensor =>
    lifetime === "step" ? ctx.upload(data, shape, label) : ctx.persistent(label, shape, { dtype: "u32", data });
  return {
    layout,
    tiles: make("gate tiles", [vectorOfTile.length, 4], tiles),
    bounds: make("gate bounds", [sizes.length, 2], bounds),
  };
}

/** Throws EngineError("shape") unless the tensor has one element for each gate of the flat buffer. */
export function checkFlat(tensor: Tensor, { layout }: GateTables, what: string): void {
  invariant(
    tensor.shape.length === 1 && tensor.shape[0] === layout.length,
    "shape",
    () => `${what}: expected ${layout.length} flat gates, got ${tensor.shape.join("x")} (${tensor.label})`,
  );
}
