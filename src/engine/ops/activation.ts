// The MLP's activation, alone (fc1) or gated (Shazeer 2020: SwiGLU, GeGLU).
import wgsl from "../../../shaders/activation.wgsl?raw";
import erf from "../../../shaders/lib/erf.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import { invariant } from "../errors.ts";
import { matrixOf, type Tensor } from "../tensor.ts";
import { blockKernel, type Launcher } from "./kit/variants.ts";

/** In the order of ACT in activation.wgsl. "gelu_tanh" is gelu_new of transformers, "gelu" is exact. */
export const ACTIVATIONS = ["silu", "relu", "gelu_tanh", "gelu"] as const;
export type Activation = (typeof ACTIVATIONS)[number];

const kernels = (entry: string): Readonly<Record<Activation, Launcher>> => {
  const of = (act: Activation): Launcher =>
    blockKernel("activation", entry, [erf, wgsl], { ACT: ACTIVATIONS.indexOf(act) });
  return { silu: of("silu"), relu: of("relu"), gelu_tanh: of("gelu_tanh"), gelu: of("gelu") };
};
const PLAIN = kernels("plain");
const PLAIN_BACKWARD = kernels("plain_backward");
const GLU = kernels("glu");
const GLU_BACKWARD = kernels("glu_backward");

function dispatch(ctx: Ctx, kernel: Launcher, args: Tensor[], y: Tensor): void {
  const { rows, cols } = matrixOf(y);
  const launch = kernel(ctx, rows, cols);
  ctx.run(launch.spec, args, { rows, cols: launch.cols }, launch.groups);
}

/** y = act(x). x: any shape. */
export function activate(ctx: Ctx, x: Tensor, act: Activation): Tensor {
  const y = ctx.empty(x.shape, act, { requiresGrad: ctx.needsGrad(x) });
  dispatch(ctx, PLAIN[act], [x, y], y);
  return ctx.record(y, [x], (dy) => {
    const dx = ctx.gradTarget(x);
    dispatch(ctx, PLAIN_BACKWARD[act], [x, dy, dx], y);
    return [dx];
  });
}

/** y = act(gate) * up. gateUp: (T, 2f), gate in the first f columns; y: (T, f). */
export function glu(ctx: Ctx, gateUp: Tensor, act: Activation): Tensor {
  const { rows, cols } = matrixOf(gateUp);
  invariant(cols % 2 === 0, "shape", () => `${gateUp.label}: expected an even number of columns gate|up, got ${cols}`);
  const y = ctx.empty([rows, cols / 2], "glu", { requiresGrad: ctx.needsGrad(gateUp) });
  dispatch(ctx, GLU[act], [gateUp, y], y);
  return ctx.record(y, [gateUp], (dy) => {
    const dGateUp = ctx.gradTarget(gateUp);
    dispatch(ctx, GLU_BACKWARD[act], [gateUp, dy, dGateUp], y);
    return [dGateUp];
  });
}
