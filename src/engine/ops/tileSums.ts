// The second half of every sum over the gates of a vector: from sums by tile to sums by vector.
import grid from "../../../shaders/lib/grid.wgsl?raw";
import wgsl from "../../../shaders/tile_sums.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import type { KernelSpec } from "../gpu/kernel.ts";
import { elements, matrixOf, type Tensor } from "../tensor.ts";
import type { GateTables } from "./kit/gateTables.ts";
import { groupsFor } from "./kit/launch.ts";

const WORKGROUP = 64;
const FORWARD: KernelSpec = { label: "tileSums", code: [grid, wgsl].join("\n"), entry: "forward" };

/** sums[v, c] = sum over the tiles t of vector v of parts[t, c], into `sums`. parts: (tiles, C), sums: (vectors, C). Not differentiable. */
export function tileSums(ctx: Ctx, parts: Tensor, { layout, bounds }: GateTables, sums: Tensor): void {
  const { cols } = matrixOf(parts);
  const dims = { vectors: layout.sizes.length, cols };
  ctx.run(FORWARD, [parts, bounds, sums], dims, groupsFor(elements(sums), WORKGROUP));
}
