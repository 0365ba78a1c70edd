// A frozen linear layer whose weight is stored in parts: each part makes some columns of y, and dx is the sum over all parts.
import wgsl from "../../../shaders/linear_parts.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import { invariant } from "../errors.ts";
import { matrixOf, type Tensor, view } from "../tensor.ts";
import { addInto } from "./arithmetic.ts";
import { linear, linearBackward, linearForward } from "./linear.ts";
import { heightOf, placed, type RowParts } from "./kit/rowParts.ts";
import { blockKernel, type Launcher, unitOf } from "./kit/variants.ts";

const TAKE = blockKernel("linearParts", "take", [wgsl]);
const PUT = blockKernel("linearParts", "put", [wgsl]);

/** `linear` with a weight (N, K) in parts. x: (..., K), bias: (N), y: (..., N). Weight and bias are frozen. */
export function linearParts(ctx: Ctx, x: Tensor, weight: RowParts, bias?: Tensor): Tensor {
  const [only] = weight;
  invariant(only, "bug", "linearParts: expected at least one part, got none");
  if (weight.length === 1) return linear(ctx, x, only, bias);
  const { rows: m } = matrixOf(x);
  const y = ctx.empty([...x.shape.slice(0, -1), heightOf(weight)], "linear", { requiresGrad: ctx.needsGrad(x) });
  for (const { part, first, rows } of placed(weight)) {
    const piece = ctx.empty([m, rows], "columns of linear");
    linearForward(ctx, { x, weight: part, bias: bias && view(bias, first, [rows]), y: piece });
    moveColumns(ctx, PUT, [piece, y], { narrow: piece, wide: y, first });
  }
  return ctx.record(y, [x], (dy) => {
    const dx = ctx.gradTarget(x);
    const pieces = placed(weight).map(({ part, first, rows }) => {
      const piece = ctx.empty([m, rows], "columns of d linear");
      moveColumns(ctx, TAKE, [dy, piece], { narrow: piece, wide: dy, first });
      return { part, dy: piece };
    });
    linearPartsBackward(ctx, pieces, dx);
    return [dx];
  });
}

/** dx = sum over the parts of dy part, written to dx. dy: (..., rows of the part), dx: (..., K). Not differentiable. */
export function linearPartsBackward(ctx: Ctx, pieces: readonly { part: Tensor; dy: Tensor }[], dx: Tensor): void {
  for (const [i, { part, dy }] of pieces.entries()) {
    const target = i === 0 ? dx : ctx.empty(dx.shape, "d of a part");
    linearBackward(ctx, dy, part, target);
    if (i > 0) addInto(ctx, dx, target);
  }
}

interface ColumnRange {
  /** (rows, cols). */
  narrow: Tensor;
  /** (rows, width). */
  wide: Tensor;
  /** The column of `wide` that is column 0 of `narrow`. */
  first: number;
}

/** Copies all columns of `narrow` to or from their place in `wide`. */
function moveColumns(ctx: Ctx, kernel: Launcher, args: Tensor[], { narrow, wide, first }: ColumnRange): void {
  const { rows, cols } = matrixOf(narrow);
  const { cols: width } = matrixOf(wide);
  const unit = unitOf(cols, width, first);
  const move = kernel(ctx, rows, cols, unit);
  ctx.run(move.spec, args, { rows, cols: move.cols, width: width / unit, first: first / unit }, move.groups);
}
