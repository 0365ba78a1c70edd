// One WGSL text, several kernels: columns by fours or one by one, and shapes of workgroups for software and hardware adapters.
import grid from "../../../../shaders/lib/grid.wgsl?raw";
import rowsCode from "../../../../shaders/lib/rows.wgsl?raw";
import type { Ctx } from "../../ctx.ts";
import { invariant } from "../../errors.ts";
import type { Groups, KernelSpec } from "../../gpu/kernel.ts";
import { groupsFor } from "./launch.ts";
import { valueText, type Width } from "./weightText.ts";

/** How to dispatch a kernel over a matrix. `cols` counts in units of `width` columns, as the WGSL does. */
export interface Launch {
  spec: KernelSpec;
  groups: Groups;
  cols: number;
}

export type Launcher = (ctx: Ctx, rows: number, cols: number, width?: Width) => Launch;
/** The widest unit that divides every one of `widths` (in columns). */
export const unitOf = (...widths: readonly number[]): Width => (widths.every((cols) => cols % 4 === 0) ? 4 : 1);

const MAX_GROUPS = 65535;

type Constants = Readonly<Record<string, number>>;

interface Shape {
  software: Constants;
  hardware: Constants;
}

/** Rows of which each is one sum or maximum (lib/rows.wgsl). */
const ROW_SHAPE = { software: { LANES: 1, ROWS: 4 }, hardware: { LANES: 64, ROWS: 1 } };
/** Independent elements: invocations across the columns, each going down BLOCK rows. */
const BLOCK_SHAPE = { software: { SIZE: 16, BLOCK: 8 }, hardware: { SIZE: 64, BLOCK: 1 } };
/** Sums over rows: COLUMNS columns a workgroup, each by LANES invocations. */
const COLUMN_SHAPE = { software: { COLUMNS: 4, LANES: 1 }, hardware: { COLUMNS: 16, LANES: 16 } };

/** WGSL text, or what makes it for a width. */
type Code = string | ((width: Width) => string);

/** Makes each variant when it is first asked for: the spec is the key of the pipeline cache, so it must stay the same object. */
function variants(
  label: string,
  code: Code,
  entry: string,
  shape: Shape,
  constants: Constants = {},
): (ctx: Ctx, width: Width) => KernelSpec {
  const made = new Map<string, KernelSpec>();
  return (ctx, width) => {
    const adapter = ctx.gpu.facts.software ? "software" : "hardware";
    const key = `${adapter}${width}`;
    let spec = made.get(key);
    if (!spec) {
      const text = [valueText(width), typeof code === "string" ? code : code(width)].join("\n");
      spec = { label, code: text, entry, constants: { ...shape[adapter], ...constants } };
      made.set(key, spec);
    }
    return spec;
  };
}

const constant = (spec: KernelSpec, name: string): number => spec.constants?.[name] ?? 1;

/** A kernel that reduces rows: see lib/rows.wgsl, which it gets in front, with lib/grid.wgsl. */
export function rowKernel(label: string, code: string, entry: string): Launcher {
  const pick = variants(label, [grid, rowsCode, code].join("\n"), entry, ROW_SHAPE);
  return (ctx, rows, cols, width = unitOf(cols)) => {
    const spec = pick(ctx, width);
    return { spec, groups: groupsFor(rows, constant(spec, "ROWS")), cols: cols / width };
  };
}

/** A kernel over independent elements: global x is the column, global y the block of BLOCK rows. */
export function blockKernel(label: string, code: Code, entry: string, constants?: Constants): Launcher {
  const pick = variants(label, code, entry, BLOCK_SHAPE, constants);
  return (ctx, rows, cols, width = unitOf(cols)) => {
    const spec = pick(ctx, width);
    const blocks = Math.ceil(rows / constant(spec, "BLOCK"));
    invariant(blocks <= MAX_GROUPS, "limit", `${label}: ${rows} rows in one step; at most ${MAX_GROUPS} can be done`);
    return { spec, groups: [Math.ceil(cols / width / constant(spec, "SIZE")), blocks], cols: cols / width };
  };
}

/** A kernel that sums over rows: one workgroup for COLUMNS columns. */
export function columnKernel(label: string, code: string, entry: string): Launcher {
  const pick = variants(label, code, entry, COLUMN_SHAPE);
  return (ctx, _rows, cols, width = unitOf(cols)) => {
    const spec = pick(ctx, width);
    return { spec, groups: [Math.ceil(cols / width / constant(spec, "COLUMNS"))], cols: cols / width };
  };
}
