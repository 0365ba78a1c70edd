// A bidirectional GRU through time (Cho et al. 2014, with the equations of torch.nn.GRU), for the hypernetwork.
import wgsl from "../../../shaders/gru.wgsl?raw";
import sigmoid from "../../../shaders/lib/sigmoid.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import { invariant } from "../errors.ts";
import type { KernelSpec } from "../gpu/kernel.ts";
import { checkShape, matrixOf, type Tensor } from "../tensor.ts";
import { groupsFor } from "./kit/launch.ts";

const WORKGROUP = 64;
const code = [sigmoid, wgsl].join("\n");
const FORWARD: KernelSpec = { label: "gru", code, entry: "forward" };
const BACKWARD: KernelSpec = { label: "gru backward", code, entry: "backward" };
const WEIGHT_GRADIENT: KernelSpec = { label: "gru dw", code, entry: "weight_gradient" };
const BIAS_GRADIENT: KernelSpec = { label: "gru db", code, entry: "bias_gradient" };
/** Elements of the weight that one invocation of WEIGHT_GRADIENT does: four rows of four. */
const WEIGHT_BLOCK = 16;

/**
 * Both directions over S time steps; h starts at 0. xForward, xReverse: (S, 3H), the input with W_ih and b_ih applied, gates in the order r, z, n;
 * whh, whhReverse: (3H, H), H a multiple of 4 up to 64; bhh, bhhReverse: (3H). Returns (S, 2H): forward state, then reverse.
 */
export function gru(
  ctx: Ctx,
  xForward: Tensor,
  xReverse: Tensor,
  whh: Tensor,
  bhh: Tensor,
  whhReverse: Tensor,
  bhhReverse: Tensor,
): Tensor {
  const { rows: steps } = matrixOf(xForward);
  const { cols: hidden } = matrixOf(whh);
  invariant(
    hidden % 4 === 0 && hidden <= WORKGROUP,
    "shape",
    `gru: a hidden size that is a multiple of 4 up to ${WORKGROUP} expected, ${hidden} came`,
  );
  for (const x of [xForward, xReverse]) checkShape(x, [steps, 3 * hidden], "gru input");
  for (const w of [whh, whhReverse]) checkShape(w, [3 * hidden, hidden], "gru hidden weight");
  for (const b of [bhh, bhhReverse]) checkShape(b, [3 * hidden], "gru hidden bias");

  const inputs = [xForward, xReverse, whh, bhh, whhReverse, bhhReverse];
  const dims = { steps, hidden };
  const y = ctx.empty([steps, 2 * hidden], "gru", { requiresGrad: ctx.needsGrad(...inputs) });
  const saved = ctx.empty([2, steps, 4, hidden], "gru gates");
  ctx.run(FORWARD, [...inputs, y, saved], dims, [2]);
  return ctx.record(y, inputs, (dy) => {
    const [dForward, dReverse] = [ctx.gradTarget(xForward), ctx.gradTarget(xReverse)];
    const dGates = ctx.empty([2, steps, 3 * hidden], "d gru gates");
    ctx.run(BACKWARD, [dy, y, saved, whh, whhReverse, dForward, dReverse, dGates], dims, [2]);
    const weightGradient = (w: Tensor, direction: number): Tensor | null => {
      if (!w.requiresGrad) return null;
      const dw = ctx.gradTarget(w);
      ctx.run(
        WEIGHT_GRADIENT,
        [dGates, y, dw],
        { ...dims, direction },
        groupsFor((3 * hidden ** 2) / WEIGHT_BLOCK, WORKGROUP),
      );
      return dw;
    };
    const biasGradient = (b: Tensor, direction: number): Tensor | null => {
      if (!b.requiresGrad) return null;
      const db = ctx.gradTarget(b);
      ctx.run(BIAS_GRADIENT, [dGates, db], { ...dims, direction }, [1]);
      return db;
    };
    return [
      dForward,
      dReverse,
      weightGradient(whh, 0),
      biasGradient(bhh, 0),
      weightGradient(whhReverse, 1),
      biasGradient(bhhReverse, 1),
    ];
  });
}
