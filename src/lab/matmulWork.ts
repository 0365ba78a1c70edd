// One matmul of a training step, to be timed.
import type { Ctx } from "../engine/ctx.ts";
import { linear, linearBackward } from "../engine/ops/linear.ts";
import type { Tensor } from "../engine/tensor.ts";

/** forward: y = x W^T. backward: the gradient of x. */
export type MatmulDirection = "forward" | "backward";

interface Matmul {
  /** (m, k). */
  x: Tensor;
  /** (m, n). */
  dy: Tensor;
  /** (n, k). */
  weight: Tensor;
  direction: MatmulDirection;
}

/** Floating-point operations of x (m, k) times a weight (n, k), or of either gradient: two per multiply-add. */
export const matmulFlop = (m: number, n: number, k: number): number => 2 * m * n * k;

/** dx = dy W: dy (m, n), weight (n, k), result (m, k). */
export function gradientOfX(ctx: Ctx, dy: Tensor, weight: Tensor): Tensor {
  const dx = ctx.empty([dy.shape[0] ?? 0, weight.shape[1] ?? 0], "dx");
  linearBackward(ctx, dy, weight, dx);
  return dx;
}

/** One matmul of a step, whose result is released at once. */
export function matmulWork(ctx: Ctx, { x, dy, weight, direction }: Matmul): () => void {
  return () => {
    ctx.scope(() => (direction === "forward" ? linear(ctx, x, weight) : gradientOfX(ctx, dy, weight)));
  };
}
