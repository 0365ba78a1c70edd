// A branch joins the residual stream, gated, and the next branch reads its norm, gated (METHOD.md 1.1): one dispatch forward, one backward.
// RMSNorm (Zhang and Sennrich 2019) or LayerNorm (Ba et al. 2016), with frozen weights.
import backwardWgsl from "../../../shaders/add_norm/backward.wgsl?raw";
import forwardWgsl from "../../../shaders/add_norm/forward.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import { invariant } from "../errors.ts";
import { checkShape, elements, matrixOf, type Tensor, view, VIEW_ALIGNMENT } from "../tensor.ts";
import { type Launcher, rowBlocks, rowKernel, rowTeamKernel, unitOf } from "./kit/variants.ts";

export interface NormOptions {
  /** (C), frozen. */
  weight: Tensor;
  /** (C), frozen, a view of the same buffer as the weight. With it the norm is LayerNorm, otherwise RMSNorm. */
  bias?: Tensor;
  eps: number;
}

/** What joins the residual stream. */
interface Branch {
  /** (..., C). */
  y: Tensor;
  /** (C): gates that multiply y. */
  leave?: Tensor | undefined;
}

export interface AddNormOptions {
  norm: NormOptions;
  branch?: Branch | undefined;
  /** (C): gates that multiply the norm's result. With branch.leave it must be a view of the same tensor, beside it. */
  enter?: Tensor | undefined;
}

export interface AddNormResult {
  /** (..., C): x, plus the branch. */
  sum: Tensor;
  /** (..., C): its norm, gated. */
  out: Tensor;
}

/** Which code the kernels contain; see the overrides in backward.wgsl. */
type Flag = "CENTRED" | "BRANCH" | "LEAVES" | "ENTERS" | "ADDS" | "SUMS";

const made = new Map<string, Launcher>();

/** The kernel of an entry point for a set of flags, made once. */
function kernel(entry: "forward" | "backward", flags: readonly Flag[]): Launcher {
  const key = `${entry} ${flags.join(" ")}`;
  const known = made.get(key);
  if (known) return known;
  const constants = Object.fromEntries(flags.map((flag) => [flag, 1]));
  const launcher =
    entry === "forward"
      ? rowKernel("addNorm", entry, [forwardWgsl], constants)
      : rowTeamKernel("addNorm", entry, [backwardWgsl], constants);
  made.set(key, launcher);
  return launcher;
}

/** sum = x + leave * y, or x without a branch; out = enter * norm(sum). x: (..., C). */
export function addNorm(ctx: Ctx, x: Tensor, options: AddNormOptions): AddNormResult {
  const call = checked(x, options);
  const { branch } = options;
  const needs = { requiresGrad: ctx.needsGrad(...call.inputs) };
  const out = ctx.empty(x.shape, "norm", needs);
  const { rows, cols } = matrixOf(x);
  const { spec, groups, cols: values } = kernel("forward", call.flags)(ctx, rows, cols);
  const dims = { rows, cols: values, eps: options.norm.eps, ...call.offsets };
  // without a branch, the bindings of y and sum get tensors that are not used
  const sum = branch ? ctx.empty(x.shape, "residual stream", needs) : x;
  const written = branch ? sum : ctx.empty([1], "no sum");
  ctx.run(spec, [x, call.affine, call.gates, branch?.y ?? x, written, out], dims, groups);
  if (branch) ctx.recordTwo([out, sum], call.inputs, (dOut, dSum) => backward(ctx, sum, call, [dOut, dSum]));
  else ctx.record(out, call.inputs, (dOut) => backward(ctx, x, call, [dOut, undefined]));
  return { sum, out };
}

/** What forward and backward have in common. */
interface Call extends AddNormOptions {
  /** Weight and bias; gates, or any tensor if there are none. */
  affine: Tensor;
  gates: Tensor;
  /** Where bias and gates start in them, in Values. */
  offsets: { bias: number; leave: number; enter: number };
  flags: readonly Flag[];
  /** x, y, leave and enter, as far as they are given. */
  inputs: readonly Tensor[];
}

/** Where a tensor starts in its base, in elements. */
function startOf(tensor: Tensor | undefined, base: Tensor): number {
  if (!tensor) return 0;
  const message = `${tensor.label}: expected a view of ${base.label}, as its neighbours are`;
  invariant(tensor.buffer === base.buffer && tensor.offset >= base.offset, "bug", message);
  return tensor.offset - base.offset;
}

/** Weight and bias of a norm over `cols` columns as one tensor, and where the bias starts in it, in elements. */
export function affineOf({ weight, bias }: NormOptions, cols: number): { affine: Tensor; bias: number } {
  for (const tensor of [weight, bias]) if (tensor) checkShape(tensor, [cols], "norm weight or bias");
  const affine = bias ? (weight.base ?? weight) : weight;
  return { affine, bias: startOf(bias, affine) };
}

function checked(x: Tensor, options: AddNormOptions): Call {
  const { norm, branch, enter } = options;
  const { cols } = matrixOf(x);
  const leave = branch?.leave;
  for (const tensor of [leave, enter]) if (tensor) checkShape(tensor, [cols], "gates");
  if (branch) checkShape(branch.y, x.shape, "branch of a residual add");
  const { affine, bias } = affineOf(norm, cols);
  const gates = leave?.base ?? enter?.base ?? leave ?? enter ?? norm.weight;
  const unit = unitOf(cols);
  const has = { CENTRED: norm.bias, BRANCH: branch, LEAVES: leave, ENTERS: enter };
  const flags = (["CENTRED", "BRANCH", "LEAVES", "ENTERS"] as const).filter((flag) => has[flag] !== undefined);
  const offsets = { bias: bias / unit, leave: startOf(leave, gates) / unit, enter: startOf(enter, gates) / unit };
  const inputs = [x, branch?.y, leave, enter].filter((tensor) => tensor !== undefined);
  return { ...options, affine, gates, offsets, flags, inputs };
}

/** The gradients of the call's inputs, from those of out and perhaps of sum. Gates get theirs by blocks of rows. */
function backward(ctx: Ctx, sum: Tensor, call: Call, [dOut, dSum]: [Tensor, Tensor | undefined]): (Tensor | null)[] {
  const { norm, branch, inputs, affine, gates, offsets } = call;
  const { rows, cols } = matrixOf(sum);
  const blocks = rowBlocks(ctx, rows);
  const masks = [branch?.leave, call.enter].filter((mask) => mask !== undefined).filter((mask) => mask.requiresGrad);
  const parts = masks.length > 0 ? ctx.gradParts(masks, blocks.count) : undefined;
  const flags = [...call.flags, ...(dSum ? ["ADDS" as const] : []), ...(parts ? ["SUMS" as const] : [])];
  const launch = kernel("backward", flags)(ctx, rows, cols);
  const unit = cols / launch.cols;
  const firstOf = (mask: Tensor | undefined): number => (mask && parts?.first[masks.indexOf(mask)]) ?? 0;
  const room = Math.ceil(elements(sum) / VIEW_ALIGNMENT) * VIEW_ALIGNMENT;
  const dims = {
    ...{ rows, cols: launch.cols, each: blocks.each, eps: norm.eps, ...offsets },
    ...{ branch: room / unit, leave_first: firstOf(branch?.leave) / unit, enter_first: firstOf(call.enter) / unit },
    stride: (parts?.stride ?? 0) / unit,
  };
  // without sums their binding gets a tensor that is not written
  const sums = parts?.sums ?? ctx.empty([1], "no sums");
  // without a branch, its binding gets a tensor that is not read, and there is one gradient
  const gradients = branch ? ctx.empty([2, room], "d residual stream and branch") : ctx.gradTarget(sum);
  const read = [dOut, sum, affine, gates, branch?.y ?? sum, dSum ?? sum];
  ctx.run(launch.spec, [...read, gradients, sums], dims, launch.groups);
  if (!branch) return inputs.map((_, i) => (i === 0 ? gradients : null));
  const of = (i: number, tensor: Tensor): Tensor => view(gradients, i * room, tensor.shape, `d ${tensor.label}`);
  return inputs.map((input, i) => (i < 2 ? of(i, input) : null));
}
