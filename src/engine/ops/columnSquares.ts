// Sums of squares per column over calibration tokens: the squared norms of activations for weight scores (METHOD.md 2).
import wgsl from "../../../shaders/column_squares.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import { checkShape, matrixOf, type Tensor } from "../tensor.ts";
import { columnKernel } from "./kit/variants.ts";

const ACCUMULATE = columnKernel("columnSquares", "accumulate", [wgsl]);

/** sums += sum over rows of x^2, in place. x: (T, N), sums: (N). Not differentiable. */
export function addColumnSquares(ctx: Ctx, x: Tensor, sums: Tensor): void {
  const { rows, cols } = matrixOf(x);
  checkShape(sums, [cols], "sums of squares");
  const launch = ACCUMULATE(ctx, rows, cols);
  ctx.run(launch.spec, [x, sums], { rows, cols: launch.cols }, launch.groups);
}
