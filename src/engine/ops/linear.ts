// Linear layers with frozen weights: y = x W^T + b, and dx = dy W. The kernels come in variants, of which the adapter uses one.
import grid from "../../../shaders/lib/grid.wgsl?raw";
import forwardBindings from "../../../shaders/lib/linear_forward.wgsl?raw";
import gradientBindings from "../../../shaders/lib/linear_gradient.wgsl?raw";
import splitting from "../../../shaders/lib/split.wgsl?raw";
import sharing from "../../../shaders/lib/quad.wgsl?raw";
import nnBlocks from "../../../shaders/linear/nn_blocks.wgsl?raw";
import nnQuad from "../../../shaders/linear/nn_quad.wgsl?raw";
import nnRegisters from "../../../shaders/linear/nn_registers.wgsl?raw";
import nnSplit from "../../../shaders/linear/nn_split.wgsl?raw";
import nnTiled from "../../../shaders/linear/nn_tiled.wgsl?raw";
import ntBlocks from "../../../shaders/linear/nt_blocks.wgsl?raw";
import ntFew from "../../../shaders/linear/nt_few.wgsl?raw";
import ntQuad from "../../../shaders/linear/nt_quad.wgsl?raw";
import ntQuadFew from "../../../shaders/linear/nt_quad_few.wgsl?raw";
import ntRegisters from "../../../shaders/linear/nt_registers.wgsl?raw";
import ntSplit from "../../../shaders/linear/nt_split.wgsl?raw";
import ntTiled from "../../../shaders/linear/nt_tiled.wgsl?raw";
import type { Ctx, MatmulVariant } from "../ctx.ts";
import { invariant } from "../errors.ts";
import type { Groups, KernelSpec } from "../gpu/kernel.ts";
import { addSlices } from "./addSlices.ts";
import { matrixOf, type Precision, type Tensor } from "../tensor.ts";
import { type LinearTensors, trainedForward, trainedInputGradient } from "./linearTrained.ts";
import {
  BLOCK_SHAPES,
  BLOCK_VARIANTS,
  blockText,
  forBlocks,
  SLICED_SHAPE,
  slicedGroups,
  slicesFor,
  tileGroups,
  workgroupBytes,
} from "./kit/blockTiles.ts";
import { kernelOf, kernelSizes, MAX_GROUPS } from "./kit/launch.ts";
import { precisionOf, valueText, weightText } from "./kit/weightText.ts";

export const MATMUL_VARIANTS: readonly MatmulVariant[] = [
  ...(["quad", "registers", "tiled", "split", "splitk"] as const),
  ...BLOCK_VARIANTS,
];

/** Workgroup memory of a variant's kernels; the others need at most 16 KiB, which every adapter has. */
const WORKGROUP_BYTES: Partial<Record<MatmulVariant, number>> = {
  split: 22_528,
  splitk: workgroupBytes(BLOCK_SHAPES[SLICED_SHAPE]),
  ...forBlocks((variant) => workgroupBytes(BLOCK_SHAPES[variant])),
};

const isUsable = ({ gpu: { facts } }: Ctx, variant: MatmulVariant): boolean =>
  (variant !== "quad" || facts.quads) && facts.workgroupBytes >= (WORKGROUP_BYTES[variant] ?? 0);

/** The variants that this adapter can run. */
export const usableVariants = (ctx: Ctx): MatmulVariant[] =>
  MATMUL_VARIANTS.filter((variant) => isUsable(ctx, variant));

/** A forward kernel, without and with a bias. */
interface Forward {
  plain: KernelSpec;
  biased: KernelSpec;
}

/** The kernels for weights in one precision. */
interface Kernels {
  forward: Record<MatmulVariant, Forward>;
  /** quad with a smaller tile, for decoding. */
  quadFew: Forward;
  /** For few rows on graphics cards, in place of "sized". */
  few: Forward;
  inputGradient: Record<MatmulVariant, KernelSpec>;
}

function kernelsFor(precision: Precision): Kernels {
  const alone = [grid, valueText(4), weightText(precision, 4)];
  const shared = [sharing, ...alone];
  const forward = (code: readonly string[]): Forward => ({
    plain: kernelOf("linear", "forward", [...code.slice(0, -1), forwardBindings, ...code.slice(-1)]),
    biased: kernelOf("linear", "forward", [...code.slice(0, -1), forwardBindings, ...code.slice(-1)], { BIAS: 1 }),
  });
  const inputGradient = (code: readonly string[]): KernelSpec =>
    kernelOf("linear", "input_gradient", [...code.slice(0, -1), gradientBindings, ...code.slice(-1)]);
  const ntTiles = forBlocks((variant) => forward([...alone, blockText(BLOCK_SHAPES[variant]), ntBlocks]));
  const nnTiles = forBlocks((variant) => inputGradient([...alone, blockText(BLOCK_SHAPES[variant]), nnBlocks]));
  return {
    forward: {
      quad: forward([...shared, ntQuad]),
      registers: forward([...alone, ntRegisters]),
      tiled: forward([...alone, ntTiled]),
      split: forward([...alone, splitting, ntSplit]),
      splitk: ntTiles[SLICED_SHAPE],
      ...ntTiles,
    },
    quadFew: forward([...shared, ntQuadFew]),
    few: forward([...alone, ntFew]),
    inputGradient: {
      quad: inputGradient([...shared, nnQuad]),
      registers: inputGradient([...alone, nnRegisters]),
      tiled: inputGradient([...alone, nnTiled]),
      split: inputGradient([...alone, splitting, nnSplit]),
      splitk: nnTiles[SLICED_SHAPE],
      ...nnTiles,
    },
  };
}

const KERNELS: Record<Precision, Kernels> = { f32: kernelsFor("f32"), f16: kernelsFor("f16") };
/** Tiles of 128 x 128 from which blocks128 is fastest, and tiles of 64 x 64 below which split is: measured on an H200 (bench/gpus). */
const MANY_TILES = 192;
const FEW_TILES = 160;
/** Up to this many rows, the kernel for few rows is fastest on graphics cards. */
const FEW_ROWS = { quad: kernelSizes(KERNELS.f32.quadFew.plain).constant("TILE_ROWS"), sized: 16 };

/** The variant for a result of rows x cols. */
function variantFor(ctx: Ctx, rows: number, cols: number): MatmulVariant {
  if (ctx.matmul !== "sized") return ctx.matmul;
  const tiles = (size: number): number => Math.ceil(rows / size) * Math.ceil(cols / size);
  const best = tiles(128) >= MANY_TILES ? "blocks128" : tiles(64) < FEW_TILES ? "split" : "tiled";
  return isUsable(ctx, best) ? best : "tiled";
}

/** A forward kernel, its workgroups, and the slices of its sum. */
type ForwardLaunch = Forward & { groups: Groups; slices: number };

/** How to run forward for x (m, k) and a weight (n, k). */
function forwardLaunch(ctx: Ctx, kernels: Kernels, { m, n, k }: { m: number; n: number; k: number }): ForwardLaunch {
  if (ctx.matmul === "sized" && m <= FEW_ROWS.sized) {
    const { constant } = kernelSizes(kernels.few.plain);
    const across = Math.ceil(n / constant("FEATURES"));
    if (across <= MAX_GROUPS) return { ...kernels.few, groups: [across, Math.ceil(m / constant("ROWS"))], slices: 1 };
  }
  if (ctx.matmul === "quad" && m <= FEW_ROWS.quad) {
    return { ...kernels.quadFew, groups: tileGroups(kernels.quadFew.plain, m, n), slices: 1 };
  }
  const variant = variantFor(ctx, m, n);
  const forward = kernels.forward[variant];
  const slices = variant === "splitk" ? slicesFor(ctx.gpu.facts, { rows: m, cols: n, steps: k }) : 1;
  return { ...forward, groups: slicedGroups(tileGroups(forward.plain, m, n), slices), slices };
}

/**
 * y = x weight^T + bias. x: (..., K), weight: (N, K), f32 or f16, bias: (N), y: (..., N). Weight and bias are frozen. Widths that are not
 * multiples of 4 fall back to the slower kernels of linearTrained.ts.
 */
export function linear(ctx: Ctx, x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  const [n = 0] = weight.shape;
  const y = ctx.empty([...x.shape.slice(0, -1), n], "linear", { requiresGrad: ctx.needsGrad(x) });
  linearForward(ctx, { x, weight, bias, y });
  return ctx.record(y, [x], (dy) => {
    const dx = ctx.gradTarget(x);
    linearBackward(ctx, dy, weight, dx);
    return [dx];
  });
}

/** `linear`, written to y. Not differentiable. */
export function linearForward(ctx: Ctx, tensors: LinearTensors): void {
  const { x, weight, bias, y } = tensors;
  const { rows: m, cols: k } = matrixOf(x);
  const [n = 0, width] = weight.shape;
  invariant(
    width === k,
    "shape",
    () => `${weight.label}: expected a weight of (N, ${k}), got (${weight.shape.join(", ")})`,
  );
  if (isOdd(n, k)) {
    trainedForward(ctx, tensors);
    return;
  }
  const { plain, biased, groups, slices } = forwardLaunch(ctx, KERNELS[precisionOf(weight)], { m, n, k });
  if (slices === 1) ctx.run(bias ? biased : plain, [x, weight, bias ?? weight, y], { m, n, k }, groups);
  else
    ctx.scratch([slices, m, n], "slices of linear", (parts) => {
      ctx.run(plain, [x, weight, weight, parts], { m, n, k }, groups);
      addSlices(ctx, parts, y, bias && { bias });
    });
  ctx.spend(2 * m * n * k);
}

/** dx = dy weight, written to dx. dy: (..., N), weight: (N, K), dx: (..., K). */
export function linearBackward(ctx: Ctx, dy: Tensor, weight: Tensor, dx: Tensor): void {
  const { rows: m, cols: n } = matrixOf(dy);
  const k = matrixOf(dx).cols;
  if (isOdd(n, k)) {
    trainedInputGradient(ctx, dy, weight, dx);
    return;
  }
  const variant = variantFor(ctx, m, k);
  const kernel = KERNELS[precisionOf(weight)].inputGradient[variant];
  const slices = variant === "splitk" ? slicesFor(ctx.gpu.facts, { rows: m, cols: k, steps: n }) : 1;
  const groups = slicedGroups(tileGroups(kernel, m, k), slices);
  if (slices === 1) ctx.run(kernel, [dy, weight, dx], { m, n, k }, groups);
  else
    ctx.scratch([slices, m, k], "slices of d linear", (parts) => {
      ctx.run(kernel, [dy, weight, parts], { m, n, k }, groups);
      addSlices(ctx, parts, dx);
    });
  ctx.spend(2 * m * n * k);
}

/** Whether a matrix has a width that is not a multiple of 4. */
const isOdd = (n: number, k: number): boolean => k % 4 !== 0 || n % 4 !== 0;
