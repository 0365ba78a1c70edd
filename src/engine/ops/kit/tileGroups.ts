// Workgroups of a matmul kernel: one per tile of the result, or per tile and slice of the sum.
import type { AdapterFacts } from "../../gpu/device.ts";
import type { KernelSpec } from "../../gpu/kernel.ts";
import type { Groups } from "../../gpu/pastDispatches.ts";
import type { MatmulVariant } from "../../matmul/matmulVariants.ts";
import { groupsFor, kernelSizes } from "./launch.ts";

/** Variants whose sum is divided among workgroups. */
const SLICED: readonly MatmulVariant[] = ["splitk", "matricesk"];
/** Workgroups that fill a large graphics card (measured on an H200), and rounds of the sum that a slice must have to be worth its own workgroup. */
const FULL_CARD = 768;
const SLICE_ROUNDS = 4;
const MOST_SLICES = 32;

/** A result of rows x cols, each of which is a sum of so many steps. */
interface Product {
  rows: number;
  cols: number;
  steps: number;
}

/** Tiles of a kernel with TILE_ROWS x TILE_COLUMNS results each. */
const tilesOf = (spec: KernelSpec, { rows, cols }: Omit<Product, "steps">): number => {
  const { constant } = kernelSizes(spec);
  return Math.ceil(rows / constant("TILE_ROWS")) * Math.ceil(cols / constant("TILE_COLUMNS"));
};

/** Into how many slices a variant divides the sum, so that the tiles of a small result fill a graphics card. 1: not at all. */
export function slicesFor(
  { maxBindingBytes }: AdapterFacts,
  variant: MatmulVariant,
  spec: KernelSpec,
  product: Product,
): number {
  if (!SLICED.includes(variant)) return 1;
  const { rows, cols, steps } = product;
  const fitting = Math.floor(maxBindingBytes / (4 * rows * cols));
  const worthwhile = Math.floor(steps / (kernelSizes(spec).constant("ROUND") * SLICE_ROUNDS));
  return Math.max(1, Math.min(Math.ceil(FULL_CARD / tilesOf(spec, product)), MOST_SLICES, worthwhile, fitting));
}

/** Workgroups of a kernel whose tiles take TILE_INVOCATIONS invocations, for a result of rows x cols. */
export function tileGroups(spec: KernelSpec, rows: number, cols: number): Groups {
  const { workgroup, constant } = kernelSizes(spec);
  return groupsFor(tilesOf(spec, { rows, cols }), workgroup / constant("TILE_INVOCATIONS"));
}

/** The same for a sum in slices. */
export const slicedGroups = ([x, y = 1]: Groups, slices: number): Groups => (slices === 1 ? [x, y] : [x, y, slices]);
