// Which selection vectors act on which tensors of a block (METHOD.md 1.1), by the tensors' names and shapes in the file.
import { VECTORS_PER_BLOCK } from "../../shared/vectors.ts";
import type { Family, ModelConfig } from "../config/config.ts";
import { FAMILIES } from "../config/families/families.ts";
import { blockLinears, linearNames, type LinearRole } from "../config/tensors.ts";

/** The vectors that act on one tensor, as indices 5 * block + k. */
export interface TensorGates {
  block: number;
  /** The vector that selects rows (outputs), if any. */
  rows?: number;
  /** The vector that selects columns (inputs), if any. */
  cols?: number;
}

/** A linear weight of a block of the dense model. */
interface BlockTensor {
  name: string;
  /** (out, in) */
  shape: readonly [number, number];
  gates: TensorGates;
}

/** The vectors for rows and columns, numbered within the block: 0 to 4 for s1 to s5. */
interface RoleGates {
  rows?: number;
  cols?: number;
}

const GATES: Readonly<Record<LinearRole, RoleGates>> = {
  q: { cols: 0 },
  k: { cols: 0 },
  v: { cols: 0 },
  o: { rows: 1 },
  up: { rows: 3, cols: 2 },
  down: { rows: 4, cols: 3 },
};

/** The vectors that act on a tensor, by its name in the file; undefined for a tensor that is never pruned. A bias has rows only. */
export function tensorGates(family: Family, tensor: string): TensorGates | undefined {
  const { names } = FAMILIES[family];
  if (!tensor.startsWith(names.layers)) return undefined;
  const [, block, name = "", kind] = /^(\d+)\.(.+)\.(weight|bias)$/.exec(tensor.slice(names.layers.length)) ?? [];
  const linear = linearNames(names).find((one) => one.name === name);
  return linear && gatesOf(GATES[linear.role], Number(block), kind === "weight");
}

/** Every linear weight of every block, with its full shape: the tensors that a model's file must have. */
export function blockTensors(config: ModelConfig): BlockTensor[] {
  const { layers } = FAMILIES[config.family].names;
  const linears = blockLinears(config);
  return Array.from({ length: config.layers }, (_, block) =>
    linears.map(({ name, role, shape }): BlockTensor => {
      const gates = gatesOf(GATES[role], block, true) ?? { block };
      return { name: `${layers}${block}.${name}.weight`, shape, gates };
    }),
  ).flat();
}

/** The name of the I32 tensor with the kept indices of vector 5 * block + k in the compact form. */
export function indexTensorName(family: Family, vector: number): string {
  const block = Math.floor(vector / VECTORS_PER_BLOCK);
  return `${FAMILIES[family].names.layers}${block}.espalier.s${(vector % VECTORS_PER_BLOCK) + 1}`;
}

/** Of one block; undefined if no vector acts on the tensor. */
function gatesOf(linear: RoleGates, block: number, isWeight: boolean): TensorGates | undefined {
  const first = block * VECTORS_PER_BLOCK;
  const gates: TensorGates = { block };
  if (linear.rows !== undefined) gates.rows = first + linear.rows;
  if (linear.cols !== undefined && isWeight) gates.cols = first + linear.cols;
  return gates.rows === undefined && gates.cols === undefined ? undefined : gates;
}
