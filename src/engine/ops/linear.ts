// Linear layers with frozen weights: y = x W^T + b, and dx = dy W. The kernels come in variants, of which the adapter uses one.
import grid from "../../../shaders/lib/grid.wgsl?raw";
import forwardBindings from "../../../shaders/lib/linear_forward.wgsl?raw";
import gradientBindings from "../../../shaders/lib/linear_gradient.wgsl?raw";
import splitting from "../../../shaders/lib/split.wgsl?raw";
import sharing from "../../../shaders/lib/quad.wgsl?raw";
import quadTile from "../../../shaders/lib/quad_tile.wgsl?raw";
import registerTile from "../../../shaders/lib/register_tile.wgsl?raw";
import nnBlocks from "../../../shaders/linear/nn_blocks.wgsl?raw";
import nnQuad from "../../../shaders/linear/nn_quad.wgsl?raw";
import nnRegisters from "../../../shaders/linear/nn_registers.wgsl?raw";
import nnSplit from "../../../shaders/linear/nn_split.wgsl?raw";
import nnTiled from "../../../shaders/linear/nn_tiled.wgsl?raw";
import ntBlocks from "../../../shaders/linear/nt_blocks.wgsl?raw";
import ntQuad from "../../../shaders/linear/nt_quad.wgsl?raw";
import ntQuadFew from "../../../shaders/linear/nt_quad_few.wgsl?raw";
import ntRegisters from "../../../shaders/linear/nt_registers.wgsl?raw";
import ntSplit from "../../../shaders/linear/nt_split.wgsl?raw";
import ntTiled from "../../../shaders/linear/nt_tiled.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import type { BlockVariant, HalfVariant, MatmulVariant } from "../matmul/matmulVariants.ts";
import { invariant } from "../errors.ts";
import type { KernelSpec } from "../gpu/kernel.ts";
import type { Groups } from "../gpu/pastDispatches.ts";
import { addSlices } from "./addSlices.ts";
import type { MatmulShape } from "../matmul/matmulTable.ts";
import type { MatrixDtype } from "../dtype.ts";
import { matrixOf, type Tensor } from "../tensor.ts";
import { type LinearTensors, trainedForward, trainedInputGradient } from "./linearTrained.ts";
import {
  BLOCK_SHAPES,
  blockText,
  forBlocks,
  HALF_SHAPES,
  SLICED_SHAPE,
  slicedGroups,
  slicesFor,
  tileGroups,
} from "./kit/blockTiles.ts";
import { groupsFor, kernelOf, kernelSizes } from "./kit/launch.ts";
import { matmulChoiceFor, variantFor } from "./kit/matmulChoice.ts";
import { FEW_ROWS, fewRowsKernel, type Forward } from "./kit/fewRows.ts";
import { earlyWeightText, HALF_FIRST, perMatrixDtype, precisionOf, valueText, weightText } from "./kit/weightText.ts";

/** The kernels for weights that are stored in one way. */
interface Kernels {
  forward: Record<MatmulVariant, Forward>;
  /** quad with a smaller tile, for decoding. */
  quadFew: Forward;
  inputGradient: Record<MatmulVariant, KernelSpec>;
}

function kernelsFor(precision: MatrixDtype): Kernels {
  const alone = [grid, valueText(4), weightText(precision, 4)];
  const early = [grid, valueText(4), earlyWeightText(precision)];
  const shared = [sharing, ...alone];
  const forward = (code: readonly string[]): Forward => ({
    plain: kernelOf("linear", "forward", [...code.slice(0, -1), forwardBindings, ...code.slice(-1)]),
    biased: kernelOf("linear", "forward", [...code.slice(0, -1), forwardBindings, ...code.slice(-1)], { BIAS: 1 }),
  });
  const inputGradient = (code: readonly string[]): KernelSpec =>
    kernelOf("linear", "input_gradient", [...code.slice(0, -1), gradientBindings, ...code.slice(-1)]);
  const ntTiles = forBlocks((variant) => forward([...early, blockText(BLOCK_SHAPES[variant]), ntBlocks]));
  const nnTiles = forBlocks((variant) => inputGradient([...early, blockText(BLOCK_SHAPES[variant]), nnBlocks]));
  /** As the tiles of f32, but halves in workgroup memory. Compiled only where the adapter has shader-f16. */
  const half = (variant: BlockVariant): string[] => [HALF_FIRST, ...early, blockText(BLOCK_SHAPES[variant], "vec4h")];
  const ntHalf = (variant: HalfVariant): Forward =>
    precision !== "f16" ? ntTiles[HALF_SHAPES[variant]] : forward([...half(HALF_SHAPES[variant]), ntBlocks]);
  const nnHalf = (variant: HalfVariant): KernelSpec =>
    precision !== "f16" ? nnTiles[HALF_SHAPES[variant]] : inputGradient([...half(HALF_SHAPES[variant]), nnBlocks]);
  return {
    forward: {
      quad: forward([...shared, quadTile, ntQuad]),
      registers: forward([...alone, registerTile, ntRegisters]),
      tiled: forward([...early, ntTiled]),
      split: forward([...early, splitting, ntSplit]),
      splitk: ntTiles[SLICED_SHAPE],
      ...ntTiles,
      halves64: ntHalf("halves64"),
      halves128: ntHalf("halves128"),
    },
    quadFew: forward([...shared, ntQuadFew]),
    inputGradient: {
      quad: inputGradient([...shared, quadTile, nnQuad]),
      registers: inputGradient([...alone, registerTile, nnRegisters]),
      tiled: inputGradient([...early, nnTiled]),
      split: inputGradient([...early, splitting, nnSplit]),
      splitk: nnTiles[SLICED_SHAPE],
      ...nnTiles,
      halves64: nnHalf("halves64"),
      halves128: nnHalf("halves128"),
    },
  };
}

const kernelsOf = perMatrixDtype(kernelsFor);
/** Up to this many rows, the quads take their smaller tile. */
const QUAD_FEW_ROWS = kernelSizes(kernelsOf("f32").quadFew.plain).constant("TILE_ROWS");

/** A forward kernel, its workgroups, and the slices of its sum. */
type ForwardLaunch = Forward & { groups: Groups; slices: number };

/** How to run the forward kernel of a shape. */
function forwardLaunch(ctx: Ctx, shape: MatmulShape): ForwardLaunch {
  const { precision, rows, n, k } = shape;
  const kernels = kernelsOf(precision);
  const choice = matmulChoiceFor(ctx, shape);
  if (choice === "sized" && rows <= FEW_ROWS) {
    const few = fewRowsKernel(ctx.gpu.facts, precision, rows);
    return { ...few, groups: groupsFor(n, kernelSizes(few.plain).constant("FEATURES")), slices: 1 };
  }
  if (choice === "quad" && rows <= QUAD_FEW_ROWS) {
    return { ...kernels.quadFew, groups: tileGroups(kernels.quadFew.plain, rows, n), slices: 1 };
  }
  const variant = variantFor(ctx, shape, choice);
  const forward = kernels.forward[variant];
  const slices = variant === "splitk" ? slicesFor(ctx.gpu.facts, { rows, cols: n, steps: k }) : 1;
  return { ...forward, groups: slicedGroups(tileGroups(forward.plain, rows, n), slices), slices };
}

/**
 * y = x weight^T + bias. x: (..., K), weight: (N, K), of any MatrixDtype, bias: (N), y: (..., N). Weight and bias are frozen. Widths that are not
 * multiples of 4 fall back to the slower kernels of linearTrained.ts.
 */
export function linear(ctx: Ctx, x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  const [n = 0] = weight.shape;
  const y = ctx.empty([...x.shape.slice(0, -1), n], "linear", { requiresGrad: ctx.needsGrad(x) });
  ctx.unread(() => linearForward(ctx, { x, weight, bias, y }));
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
  const { plain, biased, groups, slices } = forwardLaunch(ctx, {
    direction: "forward",
    precision: precisionOf(weight),
    rows: m,
    n,
    k,
  });
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
  const precision = precisionOf(weight);
  const shape: MatmulShape = { direction: "inputGradient", precision, rows: m, n, k };
  const variant = variantFor(ctx, shape, matmulChoiceFor(ctx, shape));
  const kernel = kernelsOf(precision).inputGradient[variant];
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
