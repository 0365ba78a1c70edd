// Kernels that come in variants: four columns at a time or one, and workgroup shapes for software and for hardware adapters.
import grid from "../../../../shaders/lib/grid.wgsl?raw";
import rowsCode from "../../../../shaders/lib/rows.wgsl?raw";
import type { Ctx } from "../../ctx.ts";
import { invariant } from "../../errors.ts";
import type { KernelSpec } from "../../gpu/kernel.ts";
import type { Groups } from "../../gpu/pastDispatches.ts";
import { type Code, type Constants, groupsFor, kernelOf, MAX_GROUPS, kernelSizes } from "./launch.ts";
import { valueText, type Width } from "./weightText.ts";

/** How to dispatch a kernel over a matrix. `cols` counts Values of `width` columns, as the WGSL does. */
interface Launch {
  spec: KernelSpec;
  groups: Groups;
  cols: number;
}

/** The launch for a matrix of rows x cols columns; default width: the widest that divides `cols`. */
export type Launcher = (ctx: Ctx, rows: number, cols: number, width?: Width) => Launch;

/** The widest unit that divides all of `widths` (in columns). */
export const unitOf = (...widths: readonly number[]): Width => (widths.every((cols) => cols % 4 === 0) ? 4 : 1);

interface Shape {
  software: Constants;
  hardware: Constants;
}

/** A sum or maximum per row (lib/rows.wgsl). */
const ROW_SHAPE = { software: { LANES: 1, ROWS: 4 }, hardware: { LANES: 64, ROWS: 1 } };
/** The same for a few rows, one column at a time: decoding waits for them. */
const WIDE_ROW_SHAPE = { software: ROW_SHAPE.software, hardware: { LANES: 256, ROWS: 1 } };
/** Independent elements: one invocation per column and BLOCK rows. */
const BLOCK_SHAPE = { software: { SIZE: 16, BLOCK: 8 }, hardware: { SIZE: 64, BLOCK: 1 } };
/** Sums per row, then per column of a block of rows: LANES invocations for each of ROWS rows at a time. */
const TEAM_SHAPE = { software: { LANES: 1, ROWS: 4 }, hardware: { LANES: 32, ROWS: 8 } };
/** Sums over rows: one workgroup per COLUMNS columns, with LANES invocations for each. */
const COLUMN_SHAPE = { software: { COLUMNS: 4, LANES: 1 }, hardware: { COLUMNS: 4, LANES: 64 } };

interface Variants {
  stem: string;
  entry: string;
  code: (width: Width) => Code;
  shape: Shape;
  constants?: Constants | undefined;
}

/** Makes each variant when it is first needed, and only once: the spec is the key of the pipeline cache. */
function variants({ stem, entry, code, shape, constants }: Variants): (ctx: Ctx, width: Width) => KernelSpec {
  const made = new Map<string, KernelSpec>();
  return (ctx, width) => {
    const adapter = ctx.gpu.facts.software ? "software" : "hardware";
    const key = `${adapter}${width}`;
    let spec = made.get(key);
    if (!spec) {
      spec = kernelOf(stem, entry, [valueText(width), ...code(width)], { ...shape[adapter], ...constants });
      made.set(key, spec);
    }
    return spec;
  };
}

/** A kernel that reduces rows with lib/rows.wgsl, which is put before its code together with lib/grid.wgsl. */
export const rowKernel = (stem: string, entry: string, code: Code, constants?: Constants): Launcher =>
  reducing({ stem, entry, code: () => [grid, rowsCode, ...code], shape: ROW_SHAPE, constants });

/** The same with more invocations per row on graphics cards. */
export const wideRowKernel = (stem: string, entry: string, code: Code, constants?: Constants): Launcher =>
  reducing({ stem, entry, code: () => [grid, rowsCode, ...code], shape: WIDE_ROW_SHAPE, constants });

function reducing(kernel: Variants): Launcher {
  const pick = variants(kernel);
  return (ctx, rows, cols, width = unitOf(cols)) => {
    const spec = pick(ctx, width);
    return { spec, groups: groupsFor(rows, kernelSizes(spec).constant("ROWS")), cols: cols / width };
  };
}

/** A kernel over independent elements: global x is the column, global y the block of BLOCK rows. `code` may depend on the width. */
export function blockKernel(
  stem: string,
  entry: string,
  code: Code | ((width: Width) => Code),
  constants?: Constants,
): Launcher {
  const textOf = typeof code === "function" ? code : (): Code => code;
  const pick = variants({ stem, entry, code: textOf, shape: BLOCK_SHAPE, constants });
  return (ctx, rows, cols, width = unitOf(cols)) => {
    const spec = pick(ctx, width);
    const sizes = kernelSizes(spec);
    const blocks = Math.ceil(rows / sizes.constant("BLOCK"));
    invariant(
      blocks <= MAX_GROUPS,
      "limit",
      () => `${spec.label}: expected at most ${MAX_GROUPS * sizes.constant("BLOCK")} rows, got ${rows}`,
    );
    return { spec, groups: [Math.ceil(cols / width / sizes.workgroup), blocks], cols: cols / width };
  };
}

/** Blocks of rows for gradients that are summed over rows (Gradients.parts): how many, and the rows of each but the last. */
interface RowBlocks {
  count: number;
  each: number;
}

/** More blocks keep more of a graphics card busy, and leave more sums to add. */
const MOST_BLOCKS = { software: 16, hardware: 64 };
const LEAST_ROWS = 8;

/** The blocks of all gradients that are summed over `rows` rows. */
export function rowBlocks(ctx: Ctx, rows: number): RowBlocks {
  const most = MOST_BLOCKS[ctx.gpu.facts.software ? "software" : "hardware"];
  const each = Math.max(LEAST_ROWS, Math.ceil(rows / most));
  return { count: Math.ceil(rows / each), each };
}

/** `blockKernel` for a kernel whose blocks of rows are those of `rowBlocks`. */
export function rowBlockKernel(stem: string, entry: string, code: Code, constants?: Constants): Launcher {
  const pick = variants({ stem, entry, code: () => code, shape: BLOCK_SHAPE, constants });
  return (ctx, rows, cols, width = unitOf(cols)) => {
    const spec = pick(ctx, width);
    const across = Math.ceil(cols / width / kernelSizes(spec).workgroup);
    return { spec, groups: [across, rowBlocks(ctx, rows).count], cols: cols / width };
  };
}

/** A kernel with one workgroup for each block of `rowBlocks`: lib/grid.wgsl is put before its code. */
export function rowTeamKernel(stem: string, entry: string, code: Code, constants?: Constants): Launcher {
  const pick = variants({ stem, entry, code: () => [grid, ...code], shape: TEAM_SHAPE, constants });
  return (ctx, rows, cols, width = unitOf(cols)) => {
    return { spec: pick(ctx, width), groups: groupsFor(rowBlocks(ctx, rows).count), cols: cols / width };
  };
}

/** A kernel that sums over rows: one workgroup per COLUMNS columns. */
export function columnKernel(stem: string, entry: string, code: Code): Launcher {
  const pick = variants({ stem, entry, code: () => code, shape: COLUMN_SHAPE });
  return (ctx, _rows, cols, width = unitOf(cols)) => {
    const spec = pick(ctx, width);
    return { spec, groups: [Math.ceil(cols / width / kernelSizes(spec).constant("COLUMNS"))], cols: cols / width };
  };
}
