// Linear layers with frozen weights: y = x W^T + b, and dx = dy W. The kernels come in variants, of which the adapter uses one.
import blocks from "../../../shaders/lib/blocks.wgsl?raw";
import grid from "../../../shaders/lib/grid.wgsl?raw";
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
import { type Ctx, type MatmulChoice, type MatmulVariant, usualMatmul } from "../ctx.ts";
import { invariant } from "../errors.ts";
import type { Groups, KernelSpec } from "../gpu/kernel.ts";
import {
  kernelInTable,
  MATMUL_KERNELS,
  type MatmulShape,
  type MatmulTable,
  shapeClass,
} from "../matmul/matmulTable.ts";
import { matrixOf, type Precision, type Tensor } from "../tensor.ts";
import { type LinearTensors, trainedForward, trainedInputGradient } from "./linearTrained.ts";
import { groupsFor, kernelOf, kernelSizes, MAX_GROUPS } from "./kit/launch.ts";
import { precisionOf, valueText, weightText } from "./kit/weightText.ts";

export const MATMUL_VARIANTS: readonly MatmulVariant[] = ["quad", "registers", "tiled", "split", "blocks128"];

/** Workgroup memory of a variant's kernels; the others need at most 16 KiB, which every adapter has. */
const WORKGROUP_BYTES: Partial<Record<MatmulVariant, number>> = { split: 22_528, blocks128: 16_896 };

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
  const shared = [sharing, grid, valueText(4), weightText(precision, 4)];
  const alone = shared.slice(1);
  const forward = (code: readonly string[]): Forward => ({
    plain: kernelOf("linear", "forward", code),
    biased: kernelOf("linear", "forward", code, { BIAS: 1 }),
  });
  const inputGradient = (code: readonly string[]): KernelSpec => kernelOf("linear", "input_gradient", code);
  return {
    forward: {
      quad: forward([...shared, ntQuad]),
      registers: forward([...alone, ntRegisters]),
      tiled: forward([...alone, ntTiled]),
      split: forward([...alone, splitting, ntSplit]),
      blocks128: forward([...alone, blocks, ntBlocks]),
    },
    quadFew: forward([...shared, ntQuadFew]),
    few: forward([...alone, ntFew]),
    inputGradient: {
      quad: inputGradient([...shared, nnQuad]),
      registers: inputGradient([...alone, nnRegisters]),
      tiled: inputGradient([...alone, nnTiled]),
      split: inputGradient([...alone, splitting, nnSplit]),
      blocks128: inputGradient([...alone, blocks, nnBlocks]),
    },
  };
}

const KERNELS: Record<Precision, Kernels> = { f32: kernelsFor("f32"), f16: kernelsFor("f16") };
/** Tiles of 128 x 128 from which blocks128 is fastest, and tiles of 64 x 64 below which split is: measured on an H200 (bench/gpus). */
const MANY_TILES = 192;
const FEW_TILES = 160;
/** Up to this many rows, the kernel for few rows is fastest on graphics cards. */
const FEW_ROWS = { quad: kernelSizes(KERNELS.f32.quadFew.plain).constant("TILE_ROWS"), sized: 16 };

/** Whether this adapter can run a kernel of this name, which may be one of another version. */
const isMatmulChoice = (ctx: Ctx, name: string): name is MatmulChoice =>
  name === "sized" || MATMUL_VARIANTS.some((variant) => variant === name && isUsable(ctx, variant));

/** Why a table cannot be used here, as a sentence: it was made for other kernels, or names one that this adapter cannot run. */
export function matmulRefusal(ctx: Ctx, table: MatmulTable): string | undefined {
  if (table.kernels !== MATMUL_KERNELS)
    return `It was made for version ${table.kernels} of the matmul kernels; this is version ${MATMUL_KERNELS}.`;
  const names = [table.default, ...Object.values(table.classes)];
  const unknown = names.find((name) => !isMatmulChoice(ctx, name));
  return unknown === undefined
    ? undefined
    : `It names the matmul kernel "${unknown}", which does not run on this adapter.`;
}

/** Makes a table the choice of this context, unless `matmulRefusal` says why not, which is returned. */
export function useMatmulTable(ctx: Ctx, table: MatmulTable): string | undefined {
  const refusal = matmulRefusal(ctx, table);
  if (refusal !== undefined) return refusal;
  const { default: usual } = table;
  ctx.matmul = Object.keys(table.classes).length === 0 && isMatmulChoice(ctx, usual) ? usual : table;
  return undefined;
}

/** Kernels that were looked up in a table, by class. */
const lookedUp = new WeakMap<MatmulTable, Map<string, MatmulChoice>>();

/** What ctx.matmul says about a shape. A name that this adapter cannot run counts as the usual choice. */
function choiceFor(ctx: Ctx, shape: MatmulShape): MatmulChoice {
  const { matmul } = ctx;
  if (typeof matmul === "string") return matmul;
  const known = lookedUp.get(matmul) ?? new Map<string, MatmulChoice>();
  lookedUp.set(matmul, known);
  const key = shapeClass(shape);
  const before = known.get(key);
  if (before) return before;
  const name = kernelInTable(matmul, shape);
  const choice = isMatmulChoice(ctx, name) ? name : usualMatmul(ctx.gpu.facts);
  known.set(key, choice);
  return choice;
}

/** The variant for a shape, by the choice for it. */
function variantFor(ctx: Ctx, { rows, n, k, direction }: MatmulShape, choice: MatmulChoice): MatmulVariant {
  if (choice !== "sized") return choice;
  const cols = direction === "forward" ? n : k;
  const tiles = (size: number): number => Math.ceil(rows / size) * Math.ceil(cols / size);
  const best = tiles(128) >= MANY_TILES ? "blocks128" : tiles(64) < FEW_TILES ? "split" : "tiled";
  return isUsable(ctx, best) ? best : "tiled";
}

/** The choices that are worth timing for a shape: the usual one, and every variant that it would not run. */
export function matmulChoices(ctx: Ctx, shape: MatmulShape, usual: MatmulChoice): MatmulChoice[] {
  const few = usual === "sized" && shape.direction === "forward" && shape.rows <= FEW_ROWS.sized;
  const runs = few ? undefined : variantFor(ctx, shape, usual);
  return [usual, ...usableVariants(ctx).filter((variant) => variant !== usual && variant !== runs)];
}

/** Workgroups for a result of rows x cols. */
function tileGroups(spec: KernelSpec, rows: number, cols: number): Groups {
  const { workgroup, constant } = kernelSizes(spec);
  const tiles = Math.ceil(rows / constant("TILE_ROWS")) * Math.ceil(cols / constant("TILE_COLUMNS"));
  return groupsFor(tiles, workgroup / constant("TILE_INVOCATIONS"));
}

/** The forward kernel for a shape, and its workgroups. */
function forwardLaunch(ctx: Ctx, kernels: Kernels, shape: MatmulShape): Forward & { groups: Groups } {
  const { rows, n: cols } = shape;
  const choice = choiceFor(ctx, shape);
  if (choice === "sized" && rows <= FEW_ROWS.sized) {
    const { constant } = kernelSizes(kernels.few.plain);
    const across = Math.ceil(cols / constant("FEATURES"));
    if (across <= MAX_GROUPS) return { ...kernels.few, groups: [across, Math.ceil(rows / constant("ROWS"))] };
  }
  const few = choice === "quad" && rows <= FEW_ROWS.quad;
  const forward = few ? kernels.quadFew : kernels.forward[variantFor(ctx, shape, choice)];
  return { ...forward, groups: tileGroups(forward.plain, rows, cols) };
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
  const precision = precisionOf(weight);
  const shape: MatmulShape = { direction: "forward", precision, rows: m, n, k };
  const { plain, biased, groups } = forwardLaunch(ctx, KERNELS[precision], shape);
  ctx.run(bias ? biased : plain, [x, weight, bias ?? weight, y], { m, n, k }, groups);
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
  const kernel = KERNELS[precision].inputGradient[variantFor(ctx, shape, choiceFor(ctx, shape))];
  ctx.run(kernel, [dy, weight, dx], { m, n, k }, tileGroups(kernel, m, k));
  ctx.spend(2 * m * n * k);
}

/** Whether a matrix has a width that is not a multiple of 4. */
const isOdd = (n: number, k: number): boolean => k % 4 !== 0 || n % 4 !== 0;
