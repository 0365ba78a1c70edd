// A small linear layer whose weights are trained: the hypernetwork's own. The frozen model's matrices go through linear.ts, which
// sends those of odd widths here.
import grid from "../../../shaders/lib/grid.wgsl?raw";
import wgsl from "../../../shaders/linear_trained.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import type { KernelSpec } from "../gpu/kernel.ts";
import { checkShape, matrixOf, type Precision, type Tensor } from "../tensor.ts";
import { groupsFor } from "./kit/launch.ts";
import { unitOf } from "./kit/variants.ts";
import { precisionOf, valueText, weightText, type Width } from "./kit/weightText.ts";

const WORKGROUP = 64;
/** Outputs of one invocation, as in the WGSL. */
const BLOCK = 4;

const kernels = (precision: Precision, width: Width): Record<"forward" | "dx" | "dw" | "db", KernelSpec> => {
  const code = [grid, valueText(width), weightText(precision, width), wgsl].join("\n");
  return {
    forward: { label: "linearTrained", code, entry: "forward" },
    dx: { label: "linearTrained dx", code, entry: "input_gradient" },
    dw: { label: "linearTrained dw", code, entry: "weight_gradient" },
    db: { label: "linearTrained db", code, entry: "bias_gradient" },
  };
};
const KERNELS = {
  f32: { 1: kernels("f32", 1), 4: kernels("f32", 4) },
  f16: { 1: kernels("f16", 1), 4: kernels("f16", 4) },
};

/** y = x w^T + b. x: (M, K), w: (N, K), f16 where it is frozen, b: (N) or none, y: (M, N). Gradients of all three that want one. */
export function linearTrained(ctx: Ctx, x: Tensor, w: Tensor, b?: Tensor): Tensor {
  const { rows, cols: k } = matrixOf(x);
  const { rows: cols } = matrixOf(w);
  checkShape(w, [cols, k], "linearTrained weight");
  if (b) checkShape(b, [cols], "linearTrained bias");
  const inputs = b ? [x, w, b] : [x, w];
  const y = ctx.empty([rows, cols], "linearTrained", { requiresGrad: ctx.needsGrad(...inputs) });
  trainedForward(ctx, x, w, b, y);
  return ctx.record(y, inputs, (dy) => {
    const { kernel, inner, run } = launch(ctx, rows, w, b);
    const gradient = (spec: KernelSpec, of: Tensor, args: readonly Tensor[], invocations: number): Tensor | null => {
      if (!of.requiresGrad) return null;
      const target = ctx.gradTarget(of);
      run(spec, [...args, target], invocations);
      return target;
    };
    const dx = gradient(kernel.dx, x, [dy, w], Math.ceil(rows / BLOCK) * inner);
    const dw = gradient(kernel.dw, w, [dy, x], Math.ceil(cols / BLOCK) * inner);
    return b ? [dx, dw, gradient(kernel.db, b, [dy], cols)] : [dx, dw];
  });
}

/** y = x w^T + b, into y; not differentiable. */
export function trainedForward(ctx: Ctx, x: Tensor, w: Tensor, b: Tensor | undefined, y: Tensor): void {
  const { rows, cols } = matrixOf(y);
  const { kernel, run } = launch(ctx, rows, w, b);
  // without a bias its binding holds the weight, unread
  run(kernel.forward, [x, w, b ?? w, y], Math.ceil(rows / BLOCK) * cols);
}

/** dx = dy w, into dx. */
export function trainedInputGradient(ctx: Ctx, dy: Tensor, w: Tensor, dx: Tensor): void {
  const { rows } = matrixOf(dy);
  const { kernel, inner, run } = launch(ctx, rows, w);
  run(kernel.dx, [dy, w, dx], Math.ceil(rows / BLOCK) * inner);
}

interface Launch {
  kernel: ReturnType<typeof kernels>;
  /** K in Values. */
  inner: number;
  run: (spec: KernelSpec, args: readonly Tensor[], invocations: number) => void;
}

function launch(ctx: Ctx, rows: number, w: Tensor, b?: Tensor): Launch {
  const { rows: cols, cols: k } = matrixOf(w);
  const width = unitOf(k);
  const inner = k / width;
  const dims = { rows, inner, cols, biased: b ? 1 : 0 };
  return {
    kernel: KERNELS[precisionOf(w)][width],
    inner,
    run: (spec, args, invocations) => ctx.run(spec, args, dims, groupsFor(invocations, WORKGROUP)),
  };
}
