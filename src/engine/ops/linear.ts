// Linear layers with frozen weights: y = x W^T + b, and dx = dy W. The matmul kernels come in variants; one is chosen per adapter.
import grid from "../../../shaders/lib/grid.wgsl?raw";
import sharing from "../../../shaders/lib/quad.wgsl?raw";
import nnQuad from "../../../shaders/linear/nn_quad.wgsl?raw";
import nnRegisters from "../../../shaders/linear/nn_registers.wgsl?raw";
import nnTiled from "../../../shaders/linear/nn_tiled.wgsl?raw";
import ntQuad from "../../../shaders/linear/nt_quad.wgsl?raw";
import ntQuadFew from "../../../shaders/linear/nt_quad_few.wgsl?raw";
import ntRegisters from "../../../shaders/linear/nt_registers.wgsl?raw";
import ntTiled from "../../../shaders/linear/nt_tiled.wgsl?raw";
import type { Ctx } from "../ctx.ts";
import { invariant } from "../errors.ts";
import type { Groups, KernelSpec } from "../gpu/kernel.ts";
import { matrixOf, type Precision, type Tensor } from "../tensor.ts";
import { trainedForward, trainedInputGradient } from "./linearTrained.ts";
import { groupsFor } from "./kit/launch.ts";
import { precisionOf, valueText, weightText } from "./kit/weightText.ts";

/** quad: four invocations share loads (software adapters). registers: 8 x 8 tiles, no barrier. tiled: workgroup memory (GPUs). */
export type MatmulVariant = "quad" | "registers" | "tiled";
export const MATMUL_VARIANTS: readonly MatmulVariant[] = ["quad", "registers", "tiled"];

/** The variants that this adapter can run. */
export function usableVariants(ctx: Ctx): MatmulVariant[] {
  return MATMUL_VARIANTS.filter((variant) => variant !== "quad" || ctx.gpu.facts.quads);
}

/** A kernel with the tile that one workgroup column of its dispatch computes. */
interface Matmul {
  plain: KernelSpec;
  biased?: KernelSpec;
  tileRows: number;
  tileCols: number;
  tilesPerGroup: number;
}

const matmul = (
  label: string,
  code: string,
  tileRows: number,
  tileCols: number,
  tilesPerGroup: number,
  bias: boolean,
): Matmul => ({
  plain: { label, code, entry: "main" },
  ...(bias ? { biased: { label, code, entry: "main", constants: { BIAS: 1 } } } : {}),
  tileRows,
  tileCols,
  tilesPerGroup,
});

/** The kernels for weights held in one precision. */
interface Kernels {
  forward: Record<MatmulVariant, Matmul>;
  backward: Record<MatmulVariant, Matmul>;
  /** quad for up to FEW_ROWS rows. */
  quadFew: Matmul;
}

function kernelsFor(precision: Precision): Kernels {
  const alone = (code: string): string => [grid, valueText(4), weightText(precision, 4), code].join("\n");
  const shared = (code: string): string => [sharing, alone(code)].join("\n");
  return {
    forward: {
      quad: matmul("linear", shared(ntQuad), 32, 32, 1, true),
      registers: matmul("linear", alone(ntRegisters), 8, 8, 16, true),
      tiled: matmul("linear", alone(ntTiled), 64, 64, 1, true),
    },
    backward: {
      quad: matmul("linear backward", shared(nnQuad), 32, 32, 1, false),
      registers: matmul("linear backward", alone(nnRegisters), 8, 8, 16, false),
      tiled: matmul("linear backward", alone(nnTiled), 64, 64, 1, false),
    },
    quadFew: matmul("linear few rows", shared(ntQuadFew), 4, 16, 1, true),
  };
}

const KERNELS: Record<Precision, Kernels> = { f32: kernelsFor("f32"), f16: kernelsFor("f16") };
/** Decoding: few rows. */
const FEW_ROWS = 4;

const groupsOf = (kernel: Matmul, rows: number, cols: number): Groups =>
  groupsFor(Math.ceil(rows / kernel.tileRows) * Math.ceil(cols / kernel.tileCols), kernel.tilesPerGroup);

/**
 * y = x weight^T + bias. x: (..., K), weight: (N, K), f32 or f16, bias: (N), y: (..., N). Weight and bias are frozen.
 * Widths that are no multiple of 4 take the slower kernels that need none.
 */
export function linear(ctx: Ctx, x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  const [n = 0] = weight.shape;
  const y = ctx.empty([...x.shape.slice(0, -1), n], "linear", { requiresGrad: ctx.needsGrad(x) });
  linearForward(ctx, x, weight, bias, y);
  return ctx.record(y, [x], (dy) => {
    const dx = ctx.gradTarget(x);
    linearBackward(ctx, dy, weight, dx);
    return [dx];
  });
}

/** linear, into y; not differentiable. */
export function linearForward(ctx: Ctx, x: Tensor, weight: Tensor, bias: Tensor | undefined, y: Tensor): void {
  const { rows: m, cols: k } = matrixOf(x);
  const [n = 0, width] = weight.shape;
  invariant(width === k, "shape", () => `${weight.label}: (N, ${k}) expected, (${weight.shape.join(", ")}) came`);
  if (isOdd(n, k)) {
    trainedForward(ctx, x, weight, bias, y);
    return;
  }
  const kernels = KERNELS[precisionOf(weight)];
  const forward = m <= FEW_ROWS && ctx.matmul === "quad" ? kernels.quadFew : kernels.forward[ctx.matmul];
  const kernel = bias && forward.biased ? forward.biased : forward.plain;
  ctx.run(kernel, [x, weight, bias ?? weight, y], { m, n, k }, groupsOf(forward, m, n));
  ctx.spend(2 * m * n * k);
}

/** dx = dy weight, into dx. dy: (..., N), weight: (N, K), dx: (..., K). */
export function linearBackward(ctx: Ctx, dy: Tensor, weight: Tensor, dx: Tensor): void {
  const { rows: m, cols: n } = matrixOf(dy);
  const k = matrixOf(dx).cols;
  if (isOdd(n, k)) {
    trainedInputGradient(ctx, dy, weight, dx);
    return;
  }
  const backward = KERNELS[precisionOf(weight)].backward[ctx.matmul];
  ctx.run(backward.plain, [dy, weight, dx], { m, n, k }, groupsOf(backward, m, k));
  ctx.spend(2 * m * n * k);
}

/** Whether a matrix is not made of whole vec4s. */
const isOdd = (n: number, k: number): boolean => k % 4 !== 0 || n % 4 !== 0;
