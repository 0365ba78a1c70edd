// A linear layer whose weight is stored in parts: each part makes some columns of y, and dx is the sum over all parts. Usually frozen; where a
// model is recovered, its weight and bias are trained, or a low-rank adapter (LoRA, Hu et al. 2021, section 4.1) beside them.
import wgsl from "../../../shaders/linear_parts.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import { invariant } from "../errors.ts";
import { matrixOf, type Tensor, view } from "../tensor.ts";
import { add, addInto } from "./arithmetic.ts";
import { linear, linearBackward, linearForward } from "./linear.ts";
import { trainedBiasGradient } from "./linearTrained.ts";
import { linearWeightGradient } from "./linearWeightGradient.ts";
import { zeroByBits } from "./zeroWeights.ts";
import { heightOf, placed, type PlacedPart, type RowParts } from "./kit/rowParts.ts";
import { blockKernel, type Launcher, unitOf } from "./kit/variants.ts";

const TAKE = blockKernel("linearParts", "take", [wgsl]);
const PUT = blockKernel("linearParts", "put", [wgsl]);

/**
 * `linear` with a weight (N, K) in parts. x: (..., K), bias: (N), y: (..., N). Weight and bias are frozen, unless they require a gradient:
 * dw = dy^T x, and db, the sum of dy over its rows. A trained weight is f32.
 */
export function linearParts(ctx: Ctx, x: Tensor, weight: RowParts, bias?: Tensor): Tensor {
  const [only] = weight;
  invariant(only, "bug", "linearParts: expected at least one part, got none");
  const trained = weight.some((part) => part.requiresGrad) || bias?.requiresGrad === true;
  if (weight.length === 1 && !trained) return linear(ctx, x, only, bias);
  const inputs = [x, ...weight, ...(bias ? [bias] : [])];
  const y = ctx.empty([...x.shape.slice(0, -1), heightOf(weight)], "linear", {
    requiresGrad: ctx.needsGrad(...inputs),
  });
  const { rows: m } = matrixOf(x);
  if (weight.length === 1) linearForward(ctx, { x, weight: only, bias, y });
  else {
    const pieces = placed(weight).map((part) => ({ ...part, y: ctx.empty([m, part.rows], "columns of linear") }));
    linearPartsForward(ctx, x, pieces, bias);
    for (const { y: piece, first } of pieces) moveColumns(ctx, PUT, [piece, y], { narrow: piece, wide: y, first });
  }
  return ctx.record(y, inputs, (dy) => {
    const pieces = columnsOf(ctx, dy, weight);
    const dx = x.requiresGrad ? ctx.gradTarget(x) : null;
    if (dx) linearPartsBackward(ctx, pieces, dx);
    const weights = pieces.map(({ part, dy: piece }) =>
      gradient(ctx, part, (dw) => linearWeightGradient(ctx, [x, piece], dw)),
    );
    return [dx, ...weights, ...(bias ? [gradient(ctx, bias, (db) => trainedBiasGradient(ctx, dy, db))] : [])];
  });
}

/** The gradient of a trained tensor, written by `write`; null if it is frozen. */
function gradient(ctx: Ctx, of: Tensor, write: (target: Tensor) => void): Tensor | null {
  if (!of.requiresGrad) return null;
  const target = ctx.gradTarget(of);
  write(target);
  return target;
}

/** Each part with its columns of dy. */
function columnsOf(ctx: Ctx, dy: Tensor, weight: RowParts): { part: Tensor; dy: Tensor }[] {
  const parts = placed(weight);
  if (parts.length === 1) return parts.map(({ part }) => ({ part, dy }));
  const { rows: m } = matrixOf(dy);
  return parts.map(({ part, first, rows }) => {
    const piece = ctx.empty([m, rows], "columns of d linear");
    moveColumns(ctx, TAKE, [dy, piece], { narrow: piece, wide: dy, first });
    return { part, dy: piece };
  });
}

/** y of each part = x part^T + its part of the bias. x: (..., K), y: (..., rows of the part). Not differentiable. */
export function linearPartsForward(
  ctx: Ctx,
  x: Tensor,
  pieces: readonly (PlacedPart & { y: Tensor })[],
  bias?: Tensor,
): void {
  for (const { part, first, rows, y } of pieces)
    linearForward(ctx, { x, weight: part, bias: bias && view(bias, first, [rows]), y });
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

/** The product B A is added to a weight (N, K). Both factors are f32 and trained. */
export interface Adapter {
  /** A: (R, K). */
  a: Tensor;
  /** B: (N, R). */
  b: Tensor;
  /** Which entries of B A exist, one bit each as `zeroByBits` takes them; the others are 0. Missing where all exist. */
  bits?: Tensor;
}

interface AdaptedWeights {
  /** (N, K), f32 or f16. It is frozen, and never copied. */
  weight: RowParts;
  /** (N). It is frozen. */
  bias?: Tensor | undefined;
  adapter: Adapter;
}

/** `linearParts` with an adapter: y = x W^T + b + x D^T with D = B A, scale 1. x: (..., K), y: (..., N). Gradients for x, A and B. */
export function linearAdapted(ctx: Ctx, x: Tensor, { weight, bias, adapter }: AdaptedWeights): Tensor {
  const { a, b, bits } = adapter;
  const more = bits ? maskedProduct(ctx, x, { a, b, bits }) : linearParts(ctx, linearParts(ctx, x, [a]), [b]);
  return add(ctx, linearParts(ctx, x, weight, bias), more);
}

/**
 * x D^T, where D is B A without the entries that bits remove. A mask of single entries has no low rank, so D is made, (N, K); it exists only
 * during a matmul, and backward makes it again. With E = dy^T x under the same mask, dB = E A^T and dA = B^T E.
 */
function maskedProduct(ctx: Ctx, x: Tensor, { a, b, bits }: Required<Adapter>): Tensor {
  const shape = [matrixOf(b).rows, matrixOf(a).cols];
  const withProduct = (use: (product: Tensor) => void): void =>
    ctx.scratch(shape, "B A", (product) => {
      linearBackward(ctx, b, a, product);
      zeroByBits(ctx, product, bits);
      use(product);
    });
  const y = ctx.empty([...x.shape.slice(0, -1), shape[0] ?? 0], "adapter", { requiresGrad: ctx.needsGrad(x, a, b) });
  withProduct((weight) => linearForward(ctx, { x, weight, bias: undefined, y }));
  return ctx.record(y, [x, a, b], (dy) => {
    const dx = x.requiresGrad ? ctx.gradTarget(x) : null;
    if (dx) withProduct((product) => linearBackward(ctx, dy, product, dx));
    const [da, db] = [ctx.gradTarget(a), ctx.gradTarget(b)];
    ctx.scratch(shape, "d (B A)", (gradient) => {
      linearWeightGradient(ctx, [x, dy], gradient);
      zeroByBits(ctx, gradient, bits);
      linearForward(ctx, { x: gradient, weight: a, bias: undefined, y: db });
      linearWeightGradient(ctx, [gradient, b], da);
    });
    return [dx, da, db];
  });
}
