// A frozen linear layer whose weight lies in parts: each part makes some columns of y, and all of them make dx.
import wgsl from "../../../shaders/linear_parts.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import { invariant } from "../errors.ts";
import { matrixOf, type Tensor, view } from "../tensor.ts";
import { addInto } from "./arithmetic.ts";
import { linear, linearBackward, linearForward } from "./linear.ts";
import { heightOf, placed, type RowParts } from "./kit/rowParts.ts";
import { blockKernel, type Launcher, unitOf } from "./kit/variants.ts";

const TAKE = blockKernel("take columns", wgsl, "take");
const PUT = blockKernel("put columns", wgsl, "put");

/** linear of a weight (N, K) in parts. x: (..., K), bias: (N), y: (..., N). Weight and bias are frozen. */
export function linearParts(ctx: Ctx, x: Tensor, weight: RowParts, bias?: Tensor): Tensor {
  const [only] = weight;
  invariant(only, "bug", "a linear layer without a weight");
  if (weight.length === 1) return linear(ctx, x, only, bias);
  const { rows: m } = matrixOf(x);
  const y = ctx.empty([...x.shape.slice(0, -1), heightOf(weight)], "linear", { requiresGrad: ctx.needsGrad(x) });
  for (const { part, first, rows } of placed(weight)) {
    const piece = ctx.empty([m, rows], "columns of linear");
    linearForward(ctx, x, part, bias && view(bias, first, [rows]), piece);
    moveRun(ctx, PUT, { narrow: piece, wide: y, first }, [piece, y]);
  }
  return ctx.record(y, [x], (dy) => {
    const dx = ctx.gradTarget(x);
    const pieces = placed(weight).map(({ part, first, rows }) => {
      const piece = ctx.empty([m, rows], "columns of d linear");
      moveRun(ctx, TAKE, { narrow: piece, wide: dy, first }, [dy, piece]);
      return { part, dy: piece };
    });
    linearPartsBackward(ctx, pieces, dx);
    return [dx];
  });
}

/** dx = sum over the parts of dy part, into dx. dy: (..., rows of the part), dx: (..., K). Not differentiable. */
export function linearPartsBackward(ctx: Ctx, pieces: readonly { part: Tensor; dy: Tensor }[], dx: Tensor): void {
  for (const [i, { part, dy }] of pieces.entries()) {
    const into = i === 0 ? dx : ctx.empty(dx.shape, "d of a part");
    linearBackward(ctx, dy, part, into);
    if (i > 0) addInto(ctx, dx, into);
  }
}

/** Columns of `wide` from `first` on, to or from `narrow`. */
function moveRun(
  ctx: Ctx,
  kernel: Launcher,
  { narrow, wide, first }: { narrow: Tensor; wide: Tensor; first: number },
  args: Tensor[],
): void {
  const { rows, cols } = matrixOf(narrow);
  const { cols: width } = matrixOf(wide);
  const unit = unitOf(cols, width, first);
  const move = kernel(ctx, rows, cols, unit);
  ctx.run(move.spec, args, { rows, cols: move.cols, width: width / unit, first: first / unit }, move.groups);
}
