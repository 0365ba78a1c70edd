// The gradient of a linear layer's weight, dW = dY^T X, for layers of the language model. The kernels come in variants, as those of linear.ts.
import grid from "../../../shaders/lib/grid.wgsl?raw";
import tnBlocks from "../../../shaders/linear_weight_gradient/tn_blocks.wgsl?raw";
import tnRegisters from "../../../shaders/linear_weight_gradient/tn_registers.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import type { BlockVariant, MatrixVariant } from "../matmul/matmulVariants.ts";
import type { KernelSpec } from "../gpu/kernel.ts";
import { checkShape, matrixOf, type Tensor } from "../tensor.ts";
import { addSlices } from "./addSlices.ts";
import { BLOCK_SHAPES, BLOCK_VARIANTS, blockText, forBlocks, SLICED_SHAPE } from "./kit/blockTiles.ts";
import { slicedGroups, slicesFor, tileGroups } from "./kit/tileGroups.ts";
import { kernelOf } from "./kit/launch.ts";
import { fillsCard, isUsable } from "./kit/matmulChoice.ts";
import { isMatrix, MATRIX_VARIANTS, matrixCode, perMatrixUnit } from "./kit/matrixTiles.ts";
import { unitOf } from "./kit/variants.ts";
import { valueText } from "./kit/weightText.ts";

export type WeightGradientVariant = "registers" | "splitk" | BlockVariant | MatrixVariant;

export const WEIGHT_GRADIENT_VARIANTS: readonly WeightGradientVariant[] = [
  ...(["registers", "splitk"] as const),
  ...BLOCK_VARIANTS,
  ...MATRIX_VARIANTS,
];

/** Writes dw, or adds to it. */
interface Kernels {
  write: KernelSpec;
  accumulate: KernelSpec;
}

const kernels = (entry: string, code: readonly string[]): Kernels => ({
  write: kernelOf("linearWeightGradient", entry, code),
  accumulate: kernelOf("linearWeightGradient", entry, code, { ACCUMULATE: 1 }),
});
const blockKernels = (variant: BlockVariant): Kernels =>
  kernels("weight_gradient", [grid, blockText(BLOCK_SHAPES[variant]), tnBlocks]);

const REGISTERS = kernels("weight_gradient", [grid, valueText(4), tnRegisters]);
/** For widths of which one or both are not multiples of 4, by the width of the columns. */
const ODD = {
  1: kernels("weight_gradient_odd", [grid, valueText(1), tnRegisters]),
  4: kernels("weight_gradient_odd", [grid, valueText(4), tnRegisters]),
};
const BLOCKS = forBlocks(blockKernels);
const matrixKernels = perMatrixUnit((facts, _, variant) =>
  kernels("weight_gradient", matrixCode(facts, variant, [grid, tnBlocks])),
);

/** The variant for a gradient of (n, k): ctx.matmul where it has the same name here, else by the kind of adapter and the size. */
function variantFor(ctx: Ctx, n: number, k: number): WeightGradientVariant {
  const named = WEIGHT_GRADIENT_VARIANTS.find((variant) => variant === ctx.matmul);
  if (named && isUsable(ctx, named)) return named;
  if (ctx.gpu.facts.software || ctx.matmul === "quad" || ctx.matmul === "registers") return "registers";
  return fillsCard(n, k) && isUsable(ctx, "blocks128") ? "blocks128" : "splitk";
}

interface GradientOptions {
  /** Add to dw instead of overwriting it. */
  accumulate?: boolean;
  /** Default: by the adapter and the size. */
  variant?: WeightGradientVariant;
}

/** dw = dy^T x, or dw += dy^T x. x: (..., K), dy: (..., N), dw: (N, K), all f32. Not differentiable. Throws "shape". */
export function linearWeightGradient(
  ctx: Ctx,
  [x, dy]: readonly [Tensor, Tensor],
  dw: Tensor,
  { accumulate = false, variant }: GradientOptions = {},
): void {
  const { rows: m, cols: k } = matrixOf(x);
  const { rows, cols: n } = matrixOf(dy);
  checkShape(dw, [n, k], "weight gradient");
  checkShape(dy, [...x.shape.slice(0, -1), n], `gradient of ${rows} rows`);
  const run = (spec: KernelSpec, out: Tensor, slices = 1, unit = 1): void => {
    const dims = { m, n, k: k / unit };
    ctx.run(spec, [dy, x, out], dims, slicedGroups(tileGroups(spec, n, k), slices));
  };
  const pick = (from: Kernels): KernelSpec => (accumulate ? from.accumulate : from.write);
  ctx.spend(2 * m * n * k);
  const odd = unitOf(n, k) === 1;
  const chosen = odd ? "registers" : (variant ?? variantFor(ctx, n, k));
  if (chosen === "registers") {
    const unit = unitOf(k);
    run(pick(odd ? ODD[unit] : REGISTERS), dw, 1, unit);
    return;
  }
  const made = isMatrix(chosen)
    ? matrixKernels(ctx.gpu.facts, "f32", chosen)
    : BLOCKS[chosen === "splitk" ? SLICED_SHAPE : chosen];
  const slices = slicesFor(ctx.gpu.facts, chosen, made.write, { rows: n, cols: k, steps: m });
  if (slices === 1) run(pick(made), dw);
  else
    ctx.scratch([slices, n, k], "slices of a weight gradient", (parts) => {
      run(made.write, parts, slices);
      addSlices(ctx, parts, dw, accumulate ? "accumulate" : undefined);
    });
}
