// Which matmul kernel runs for a shape: the variants that an adapter can run, and what ctx.matmul and its table say about them.
import type { Ctx } from "../../ctx.ts";
import { type HalfVariant, type MatmulChoice, type MatmulVariant, usualMatmul } from "../../matmul/matmulVariants.ts";
import type { MatrixDtype } from "../../dtype.ts";
import {
  kernelInTable,
  MATMUL_KERNELS,
  type MatmulShape,
  type MatmulTable,
  shapeClass,
} from "../../matmul/matmulTable.ts";
import {
  BLOCK_SHAPES,
  BLOCK_VARIANTS,
  forBlocks,
  HALF_SHAPES,
  HALF_VARIANTS,
  SLICED_SHAPE,
  workgroupBytes,
} from "./blockTiles.ts";
import { FEW_ROWS } from "./fewRows.ts";
import { isMatrix, MATRIX_VARIANTS, matrixBytes } from "./matrixTiles.ts";

export const MATMUL_VARIANTS: readonly MatmulVariant[] = [
  ...(["quad", "registers", "tiled", "split", "splitk"] as const),
  ...BLOCK_VARIANTS,
  ...HALF_VARIANTS,
  ...MATRIX_VARIANTS,
];

/** Workgroup memory of kernels that are the same on every adapter; the others need at most 16 KiB, which every adapter has. */
const WORKGROUP_BYTES: Partial<Record<MatmulVariant, number>> = {
  split: 22_528,
  splitk: workgroupBytes(BLOCK_SHAPES[SLICED_SHAPE]),
  ...forBlocks((variant) => workgroupBytes(BLOCK_SHAPES[variant])),
  // with the blocks' memory, although halves need less: other weights take the blocks
  halves64: workgroupBytes(BLOCK_SHAPES[HALF_SHAPES.halves64]),
  halves128: workgroupBytes(BLOCK_SHAPES[HALF_SHAPES.halves128]),
};

const isHalf = (variant: MatmulVariant): variant is HalfVariant => variant in HALF_SHAPES;

/** Whether this adapter can run the kernels of a variant. */
export const isUsable = ({ gpu: { facts } }: Ctx, variant: MatmulVariant): boolean =>
  (variant !== "quad" || facts.quads) &&
  (!isHalf(variant) || facts.shaderF16) &&
  facts.workgroupBytes >= (isMatrix(variant) ? matrixBytes(facts, variant) : (WORKGROUP_BYTES[variant] ?? 0));

/** The variants that this adapter can run; those that are only for halves are left out for other weights. */
export const usableVariants = (ctx: Ctx, precision: MatrixDtype = "f16"): MatmulVariant[] =>
  MATMUL_VARIANTS.filter((variant) => isUsable(ctx, variant) && (precision === "f16" || !isHalf(variant)));

/** Tiles of 128 x 128 from which blocks128 is fastest, and tiles of 64 x 64 below which split or splitk is: measured on an H200 (bench/gpus). */
const MANY_TILES = 192;
const FEW_TILES = 160;
/** Steps of a sum from which, with few tiles, splitk is faster than split. */
const LONG_SUM = 3072;

const tilesOf = (size: number, rows: number, cols: number): number => Math.ceil(rows / size) * Math.ceil(cols / size);

/** Whether a result of rows x cols has enough tiles of 128 x 128 to fill a graphics card. */
export const fillsCard = (rows: number, cols: number): boolean => tilesOf(128, rows, cols) >= MANY_TILES;

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
export function matmulChoiceFor(ctx: Ctx, shape: MatmulShape): MatmulChoice {
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
export function variantFor(ctx: Ctx, { rows, n, k, direction }: MatmulShape, choice: MatmulChoice): MatmulVariant {
  if (choice !== "sized") return choice;
  const [cols, steps] = direction === "forward" ? [n, k] : [k, n];
  const few = tilesOf(64, rows, cols) < FEW_TILES;
  const best = fillsCard(rows, cols) ? "blocks128" : !few ? "tiled" : steps >= LONG_SUM ? "splitk" : "split";
  return isUsable(ctx, best) ? best : "tiled";
}

/** The choices that are worth timing for a shape: the usual one, and every variant that it would not run. */
export function matmulChoices(ctx: Ctx, shape: MatmulShape, usual: MatmulChoice): MatmulChoice[] {
  const few = usual === "sized" && shape.direction === "forward" && shape.rows <= FEW_ROWS;
  const runs = few ? undefined : variantFor(ctx, shape, usual);
  return [usual, ...usableVariants(ctx, shape.precision).filter((variant) => variant !== usual && variant !== runs)];
}
