// Whole attention or MLP modules that masks leave without any effect: nothing of them has to be stored.
import { S1, S2, S3, S4, S5, VECTOR_NAMES, VECTORS_PER_BLOCK } from "../../shared/vectors.ts";
import type { ModelConfig } from "../config/modelConfig.ts";
import { invariant } from "../errors.ts";
import { countsOf, type KeptCounts } from "./budget.ts";
import { indexLists } from "./compact.ts";
import type { Masks } from "./gates.ts";

const ATTENTION = [S1, S2];
const MLP = [S3, S4, S5];

/** Numbers of blocks, counted from 0. */
interface EmptyModules {
  attention: number[];
  mlp: number[];
}

/**
 * The masks with all vectors of a module cleared where it adds exactly 0 to the residual stream: its output has no gate, or its input or
 * middle has none and no bias makes an output of nothing. The model computes the same, and fewer weights are kept.
 */
export function withoutIdleModules({ design }: Pick<ModelConfig, "design">, masks: Masks): Masks {
  const counts = countsOf(masks);
  const { qkv, o, mlp } = design.biases;
  return masks.map((mask, vector) => {
    const k = vector % VECTORS_PER_BLOCK;
    const empty = (other: number): boolean => counts[vector - k + other] === 0;
    const idle = ATTENTION.includes(k)
      ? empty(S2) || (empty(S1) && !qkv && !o)
      : empty(S5) || ((empty(S3) || empty(S4)) && !mlp);
    return idle && counts[vector] !== 0 ? new Uint8Array(mask.length) : mask;
  });
}

/** The modules without any gate. */
export function emptyModules(counts: KeptCounts): EmptyModules {
  const blocks = Array.from({ length: counts.length / VECTORS_PER_BLOCK }, (_, block) => block);
  const without = (vectors: readonly number[]): number[] =>
    blocks.filter((block) => vectors.every((k) => counts[block * VECTORS_PER_BLOCK + k] === 0));
  return { attention: without(ATTENTION), mlp: without(MLP) };
}

/**
 * Index lists of a model whose idle modules are dropped. Throws "shape" for a vector without a gate in any other module: a bias makes an output
 * there, and a matrix cannot have width 0.
 */
export function moduleLists(config: Pick<ModelConfig, "design">, masks: Masks): Uint32Array<ArrayBuffer>[] {
  const lists = indexLists(withoutIdleModules(config, masks));
  const vector = partlyEmpty(lists.map(({ length }) => length));
  const name = `${VECTOR_NAMES[(vector ?? 0) % VECTORS_PER_BLOCK] ?? "?"} of block ${Math.floor((vector ?? 0) / VECTORS_PER_BLOCK)}`;
  invariant(
    vector === undefined,
    "shape",
    `${name}: expected at least one kept gate, or none in all of its module, got none. Choose a larger ratio: a matrix cannot have width 0.`,
  );
  return lists;
}

/** The first vector without a gate in a module that has others; undefined if there is none. */
export function partlyEmpty(counts: KeptCounts): number | undefined {
  const { attention, mlp } = emptyModules(counts);
  const found = counts.findIndex((count, vector) => {
    const whole = ATTENTION.includes(vector % VECTORS_PER_BLOCK) ? attention : mlp;
    return count === 0 && !whole.includes(Math.floor(vector / VECTORS_PER_BLOCK));
  });
  return found < 0 ? undefined : found;
}

/** "attention of block 1; MLP of blocks 0, 2"; empty where no module is. */
export function emptyModuleNames({ attention, mlp }: EmptyModules): string {
  const named = (name: string, blocks: readonly number[]): string[] =>
    blocks.length === 0 ? [] : [`${name} of block${blocks.length > 1 ? "s" : ""} ${blocks.join(", ")}`];
  return [...named("attention", attention), ...named("MLP", mlp)].join("; ");
}
