// AdamW on one flat tensor of parameters, in place (Loshchilov and Hutter 2019, in the order of torch.optim.AdamW).
import grid from "../../../shaders/lib/grid.wgsl?raw";
import state from "../../../shaders/lib/step_state.wgsl?raw";
import wgsl from "../../../shaders/adam_w.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import { checkShape, elements, type Tensor } from "../tensor.ts";
import { groupsFor, kernelOf, kernelSizes } from "./kit/launch.ts";

const UPDATE = kernelOf("adamW", "update", [grid, state, wgsl]);
/** vec4s per workgroup. */
const QUADS = kernelSizes(UPDATE).constant("QUADS");

export interface AdamWOptions {
  readonly lr: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  /** Decoupled: every step multiplies all parameters by 1 - lr * weightDecay. */
  readonly weightDecay: number;
}

/** All of one shape, except the step state. */
interface AdamWTensors {
  theta: Tensor;
  grad: Tensor;
  /** First and second moments. */
  m: Tensor;
  v: Tensor;
  /** Its `step` + 1 is AdamW's t, and its `rate` multiplies lr. */
  stepState: Tensor;
}

/** Overwrites theta, m and v with the result of one step. Not differentiable. */
export function adamW(ctx: Ctx, tensors: AdamWTensors, options: AdamWOptions): void {
  const { theta, grad, m, v, stepState } = tensors;
  const { lr, beta1, beta2, eps, weightDecay } = options;
  for (const tensor of [grad, m, v]) checkShape(tensor, theta.shape, "adamW");
  const recipe = {
    count: elements(theta),
    decay: lr * weightDecay,
    lr,
    eps,
    weight1: 1 - beta1,
    beta2,
    weight2: 1 - beta2,
    log_beta1: Math.log(beta1),
    log_beta2: Math.log(beta2),
  };
  ctx.run(UPDATE, [grad, stepState, theta, m, v], recipe, groupsFor(Math.ceil(elements(theta) / 4), QUADS));
}
