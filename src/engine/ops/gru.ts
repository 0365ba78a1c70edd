// A bidirectional GRU over time (Cho et al. 2014, with the equations of torch.nn.GRU), for the hypernetwork.
import wgsl from "../../../shaders/gru.wgsl?raw";
import sigmoid from "../../../shaders/lib/sigmoid.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import { invariant } from "../errors.ts";
import type { KernelSpec } from "../gpu/kernel.ts";
import { checkShape, matrixOf, type Tensor } from "../tensor.ts";
import { gradTargets } from "./kit/gradTargets.ts";
import { groupsOf, kernelOf, kernelSizes } from "./kit/launch.ts";

const kernel = (entry: string): KernelSpec => kernelOf("gru", entry, [sigmoid, wgsl]);
const FORWARD = kernel("forward");
const BACKWARD = kernel("backward");
const PARAMETER_GRADIENTS = kernel("parameter_gradients");
/** One invocation per hidden unit. */
const MOST_HIDDEN = kernelSizes(FORWARD).workgroup;
/** Rows and columns of dW per invocation. */
const BLOCK = kernelSizes(PARAMETER_GRADIENTS).constant("BLOCK");

/** One direction of the GRU. The order of the gates is r, z, n. */
export interface GruDirection {
  /** (S, 3H): the input with its weights and bias applied. */
  x: Tensor;
  /** (3H, H): the hidden weights. H is a multiple of 4, at most 64. */
  weight: Tensor;
  /** (3H). */
  bias: Tensor;
}

/** Both directions over S time steps, from h = 0: (S, 2H), the forward state, then the reverse one. All inputs may be trained. */
export function gru(ctx: Ctx, forward: GruDirection, reverse: GruDirection): Tensor {
  const { rows: steps } = matrixOf(forward.x);
  const { cols: hidden } = matrixOf(forward.weight);
  invariant(
    hidden % 4 === 0 && hidden <= MOST_HIDDEN,
    "shape",
    `gru hidden size: expected a multiple of 4 up to ${MOST_HIDDEN}, got ${hidden}`,
  );
  for (const { x, weight, bias } of [forward, reverse]) {
    checkShape(x, [steps, 3 * hidden], "gru input");
    checkShape(weight, [3 * hidden, hidden], "gru hidden weight");
    checkShape(bias, [3 * hidden], "gru hidden bias");
  }
  const weights = [forward.weight, forward.bias, reverse.weight, reverse.bias];
  const inputs = [forward.x, reverse.x, ...weights];
  const dims = { steps, hidden };
  const y = ctx.empty([steps, 2 * hidden], "gru", { requiresGrad: ctx.needsGrad(...inputs) });
  const saved = ctx.empty([2, steps, 4, hidden], "gru gates");
  ctx.run(FORWARD, [...inputs, y, saved], dims, [2]);
  return ctx.record(y, inputs, (dy) => {
    const [dForward, dReverse] = [ctx.gradTarget(forward.x), ctx.gradTarget(reverse.x)];
    const dGates = ctx.empty([2, steps, 3 * hidden], "d gru gates");
    const read = [dy, y, saved, forward.weight, reverse.weight];
    ctx.run(BACKWARD, [...read, dForward, dReverse, dGates], dims, [2]);
    const { targets, gradients } = gradTargets(ctx, weights);
    const [groups] = groupsOf(PARAMETER_GRADIENTS, 3 * (hidden / BLOCK) ** 2);
    ctx.run(PARAMETER_GRADIENTS, [dGates, y, ...targets], dims, [groups, 2]);
    return [dForward, dReverse, ...gradients];
  });
}
