// A small linear layer with trained weights: the hypernetwork's. linear.ts also uses these kernels, for frozen weights with a width that is
// not a multiple of 4.
import grid from "../../../shaders/lib/grid.wgsl?raw";
import wgsl from "../../../shaders/linear_trained.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import type { KernelSpec } from "../gpu/kernel.ts";
import type { MatrixDtype } from "../dtype.ts";
import { checkShape, matrixOf, type Tensor } from "../tensor.ts";
import { groupsOf, kernelOf, kernelSizes } from "./kit/launch.ts";
import { unitOf } from "./kit/variants.ts";
import { perMatrixDtype, precisionOf, valueText, weightText, type Width } from "./kit/weightText.ts";

type TrainedKernels = Record<"forward" | "dx" | "parameters" | "db", KernelSpec>;
const kernels = (dtype: MatrixDtype, width: Width): TrainedKernels => {
  const code = [grid, valueText(width), weightText(dtype, width), wgsl];
  return {
    forward: kernelOf("linearTrained", "forward", code),
    dx: kernelOf("linearTrained", "input_gradient", code),
    parameters: kernelOf("linearTrained", "parameter_gradients", code),
    db: kernelOf("linearTrained", "bias_gradient", code),
  };
};
/** Where the width is odd, and where it is not. */
const single = perMatrixDtype((dtype) => kernels(dtype, 1));
const fourWide = perMatrixDtype((dtype) => kernels(dtype, 4));
/** Results per invocation. */
const OUTPUTS = kernelSizes(single("f32").forward).constant("OUTPUTS");

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
    const targets = inputs.map((of) =>
      of.requiresGrad ? ctx.gradTarget(of) : ctx.empty(of === x ? [1] : of.shape, "no gradient"),
    );
    const [dx, dw, db] = targets as [Tensor, Tensor, Tensor?];
    if (x.requiresGrad) run(kernel.dx, [dy, w, dx], Math.ceil(rows / OUTPUTS) * inner);
    // without a bias its binding gets a tensor that is not written
    const parameters = [dy, x, dw, db ?? ctx.empty([1], "no bias gradient")];
    if (w.requiresGrad || b?.requiresGrad) run(kernel.parameters, parameters, Math.ceil(cols / OUTPUTS) * inner);
    return inputs.map((of, i) => (of.requiresGrad ? (targets[i] ?? null) : null));
  });
}

/** The tensors of y = x weight^T + bias, with y to be written. */
export interface LinearTensors {
  /** (..., K). */
  x: Tensor;
  /** (N, K), f32, or any MatrixDtype if frozen. */
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
  const { db: kernel } = single("f32");
  ctx.run(kernel, [dy, db], dims, groupsOf(kernel, cols));
}

interface Launch {
  kernel: TrainedKernels;
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
    kernel: (width === 4 ? fourWide : single)(precisionOf(w)),
    inner,
    run(spec, args, invocations) {
      ctx.run(spec, args, dims, groupsOf(spec, invocations));
      ctx.spend(2 * rows * k * cols);
    },
  };
}
