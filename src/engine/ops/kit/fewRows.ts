// Forward of a linear layer for few rows (decoding) on graphics cards: shaders/linear/nt_few.wgsl, by its number of rows.
import grid from "../../../../shaders/lib/grid.wgsl?raw";
import bySubgroup from "../../../../shaders/lib/lanes_subgroup.wgsl?raw";
import byWorkgroup from "../../../../shaders/lib/lanes_workgroup.wgsl?raw";
import bindings from "../../../../shaders/lib/linear_forward.wgsl?raw";
import ntFew from "../../../../shaders/linear/nt_few.wgsl?raw";
import type { MatrixDtype } from "../../dtype.ts";
import type { AdapterFacts } from "../../gpu/device.ts";
import type { KernelSpec } from "../../gpu/kernel.ts";
import { kernelOf } from "./launch.ts";
import { earlyWeightText, valueText } from "./weightText.ts";

/** Rows of the kernels; the smallest that is enough runs. */
const ROWS = [1, 2, 4, 8, 16] as const;
/** Invocations per out feature without subgroups. */
const LANES = 32;
const MOST_LANES = 64;
/** Most rows that these kernels take. */
export const FEW_ROWS = 16;

/** A forward kernel, without and with a bias. */
export interface Forward {
  plain: KernelSpec;
  biased: KernelSpec;
}

const made = new Map<string, Forward>();

/** Lanes of a subgroup if all have the same number of them, which then divide the sum; else 0. */
const subgroupLanes = ({ subgroupMin, subgroupMax }: AdapterFacts): number =>
  subgroupMin === subgroupMax && subgroupMax <= MOST_LANES ? subgroupMax : 0;

/** The kernel for up to FEW_ROWS rows. Made when it is first needed, and only once: the spec is the key of the pipeline cache. */
export function fewRowsKernel(facts: AdapterFacts, precision: MatrixDtype, m: number): Forward {
  const rows = ROWS.find((most) => m <= most) ?? FEW_ROWS;
  const lanes = subgroupLanes(facts);
  const key = `${precision} ${rows} ${lanes}`;
  const known = made.get(key);
  if (known) return known;
  const sums = lanes > 0 ? ["enable subgroups;", bySubgroup] : [byWorkgroup];
  const code = [
    ...sums,
    `const ROWS = ${rows}u;\nconst LANES = ${lanes || LANES}u;`,
    ...[grid, valueText(4), earlyWeightText(precision), bindings, ntFew],
  ];
  const forward = {
    plain: kernelOf("linear", "forward", code),
    biased: kernelOf("linear", "forward", code, { BIAS: 1 }),
  };
  made.set(key, forward);
  return forward;
}
