// Attention without a matrix of all scores, for graphics cards: the kernels of shaders/attention/flash_*.wgsl and their dispatches.
import backwardCode from "../../../../shaders/attention/flash_backward.wgsl?raw";
import forwardCode from "../../../../shaders/attention/flash_forward.wgsl?raw";
import flash from "../../../../shaders/lib/flash.wgsl?raw";
import grid from "../../../../shaders/lib/grid.wgsl?raw";
import rotary from "../../../../shaders/lib/rotary.wgsl?raw";
import softcap from "../../../../shaders/lib/softcap.wgsl?raw";
import type { Ctx } from "../../ctx.ts";
import type { KernelSpec } from "../../gpu/kernel.ts";
import { matrixOf, type Tensor } from "../../tensor.ts";
import { type HeadShape, packedWidth, scaleOf } from "./headShape.ts";
import { groupsOf, kernelOf, kernelSizes } from "./launch.ts";

/**
 * Up to this many rows, tiles rotate what they load. Each tile of keys is loaded once per tile of queries, so the reads of RoPE's table grow
 * with T^2 (they add 60 % to those of a tile), while a dispatch that rotates once reads and writes T rows: about equal at 256 rows of 9 heads.
 */
export const ROTATING_ROWS = 256;

interface Kernels {
  forward: KernelSpec;
  queries: KernelSpec;
  keys: KernelSpec;
}

/** Dimensions of a head that one product covers. */
const PANEL = 64;
/** Bytes of workgroup memory that the largest kernel needs. */
const WORKGROUP_BYTES = 22_656;

const made = new Map<number, Kernels>();

/** The kernels for heads of up to `panels` panels of 64 dimensions. */
function kernelsFor(panels: number): Kernels {
  const known = made.get(panels);
  if (known) return known;
  const text = [`const PANELS = ${panels}u;\n`, grid, rotary, softcap, flash];
  const kernels = {
    forward: kernelOf("attention", "flash", [...text, forwardCode]),
    queries: kernelOf("attention", "flash_queries", [...text, backwardCode]),
    keys: kernelOf("attention", "flash_keys", [...text, backwardCode]),
  };
  made.set(panels, kernels);
  return kernels;
}
const SUM_GROUPS = kernelOf("attention", "sum_groups", [
  "const PANELS = 1u;\n",
  grid,
  rotary,
  softcap,
  flash,
  backwardCode,
]);
/** Rows of a tile of scores. */
const ROWS = kernelSizes(kernelsFor(1).forward).constant("ROWS");

/** Whether attention on this adapter goes through workgroup memory: graphics cards with enough of it. */
export const usesFlash = ({ gpu }: Ctx): boolean => !gpu.facts.software && gpu.facts.workgroupBytes >= WORKGROUP_BYTES;

/** One call. qkv: (T, (heads + 2 kvHeads) headDim), packed; window: keys that a query sees, as u32. */
interface FlashCall {
  qkv: Tensor;
  /** RoPE's table, by which the gradients of q and k are rotated back. Its width is a multiple of 4. */
  table: Tensor | undefined;
  /** Whether q and k are not rotated yet, so that the tiles rotate them as they load them. */
  rotating: boolean;
  shape: HeadShape;
  window: number;
}

/** What forward writes and backward reads. */
interface FlashSaved {
  /** (heads, T, 2): largest score, and 1 / sum of exp(score - largest). */
  stats: Tensor;
  /** (T, heads headDim). */
  out: Tensor;
}

/** Fields that all kernels take, in vec4s. */
function dimsOf({ qkv, table, rotating, shape, window }: FlashCall): Record<string, number> {
  const { heads, kvHeads, headDim } = shape;
  const depth = headDim / 4;
  const columns = { stride: packedWidth(shape) / 4, k_column: heads * depth, v_column: (heads + kvHeads) * depth };
  const { rows } = matrixOf(qkv);
  const half = (table?.shape[1] ?? 0) / 4;
  const turn = { half, rotating: rotating ? 1 : 0 };
  return {
    rows,
    depth,
    ...turn,
    group: heads / kvHeads,
    window,
    ...columns,
    heads,
    scale: scaleOf(shape),
    cap: shape.cap ?? 0,
  };
}

/** Without a table the kernels read none, but have to bind something. */
const tableOf = ({ qkv, table }: FlashCall): Tensor => table ?? qkv;

const panelsOf = ({ shape }: FlashCall): number => Math.ceil(shape.headDim / PANEL);

/** Writes `out` and `stats`. */
export function flashForward(ctx: Ctx, call: FlashCall, { stats, out }: FlashSaved): void {
  const { rows } = matrixOf(call.qkv);
  const { forward } = kernelsFor(panelsOf(call));
  ctx.run(forward, [call.qkv, tableOf(call), stats, out], dimsOf(call), [Math.ceil(rows / ROWS), call.shape.heads]);
}

/** Writes dqkv, from dout. */
export function flashBackward(
  ctx: Ctx,
  call: FlashCall,
  { stats, out, dout, dqkv }: FlashSaved & { dout: Tensor; dqkv: Tensor },
): void {
  const { qkv, shape } = call;
  const { heads, kvHeads, headDim } = shape;
  const { rows } = matrixOf(qkv);
  const dims = dimsOf(call);
  const depth = headDim / 4;
  const stride = packedWidth(shape) / 4;
  const kernels = kernelsFor(panelsOf(call));
  const groups = [Math.ceil(rows / ROWS), heads] as const;
  const dots = ctx.empty([heads, rows], "attention row dots");
  const inputs = [qkv, tableOf(call), dout, stats];
  const packed = {
    result_stride: stride,
    result_column: heads * depth,
    result_v: 2 * heads * depth,
    result_step: depth,
  };
  ctx.run(kernels.queries, [...inputs, out, dots, dqkv], { ...dims, ...packed }, groups);
  if (heads === kvHeads) {
    ctx.run(kernels.keys, [...inputs, dots, dqkv], { ...dims, ...packed }, groups);
    return;
  }
  const parts = ctx.empty([rows, 2, heads, headDim], "attention key gradients");
  const apart = {
    result_stride: 2 * heads * depth,
    result_column: 0,
    result_v: heads * depth,
    result_step: depth,
  };
  ctx.run(kernels.keys, [...inputs, dots, parts], { ...dims, ...apart }, groups);
  const sumDims = {
    ...{ rows, kv_depth: kvHeads * depth, depth, group: heads / kvHeads, heads },
    ...{ stride, column: heads * depth },
  };
  ctx.run(SUM_GROUPS, [parts, dqkv], sumDims, groupsOf(SUM_GROUPS, rows * 2 * kvHeads * depth));
}
