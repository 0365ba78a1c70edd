// AdamW over one flat tensor of parameters, in place (Loshchilov and Hutter 2019, as torch.optim.AdamW computes it).
import grid from "../../../shaders/lib/grid.wgsl?raw";
import state from "../../../shaders/lib/step_state.wgsl?raw";
import wgsl from "../../../shaders/adam_w.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import type { KernelSpec } from "../gpu/kernel.ts";
import { checkShape, elements, type Tensor } from "../tensor.ts";
import { groupsFor } from "./kit/launch.ts";

const UPDATE: KernelSpec = { label: "adamW", code: [grid, state, wgsl].join("\n"), entry: "update" };
/** Elements that one workgroup updates, as in the WGSL. */
const PER_GROUP = 4096;

export interface AdamWOptions {
  readonly lr: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  /** Decoupled: every parameter is multiplied by 1 - lr * weightDecay. */
  readonly weightDecay: number;
}

/** Overwrites theta, m and v (all of one shape) with one step; t = step of the step state + 1. Not differentiable. */
export function adamW(
  ctx: Ctx,
  theta: Tensor,
  grad: Tensor,
  m: Tensor,
  v: Tensor,
  stepState: Tensor,
  { lr, beta1, beta2, eps, weightDecay }: AdamWOptions,
): void {
  for (const tensor of [grad, m, v]) checkShape(tensor, theta.shape, "adamW");
  const recipe = {
    count: elements(theta),
    decay: 1 - lr * weightDecay,
    lr,
    eps,
    weight1: 1 - beta1,
    beta2,
    weight2: 1 - beta2,
    log_beta1: Math.log(beta1),
    log_beta2: Math.log(beta2),
  };
  ctx.run(UPDATE, [grad, stepState, theta, m, v], recipe, groupsFor(elements(theta), PER_GROUP));
}
