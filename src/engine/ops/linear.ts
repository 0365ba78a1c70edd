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
import type { BlockVariant, HalfVariant, MatmulVariant, MatrixVariant } from "../matmul/matmulVariants.ts";
import { invariant } from "../errors.ts";
import type { AdapterFacts } from "../gpu/device.ts";
import type { KernelSpec } from "../gpu/kernel.ts";
import type { Groups } from "../gpu/pastDispatches.ts";
import { addSlices } from "./addSlices.ts";
import type { MatmulShape } from "../matmul/matmulTable.ts";
import type { MatrixDtype } from "../dtype.ts";
import { matrixOf, type Tensor } from "../tensor.ts";
import { type LinearTensors, trainedForward, trainedInputGradient } from "./linearTrained.ts";
import { BLOCK_SHAPES, blockText, forBlocks, HALF_SHAPES, SLICED_SHAPE } from "./kit/blockTiles.ts";
import { slicedGroups, slicesFor, tileGroups } from "./kit/tileGroups.ts";
import { groupsFor, kernelOf, kernelSizes } from "./kit/launch.ts";
import { matmulChoiceFor, variantFor } from "./kit/matmulChoice.ts";
import { FEW_ROWS, fewRowsKernel, type Forward } from "./kit/fewRows.ts";
import { isMatrix, matrixCode, perMatrixUnit } from "./kit/matrixTiles.ts";
import { earlyWeightText, HALF_FIRST, perMatrixDtype, precisionOf, valueText, weightText } from "./kit/weightText.ts";

type TextVariant = Exclude<MatmulVariant, MatrixVariant>;

/** The kernels for weights that are stored in one way. */
interface Kernels {
  forward: Record<TextVariant, Forward>;
  /** quad with a smaller tile, for decoding. */
  quadFew: Forward;
  inputGradient: Record<TextVariant, KernelSpec>;
}

/** The kernels of the texts, with what they bind before the last one. */
const forwardOf = (code: readonly string[]): Forward => {
  const bound = [...code.slice(0, -1), forwardBindings, ...code.slice(-1)];
  return { plain: kernelOf("linear", "forward", bound), biased: kernelOf("linear", "forward", bound, { BIAS: 1 }) };
};
const inputGradientOf = (code: readonly string[]): KernelSpec =>
  kernelOf("linear", "input_gradient", [...code.slice(0, -1), gradientBindings, ...code.slice(-1)]);

/** For kernels that fetch a round early. */
const earlyCode = (precision: MatrixDtype): string[] => [grid, valueText(4), earlyWeightText(precision)];

function kernelsFor(precision: MatrixDtype): Kernels {
  const alone = [grid, valueText(4), weightText(precision, 4)];
  const early = earlyCode(precision);
  const shared = [sharing, ...alone];
  const ntTiles = forBlocks((variant) => forwardOf([...early, blockText(BLOCK_SHAPES[variant]), ntBlocks]));
  const nnTiles = forBlocks((variant) => inputGradientOf([...early, blockText(BLOCK_SHAPES[variant]), nnBlocks]));
  /** As the tiles of f32, but halves in workgroup memory. Compiled only where the adapter has shader-f16. */
  const half = (variant: BlockVariant): string[] => [HALF_FIRST, ...early, blockText(BLOCK_SHAPES[variant], "vec4h")];
  const ntHalf = (variant: HalfVariant): Forward =>
    precision !== "f16" ? ntTiles[HALF_SHAPES[variant]] : forwardOf([...half(HALF_SHAPES[variant]), ntBlocks]);
  const nnHalf = (variant: HalfVariant): KernelSpec =>
    precision !== "f16" ? nnTiles[HALF_SHAPES[variant]] : inputGradientOf([...half(HALF_SHAPES[variant]), nnBlocks]);
  return {
    forward: {
      quad: forwardOf([...shared, quadTile, ntQuad]),
      registers: forwardOf([...alone, registerTile, ntRegisters]),
      tiled: forwardOf([...early, ntTiled]),
      split: forwardOf([...early, splitting, ntSplit]),
      splitk: ntTiles[SLICED_SHAPE],
      ...ntTiles,
      halves64: ntHalf("halves64"),
      halves128: ntHalf("halves128"),
    },
    quadFew: forwardOf([...shared, ntQuadFew]),
    inputGradient: {
      quad: inputGradientOf([...shared, quadTile, nnQuad]),
      registers: inputGradientOf([...alone, registerTile, nnRegisters]),
      tiled: inputGradientOf([...early, nnTiled]),
      split: inputGradientOf([...early, splitting, nnSplit]),
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

/** The kernels of a variant on the adapter's matrix unit. */
const matrixKernels = perMatrixUnit((facts, precision, variant) => {
  const code = (file: string): string[] =>
    matrixCode(facts, variant, [...earlyCode(precision), file], { exactRight: precision === "f16" });
  return { forward: forwardOf(code(ntBlocks)), inputGradient: inputGradientOf(code(nnBlocks)) };
});

const forwardKernel = (facts: AdapterFacts, precision: MatrixDtype, variant: MatmulVariant): Forward =>
  isMatrix(variant) ? matrixKernels(facts, precision, variant).forward : kernelsOf(precision).forward[variant];
const inputGradientKernel = (facts: AdapterFacts, precision: MatrixDtype, variant: MatmulVariant): KernelSpec =>
  isMatrix(variant)
    ? matrixKernels(facts, precision, variant).inputGradient
    : kernelsOf(precision).inputGradient[variant];

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
  const forward = forwardKernel(ctx.gpu.facts, precision, variant);
  const slices = slicesFor(ctx.gpu.facts, variant, forward.plain, { rows, cols: n, steps: k });
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
  const kernel = inputGradientKernel(ctx.gpu.facts, precision, variant);
  const slices = slicesFor(ctx.gpu.facts, variant, kernel, { rows: m, cols: k, steps: n });
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
