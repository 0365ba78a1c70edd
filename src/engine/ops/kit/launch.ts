// How ops size their dispatches.
import type { Groups } from "../../gpu/kernel.ts";

const MAX_GROUPS = 65535;

/** Workgroups for `count` items at `perGroup` a workgroup, folded over two dimensions where one is too short (lib/grid.wgsl unfolds). */
export function groupsFor(count: number, perGroup = 1): Groups {
  const groups = Math.max(1, Math.ceil(count / perGroup));
  if (groups <= MAX_GROUPS) return [groups];
  const y = Math.ceil(groups / MAX_GROUPS);
  return [Math.ceil(groups / y), y];
}
