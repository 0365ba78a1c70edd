// The parameter budget in exact integers: T(s) of METHOD.md 1.4, and what a share of the block weights allows.
import { invariant } from "../errors.ts";
import { countParameters, type ModelConfig } from "../config/config.ts";
import { VECTORS_PER_BLOCK, type Masks } from "./gates.ts";

/** Bytes of one entry of an index list in the compact form (I32). */
const INDEX_BYTES = 4;

/** What a kept gate costs, in weights. */
export interface GateCosts {
  /** dq + 2 dkv for a gate of s1: the rows of q, k and v. */
  s1Cost: number;
  /** dq for a gate of s2: the columns of o. */
  s2Cost: number;
  /** g: 2 for a GLU (gate and up), 1 otherwise. */
  ups: number;
}

/** All weights of a model, and what one kept gate costs. Counts of weights, all exact integers. */
export interface Budget extends GateCosts {
  layers: number;
  /** T_total: linear weights of all blocks, without biases. */
  blockWeights: number;
  /** Everything that T(s) does not count: embeddings, head (if untied), norms, biases. */
  restWeights: number;
  /** blockWeights + restWeights. */
  totalWeights: number;
  /** Entries of biases that go with one gate of s1 .. s5: cut with their rows, though T(s) counts no bias. */
  biasesPerGate: readonly number[];
  /** Of restWeights, those entries, all of them. */
  cutBiases: number;
}

/** |s1| .. |s5| of every block, flat: entry 5 * block + k. */
export type KeptCounts = readonly number[];

/**
 * The budget of a model. `restWeights` (embeddings, head, norms) comes from config.json; pass the number counted from the file where
 * a family has more than that.
 */
export function budgetOf(config: ModelConfig, restWeights?: number): Budget {
  const { layers } = config;
  const { blocks: blockWeights, total } = countParameters(config);
  const rest = restWeights ?? total - blockWeights;
  const totalWeights = blockWeights + rest;
  invariant(
    Number.isSafeInteger(totalWeights) && blockWeights > 0 && rest >= 0,
    "config",
    `expected a model with a countable number of weights, got ${blockWeights} in blocks and ${rest} elsewhere; check config.json`,
  );
  const { o, mlp } = config.design.biases;
  const [s2, s4, s5] = [o ? 1 : 0, mlp ? gateCosts(config).ups : 0, mlp ? 1 : 0];
  const biasesPerGate = [0, s2, 0, s4, s5];
  const perBlock = (s2 + s5) * config.dModel + s4 * config.dMlp;
  return {
    layers,
    ...gateCosts(config),
    blockWeights,
    restWeights: rest,
    totalWeights,
    biasesPerGate,
    cutBiases: layers * perBlock,
  };
}

/** The costs of the gates of a model with these heads. */
export function gateCosts(shape: Pick<ModelConfig, "heads" | "kvHeads" | "headDim" | "glu">): GateCosts {
  const { heads, kvHeads, headDim, glu } = shape;
  return { s1Cost: (heads + 2 * kvHeads) * headDim, s2Cost: heads * headDim, ups: glu ? 2 : 1 };
}

/** The number of ones of each of the 5L masks. */
export function countsOf(masks: Masks): number[] {
  return masks.map((mask) => {
    let ones = 0;
    for (const bit of mask) ones += bit;
    return ones;
  });
}

/** T(s) = sum over blocks |s1| (dq + 2 dkv) + |s2| dq + g |s3||s4| + |s4||s5| (METHOD.md 1.4), in weights. */
export function keptWeights(budget: Budget, counts: KeptCounts): number {
  invariant(
    counts.length === budget.layers * VECTORS_PER_BLOCK,
    "shape",
    `expected ${budget.layers * VECTORS_PER_BLOCK} counts (${VECTORS_PER_BLOCK} for each of ${budget.layers} blocks), got ${counts.length}`,
  );
  let kept = 0;
  for (let block = 0; block < budget.layers; block++) kept += keptInBlock(budget, counts, block);
  return kept;
}

/** One block's part of T(s), in weights. */
export function keptInBlock(costs: GateCosts, counts: KeptCounts, block: number): number {
  const first = block * VECTORS_PER_BLOCK;
  const [n1 = 0, n2 = 0, n3 = 0, n4 = 0, n5 = 0] = counts.slice(first, first + VECTORS_PER_BLOCK);
  return n1 * costs.s1Cost + n2 * costs.s2Cost + n4 * (costs.ups * n3 + n5);
}

/** The same T(s), from binary masks. */
export function keptWeightsOfMasks(budget: Budget, masks: Masks): number {
  return keptWeights(budget, countsOf(masks));
}

/** Parameters of the whole pruned model (compact form): T(s), and the rest without the biases of pruned outputs. */
export function keptTotalWeights(budget: Budget, counts: KeptCounts): number {
  const { biasesPerGate, restWeights, cutBiases } = budget;
  const kept = counts.reduce((sum, count, i) => sum + count * (biasesPerGate[i % VECTORS_PER_BLOCK] ?? 0), 0);
  return keptWeights(budget, counts) + restWeights - cutBiases + kept;
}

/** Bytes of the compact form's tensors: cut weights of `bytesPerWeight` each, and the five I32 index lists of every block. */
export function compactBytes(budget: Budget, counts: KeptCounts, bytesPerWeight: number): number {
  const indices = counts.reduce((sum, n) => sum + n, 0);
  return keptTotalWeights(budget, counts) * bytesPerWeight + indices * INDEX_BYTES;
}

/**
 * floor(p T_total), the most block weights that may stay. `keep` is p, the kept share of the block weights, in (0, 1].
 * A product that is an integer but for rounding counts as that integer, so that p = T/T_total allows exactly T.
 */
export function targetWeights(budget: Budget, ratio: number): number {
  invariant(
    ratio > 0 && ratio <= 1,
    "config",
    `expected a kept share of the block weights above 0 and at most 1, got ${ratio}`,
  );
  const weights = ratio * budget.blockWeights;
  const nearest = Math.round(weights);
  return Math.abs(weights - nearest) <= budget.blockWeights * 4 * Number.EPSILON ? nearest : Math.floor(weights);
}
