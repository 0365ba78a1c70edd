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

/** One matmul of a step, whose result is released at once. */
export function matmulWork(ctx: Ctx, { x, dy, weight, direction }: Matmul): () => void {
  return () => {
    ctx.scope(() => {
      if (direction === "forward") return linear(ctx, x, weight);
      const dx = ctx.empty(x.shape, "dx");
      linearBackward(ctx, dy, weight, dx);
      return dx;
    });
  };
}
