// A small linear layer with trained weights: the hypernetwork's. linear.ts also uses these kernels, for frozen weights with a width that is
// not a multiple of 4.
import grid from "../../../shaders/lib/grid.wgsl?raw";
import wgsl from "../../../shaders/linear_trained.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import type { KernelSpec } from "../gpu/kernel.ts";
import { checkShape, matrixOf, type Precision, type Tensor } from "../tensor.ts";
import { groupsOf, kernelOf, kernelSizes } from "./kit/launch.ts";
import { unitOf } from "./kit/variants.ts";
import { precisionOf, valueText, weightText, type Width } from "./kit/weightText.ts";

const kernels = (precision: Precision, width: Width): Record<"forward" | "dx" | "dw" | "db", KernelSpec> => {
  const code = [grid, valueText(width), weightText(precision, width), wgsl];
  return {
    forward: kernelOf("linearTrained", "forward", code),
    dx: kernelOf("linearTrained", "input_gradient", code),
    dw: kernelOf("linearTrained", "weight_gradient", code),
    db: kernelOf("linearTrained", "bias_gradient", code),
  };
};
const KERNELS = {
  f32: { 1: kernels("f32", 1), 4: kernels("f32", 4) },
  f16: { 1: kernels("f16", 1), 4: kernels("f16", 4) },
};
/** Results per invocation. */
const OUTPUTS = kernelSizes(KERNELS.f32[1].forward).constant("OUTPUTS");

/** y = x w^T + b. x: (M, K), w: (N, K), b: (N) or none, y: (M, N). Gradients for x, w and b where they are needed. */
export function linearTrained(ctx: Ctx, x: Tensor, w: Tensor, b?: Tensor): Tensor {
  const { rows, cols: k } = matrixOf(x);
  const { rows: cols } = matrixOf(w);
  checkShape(w, [cols, k], "linearTrained weight");
  if (b) checkShape(b, [cols], "linearTrained bias");
  const inputs = b ? [x, w, b] : [x, w];
  const y = ctx.empty([rows, cols], "linearTrained", { requiresGrad: ctx.needsGrad(...inputs) });
  trainedForward(ctx, { x, weight: w, bias: b, y });
  return ctx.record(y, inputs, (dy) => {
    const { kernel, inner, run } = launch(ctx, rows, w, b);
    const gradient = (spec: KernelSpec, of: Tensor, args: readonly Tensor[], invocations: number): Tensor | null => {
      if (!of.requiresGrad) return null;
      const target = ctx.gradTarget(of);
      run(spec, [...args, target], invocations);
      return target;
    };
    const dx = gradient(kernel.dx, x, [dy, w], Math.ceil(rows / OUTPUTS) * inner);
    const dw = gradient(kernel.dw, w, [dy, x], Math.ceil(cols / OUTPUTS) * inner);
    return b ? [dx, dw, gradient(kernel.db, b, [dy], cols)] : [dx, dw];
  });
}

/** The tensors of y = x weight^T + bias, with y to be written. */
export interface LinearTensors {
  /** (..., K). */
  x: Tensor;
  /** (N, K), f32, or f16 if frozen. */
  weight: Tensor;
  /** (N). */
  bias: Tensor | undefined;
  /** (..., N). */
  y: Tensor;
}

/** `linearTrained`, written to y. Not differentiable. */
export function trainedForward(ctx: Ctx, { x, weight, bias, y }: LinearTensors): void {
  const { rows, cols } = matrixOf(y);
  const { kernel, run } = launch(ctx, rows, weight, bias);
  // without a bias its binding gets the weight, which the kernel then does not read
  run(kernel.forward, [x, weight, bias ?? weight, y], Math.ceil(rows / OUTPUTS) * cols);
}

/** dx = dy w, written to dx. */
export function trainedInputGradient(ctx: Ctx, dy: Tensor, w: Tensor, dx: Tensor): void {
  const { rows } = matrixOf(dy);
  const { kernel, inner, run } = launch(ctx, rows, w);
  run(kernel.dx, [dy, w, dx], Math.ceil(rows / OUTPUTS) * inner);
}

/** db = the sum of dy over its rows, written to db. dy: (M, N), db: (N). */
export function trainedBiasGradient(ctx: Ctx, dy: Tensor, db: Tensor): void {
  const { rows, cols } = matrixOf(dy);
  const dims = { rows, inner: 1, cols, biased: 1 };
  const { db: kernel } = KERNELS.f32[1];
  ctx.run(kernel, [dy, db], dims, groupsOf(kernel, cols));
}

interface Launch {
  kernel: ReturnType<typeof kernels>;
  /** K in Values. */
  inner: number;
  run: (spec: KernelSpec, args: readonly Tensor[], invocations: number) => void;
}

/** The kernels for a weight, and how to run them on a batch of `rows` rows. */
function launch(ctx: Ctx, rows: number, w: Tensor, b?: Tensor): Launch {
  const { rows: cols, cols: k } = matrixOf(w);
  const width = unitOf(k);
  const inner = k / width;
  const dims = { rows, inner, cols, biased: b ? 1 : 0 };
  return {
    kernel: KERNELS[precisionOf(w)][width],
    inner,
    run: (spec, args, invocations) => ctx.run(spec, args, dims, groupsOf(spec, invocations)),
  };
}
