// Kernel specs of the ops, and the sizes of their dispatches.
import type { KernelSpec } from "../../gpu/kernel.ts";
import type { Groups } from "../../gpu/pastDispatches.ts";
import { type KernelSizes, readSizes } from "../../gpu/wgslSizes.ts";

/** Most workgroups in one dimension of a dispatch (WebGPU's maxComputeWorkgroupsPerDimension). */
export const MAX_GROUPS = 65535;

/** Values of a kernel's `override` constants. */
export type Constants = Readonly<Record<string, number>>;

/** WGSL texts that are joined into one: the snippets of shaders/lib that the op's file needs, then the file. */
export type Code = readonly string[];

/** The kernel `entry` of an op, labelled "stem.entry". */
export function kernelOf(stem: string, entry: string, code: Code, constants?: Constants): KernelSpec {
  return { label: `${stem}.${entry}`, code: code.join("\n"), entry, ...(constants ? { constants } : {}) };
}

const known = new WeakMap<KernelSpec, KernelSizes>();

/** The sizes that a kernel's WGSL declares, read once per spec. */
export function kernelSizes(spec: KernelSpec): KernelSizes {
  const sizes = known.get(spec) ?? readSizes(spec);
  known.set(spec, sizes);
  return sizes;
}

/** Workgroups of a kernel that uses one invocation per item. */
export const groupsOf = (spec: KernelSpec, items: number): Groups => groupsFor(items, kernelSizes(spec).workgroup);

/** Workgroups for `count` items, `perGroup` in each. Folded over two dimensions if one is too short; lib/grid.wgsl unfolds them. */
export function groupsFor(count: number, perGroup = 1): Groups {
  const groups = Math.max(1, Math.ceil(count / perGroup));
  if (groups <= MAX_GROUPS) return [groups];
  const y = Math.ceil(groups / MAX_GROUPS);
  return [Math.ceil(groups / y), y];
}
