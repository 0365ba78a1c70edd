// Which tensors of a block the selection vectors act on (method.md 1.1), by the names and shapes that they have in the file.
import type { Family, ModelConfig } from "../model/config.ts";
import { VECTORS_PER_BLOCK } from "./gates.ts";

/** The vectors that act on one tensor, as indices 5 * block + k. */
export interface TensorGates {
  block: number;
  /** The vector that selects rows (outputs), if any. */
  rows?: number;
  /** The vector that selects columns (inputs), if any. */
  cols?: number;
}

/** A linear weight of a block as the unpruned model has it. */
export interface BlockTensor {
  name: string;
  /** (out, in) */
  shape: readonly [number, number];
  gates: TensorGates;
}

interface Linear {
  /** k of the vectors for rows and columns: 0 .. 4 for s1 .. s5. */
  rows?: number;
  cols?: number;
  shape: (config: ModelConfig) => readonly [number, number];
}

interface FamilyTensors {
  prefix: string;
  linears: Record<string, Linear>;
}

const dq = (c: ModelConfig): number => c.heads * c.headDim;
const dkv = (c: ModelConfig): number => c.kvHeads * c.headDim;

const LLAMA: FamilyTensors = {
  prefix: "model.layers.",
  linears: {
    "self_attn.q_proj": { cols: 0, shape: (c) => [dq(c), c.dModel] },
    "self_attn.k_proj": { cols: 0, shape: (c) => [dkv(c), c.dModel] },
    "self_attn.v_proj": { cols: 0, shape: (c) => [dkv(c), c.dModel] },
    "self_attn.o_proj": { rows: 1, shape: (c) => [c.dModel, dq(c)] },
    "mlp.gate_proj": { rows: 3, cols: 2, shape: (c) => [c.dMlp, c.dModel] },
    "mlp.up_proj": { rows: 3, cols: 2, shape: (c) => [c.dMlp, c.dModel] },
    "mlp.down_proj": { rows: 4, cols: 3, shape: (c) => [c.dModel, c.dMlp] },
  },
};

const TENSORS: Record<Family, FamilyTensors> = { llama: LLAMA };

/** The vectors that act on a tensor, by its name in the file; undefined for a tensor that pruning leaves alone. A bias has rows only. */
export function tensorGates(family: Family, tensor: string): TensorGates | undefined {
  const { prefix, linears } = TENSORS[family];
  if (!tensor.startsWith(prefix)) return undefined;
  const [, block, name = "", kind] = /^(\d+)\.(.+)\.(weight|bias)$/.exec(tensor.slice(prefix.length)) ?? [];
  const linear = Object.hasOwn(linears, name) ? linears[name] : undefined;
  return linear && gatesOf(linear, Number(block), kind === "weight");
}

/** Every linear weight of every block, with its full shape: the tensors that a file to be pruned must have. */
export function blockTensors(config: ModelConfig): BlockTensor[] {
  const { prefix, linears } = TENSORS[config.family];
  return Array.from({ length: config.layers }, (_, block) =>
    Object.entries(linears).map(([name, linear]): BlockTensor => {
      const gates = gatesOf(linear, block, true) ?? { block };
      return { name: `${prefix}${block}.${name}.weight`, shape: linear.shape(config), gates };
    }),
  ).flat();
}

/** The name of the I32 tensor that holds the kept indices of vector 5 * block + k in the compact form. */
export function indexTensorName(family: Family, vector: number): string {
  const block = Math.floor(vector / VECTORS_PER_BLOCK);
  return `${TENSORS[family].prefix}${block}.espalier.s${(vector % VECTORS_PER_BLOCK) + 1}`;
}

function gatesOf(linear: Linear, block: number, isWeight: boolean): TensorGates | undefined {
  const first = block * VECTORS_PER_BLOCK;
  const gates: TensorGates = { block };
  if (linear.rows !== undefined) gates.rows = first + linear.rows;
  if (linear.cols !== undefined && isWeight) gates.cols = first + linear.cols;
  return gates.rows === undefined && gates.cols === undefined ? undefined : gates;
}
