// The MLP's activation, alone (fc1) or gated (Shazeer 2020: SwiGLU, GeGLU), times the gates of s4 (METHOD.md 1.1).
import wgsl from "../../../shaders/activation.wgsl?raw";
import erf from "../../../shaders/lib/erf.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import { invariant } from "../errors.ts";
import { checkShape, matrixOf, type Tensor } from "../tensor.ts";
import { blockKernel, type Launcher, rowBlockKernel, rowBlocks } from "./kit/variants.ts";

/** In the order of ACT in activation.wgsl. "gelu_tanh" is gelu_new of transformers, "gelu" is exact. */
export const ACTIVATIONS = ["silu", "relu", "gelu_tanh", "gelu"] as const;
export type Activation = (typeof ACTIVATIONS)[number];

/** The kernels of one shape, plain or glu, for each activation and number of times that gates multiply (the TIMES of activation.wgsl). */
function kernels(shape: "plain" | "glu"): (act: Activation, times: 0 | 1 | 2) => Kernels {
  const made = ACTIVATIONS.map((_, ACT) =>
    [0, 1, 2].map((TIMES) => {
      const constants = { ACT, TIMES };
      return {
        forward: blockKernel("activation", shape, [erf, wgsl], constants),
        backward: blockKernel("activation", `${shape}_backward`, [erf, wgsl], constants),
        sums: rowBlockKernel("activation", `${shape}_sums`, [erf, wgsl], constants),
      };
    }),
  );
  return (act, times) => {
    const found = made[ACTIVATIONS.indexOf(act)]?.[times];
    invariant(found, "bug", `activation: no kernels for ${act}`);
    return found;
  };
}

interface Kernels {
  forward: Launcher;
  backward: Launcher;
  sums: Launcher;
}

const PLAIN = kernels("plain");
const GLU = kernels("glu");

/** Gates that multiply the columns of an activation. */
export interface ActivationGates {
  /** (f). */
  mask: Tensor;
  /** Whether they multiply twice. */
  twice?: boolean;
}

const timesOf = (gates?: ActivationGates): 0 | 1 | 2 => (gates ? (gates.twice ? 2 : 1) : 0);

/** y = act(x), times the gates if given. x: (..., f). */
export const activate = (ctx: Ctx, x: Tensor, act: Activation, gates?: ActivationGates): Tensor =>
  run(ctx, { x, width: matrixOf(x).cols, kernels: PLAIN(act, timesOf(gates)), label: act, gates });

/** y = act(gate) * up, times the gates if given. gateUp: (T, 2f), gate in the first f columns; y: (T, f). */
export function glu(ctx: Ctx, gateUp: Tensor, act: Activation, gates?: ActivationGates): Tensor {
  const { cols } = matrixOf(gateUp);
  invariant(cols % 2 === 0, "shape", () => `${gateUp.label}: expected an even number of columns gate|up, got ${cols}`);
  return run(ctx, { x: gateUp, width: cols / 2, kernels: GLU(act, timesOf(gates)), label: "glu", gates });
}

interface Call {
  x: Tensor;
  /** Columns of the result. */
  width: number;
  kernels: Kernels;
  label: string;
  gates: ActivationGates | undefined;
}

function run(ctx: Ctx, { x, width, kernels, label, gates }: Call): Tensor {
  const { rows } = matrixOf(x);
  if (gates) checkShape(gates.mask, [width], "activation gates");
  // without gates their binding gets x, and the kernels do not read it
  const mask = gates?.mask ?? x;
  const inputs = gates ? [x, gates.mask] : [x];
  const y = ctx.empty([...x.shape.slice(0, -1), width], label, { requiresGrad: ctx.needsGrad(...inputs) });
  const forward = kernels.forward(ctx, rows, width);
  ctx.run(forward.spec, [x, mask, y], { rows, cols: forward.cols }, forward.groups);
  return ctx.record(y, inputs, (dy) => {
    const dx = ctx.gradTarget(x);
    const sums = gates?.mask.requiresGrad ?? false;
    const { spec, groups, cols } = (sums ? kernels.sums : kernels.backward)(ctx, rows, width);
    if (!sums) {
      ctx.run(spec, [x, mask, dy, dx], { rows, cols }, groups);
      return inputs.map((input) => (input === x ? dx : null));
    }
    const { count, each } = rowBlocks(ctx, rows);
    const parts = ctx.gradParts([mask], count);
    const unit = width / cols;
    const dims = { rows, cols, each, first: (parts.first[0] ?? 0) / unit, stride: parts.stride / unit };
    ctx.run(spec, [x, mask, dy, dx, parts.sums], dims, groups);
    return [dx, null];
  });
}
