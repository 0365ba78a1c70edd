// The parameter budget in exact integers: T(s) of METHOD.md 1.4, and the weights that a ratio allows.
import { VECTORS_PER_BLOCK } from "../../shared/vectors.ts";
import { invariant } from "../errors.ts";
import { countParameters, type ModelConfig } from "../config/config.ts";
import { type Masks } from "./gates.ts";

/** Bytes of one entry of an index list in the compact form (I32). */
const INDEX_BYTES = 4;

/** What one kept gate costs, in weights. The costs of s3, s4 and s5 depend on the counts of their block. */
export interface GateCosts {
  /** A gate of s1 costs dq + 2 dkv: one column of q, k and v. */
  s1Cost: number;
  /** A gate of s2 costs dq: one row of o. */
  s2Cost: number;
  /** g: 2 for a GLU (gate and up), 1 otherwise (fc1). */
  ups: number;
}

/** What the penalty R takes of a budget (METHOD.md 1.4). */
export interface PenaltyCosts extends GateCosts {
  /** T_total: linear weights of all blocks, without biases. */
  blockWeights: number;
}

/** All weights of a model, and what one kept gate costs. Numbers of weights, as exact integers. */
export interface Budget extends PenaltyCosts {
  layers: number;
  /** Weights that T(s) does not count: embeddings, head (if untied), norms, biases. */
  restWeights: number;
  /** blockWeights + restWeights. */
  totalWeights: number;
  /** Bias entries that are cut with one gate of s1 to s5, though T(s) does not count them. */
  biasesPerGate: readonly number[];
  /** All such bias entries of the model; part of restWeights. */
  cutBiases: number;
}

/** |s1| to |s5| of every block, flat: entry 5 * block + k. */
export type KeptCounts = readonly number[];

/**
 * The budget of a model. `restWeights` (embeddings, head, norms) follows from config.json by default; pass the number counted from the
 * file if the model has more. Throws "config" for a model without a countable number of weights.
 */
export function budgetOf(config: ModelConfig, restWeights?: number): Budget {
  const { layers } = config;
  const { blocks: blockWeights, total } = countParameters(config);
  const rest = restWeights ?? total - blockWeights;
  const totalWeights = blockWeights + rest;
  invariant(
    Number.isSafeInteger(totalWeights) && blockWeights > 0 && rest >= 0,
    "config",
    `config.json: expected a model with a countable number of weights, got ${blockWeights} in blocks and ${rest} elsewhere; check its sizes`,
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

/** The costs of a model's gates. */
export function gateCosts(shape: Pick<ModelConfig, "heads" | "kvHeads" | "headDim" | "glu">): GateCosts {
  const { heads, kvHeads, headDim, glu } = shape;
  return { s1Cost: (heads + 2 * kvHeads) * headDim, s2Cost: heads * headDim, ups: glu ? 2 : 1 };
}

/** The number of ones of each mask. */
export function countsOf(masks: Masks): number[] {
  return masks.map((mask) => {
    let ones = 0;
    for (const bit of mask) ones += bit;
    return ones;
  });
}

/** T(s) = sum over blocks of |s1| (dq + 2 dkv) + |s2| dq + g |s3||s4| + |s4||s5| (METHOD.md 1.4), in weights. Throws "shape" for another number of counts. */
export function keptWeights(budget: Budget, counts: KeptCounts): number {
  invariant(
    counts.length === budget.layers * VECTORS_PER_BLOCK,
    "shape",
    `kept gates: expected ${budget.layers * VECTORS_PER_BLOCK} counts (${VECTORS_PER_BLOCK} for each of ${budget.layers} blocks), got ${counts.length}`,
  );
  let kept = 0;
  for (let block = 0; block < budget.layers; block++) kept += keptInBlock(budget, counts, block);
  return kept;
}

/** What one block contributes to T(s), in weights. */
export function keptInBlock(costs: GateCosts, counts: KeptCounts, block: number): number {
  const first = block * VECTORS_PER_BLOCK;
  const [n1 = 0, n2 = 0, n3 = 0, n4 = 0, n5 = 0] = counts.slice(first, first + VECTORS_PER_BLOCK);
  return n1 * costs.s1Cost + n2 * costs.s2Cost + n4 * (costs.ups * n3 + n5);
}

/** T(s) of binary masks. */
export function keptWeightsOfMasks(budget: Budget, masks: Masks): number {
  return keptWeights(budget, countsOf(masks));
}

/** Parameters of the pruned model in compact form: T(s) and the rest, without the biases of pruned outputs. */
export function keptTotalWeights(budget: Budget, counts: KeptCounts): number {
  const { biasesPerGate, restWeights, cutBiases } = budget;
  const kept = counts.reduce((sum, count, i) => sum + count * (biasesPerGate[i % VECTORS_PER_BLOCK] ?? 0), 0);
  return keptWeights(budget, counts) + restWeights - cutBiases + kept;
}

/** Bytes of the compact form's tensors: `bytesPerWeight` for each parameter, and the five I32 index lists of every block. */
export function compactBytes(budget: Budget, counts: KeptCounts, bytesPerWeight: number): number {
  const indices = counts.reduce((sum, n) => sum + n, 0);
  return keptTotalWeights(budget, counts) * bytesPerWeight + indices * INDEX_BYTES;
}

/**
 * floor(p T_total): the largest number of block weights that may be kept. ratio: p in (0, 1], the kept share of the block weights.
 * A product that differs from an integer only by rounding counts as that integer, so that p = T / T_total allows exactly T.
 * Throws "config" for a ratio outside (0, 1].
 */
export function targetWeights(budget: Budget, ratio: number): number {
  invariant(
    ratio > 0 && ratio <= 1,
    "config",
    `keep: expected a share of the block weights above 0 and at most 1, got ${ratio}`,
  );
  const weights = ratio * budget.blockWeights;
  const nearest = Math.round(weights);
  return Math.abs(weights - nearest) <= budget.blockWeights * 4 * Number.EPSILON ? nearest : Math.floor(weights);
}
