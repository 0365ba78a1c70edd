// The second half of every sum over the gates of a vector: from one sum per tile to one per vector.
import gateTiles from "../../../shaders/lib/gate_tiles.wgsl?raw";
import grid from "../../../shaders/lib/grid.wgsl?raw";
import wgsl from "../../../shaders/tile_sums.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import { elements, matrixOf, type Tensor } from "../tensor.ts";
import type { GateTables } from "./kit/gateTables.ts";
import { groupsOf, kernelOf } from "./kit/launch.ts";

const FORWARD = kernelOf("tileSums", "forward", [grid, gateTiles, wgsl]);

/** sums[v, c] = sum over the tiles t of vector v of parts[t, c], written to `sums`. parts: (tiles, C), sums: (vectors, C). Not differentiable. */
export function tileSums(ctx: Ctx, parts: Tensor, { layout, bounds }: GateTables, sums: Tensor): void {
  const { cols } = matrixOf(parts);
  const dims = { vectors: layout.sizes.length, cols };
  ctx.run(FORWARD, [parts, bounds, sums], dims, groupsOf(FORWARD, elements(sums)));
}
