// The recipe of a recovery (METHOD.md 6): how the kept weights of a pruned model are trained towards the dense model. Plain data.
import { invariant } from "../errors.ts";

export const RECOVER_MATRICES = ["out", "all"] as const;
/** What is trained: o_proj and down_proj (out_proj and fc2 of OPT) of every block, or all matrices of its linear layers. With their biases. */
export type RecoverMatrices = (typeof RECOVER_MATRICES)[number];

export interface RecoverRecipe {
  steps: number;
  /** Consecutive tokens per step. */
  tokens: number;
  matrices: RecoverMatrices;
  /** Of the adapters that a low-rank recovery trains on all matrices, in place of the matrices and their biases. Missing for any other. */
  rank?: number;
  /** AdamW's largest; the schedule multiplies it by `rateOfStep`. */
  learningRate: number;
  weightDecay: number;
  /** Of the relative error of the head's input, beside the KL; 0, as in receipts of older versions: the KL alone. */
  hiddenWeight: number;
  /** Of the windows of the training text. */
  seed: number;
  /** The guard measures after this many steps, and after the last one. */
  measureEvery: number;
}

/** The part of a recipe that chooses what is trained. */
export type RecoverScope = Pick<RecoverRecipe, "matrices" | "rank">;

export const DEFAULT_RECOVER_RECIPE: Omit<RecoverRecipe, "learningRate" | "rank"> = {
  ...{ steps: 300, tokens: 128, matrices: "out", weightDecay: 0, hiddenWeight: 4, seed: 1, measureEvery: 50 },
};

/** Bounds of a recipe's numbers, for forms and the command line. */
export const RECOVER_BOUNDS = {
  steps: { min: 1, max: 100_000, whole: true },
  tokens: { min: 2, max: 4096, whole: true },
  learningRate: { min: 1e-7, max: 0.1, whole: false },
  weightDecay: { min: 0, max: 1, whole: false },
  hiddenWeight: { min: 0, max: 1000, whole: false },
  seed: { min: 0, max: 2 ** 32 - 1, whole: true },
  measureEvery: { min: 1, max: 100_000, whole: true },
} as const;

/** Bounds of the rank of adapters. */
export const RANK_BOUNDS = { min: 4, max: 64, whole: true } as const;
export const DEFAULT_RANK = 16;

/**
 * Learning rate where half of the block weights are kept. It is proportional to the pruned share: for all matrices, 5e-4 at 0.5 and 2e-4 at
 * 0.8 are best on the guard's slice of the embedded model.
 */
const AT_HALF: Record<RecoverMatrices, number> = { out: 1e-3, all: 5e-4 };
/**
 * The same for adapters of DEFAULT_RANK. Measured on the guard's slice of the embedded model: at rank 16, best near 2.5e-3 at 0.5 and near
 * 1.6e-3 at 0.8; at 0.5, best near 5e-3 for rank 4 and 1e-3 for rank 64. The scale of a product is 1, so it moves further per step the more
 * terms it has: the rate falls with the root of the rank (as in rsLoRA, Kalajdzievski 2023).
 */
const ADAPTERS = { atHalf: 2.5e-3, power: 0.5 };
/** The pruned share below which the learning rate does not shrink any more. */
const LEAST_PRUNED = 0.02;

/**
 * The learning rate for a model that keeps the share `ratio` of its block weights: by the pruned share. The less was pruned, the
 * closer the weights are to good ones, and large steps only damage them (bench/quality.md).
 */
export function recoverLearningRate(ratio: number, { matrices, rank }: RecoverScope): number {
  const pruned = Math.max(LEAST_PRUNED, 1 - ratio) / 0.5;
  if (rank === undefined) return AT_HALF[matrices] * pruned;
  return ADAPTERS.atHalf * Math.sqrt(DEFAULT_RANK / rank) * pruned ** ADAPTERS.power;
}

/** The share of the steps in which the learning rate grows to its largest. */
const WARM_UP = 0.05;

/** What step `step` (from 0) multiplies the learning rate by: linear warm-up, then half a cosine down to almost 0. */
export function rateOfStep({ steps }: Pick<RecoverRecipe, "steps">, step: number): number {
  const warmUp = Math.max(1, Math.round(WARM_UP * steps));
  if (step < warmUp) return (step + 1) / warmUp;
  return 0.5 * (1 + Math.cos((Math.PI * (step - warmUp + 1)) / (steps - warmUp + 1)));
}

/** Checks every field. Throws EngineError("config") naming the field, what was expected and what it got. */
export function checkRecoverRecipe(recipe: RecoverRecipe): RecoverRecipe {
  const { matrices, rank } = recipe;
  invariant(
    RECOVER_MATRICES.includes(matrices),
    "config",
    `matrices: expected one of ${RECOVER_MATRICES.join(", ")}, got ${matrices}`,
  );
  for (const [field, bounds] of Object.entries(RECOVER_BOUNDS))
    checkBounds(field, recipe[field as keyof typeof RECOVER_BOUNDS], bounds);
  if (rank === undefined) return recipe;
  checkBounds("rank", rank, RANK_BOUNDS);
  invariant(
    matrices === "all",
    "config",
    `recover: matrices: expected all beside a rank, got ${matrices}. Adapters are trained on all matrices.`,
  );
  return recipe;
}

function checkBounds(
  field: string,
  value: number,
  { min, max, whole }: { min: number; max: number; whole: boolean },
): void {
  invariant(
    value >= min && value <= max && (!whole || Number.isInteger(value)),
    "config",
    `recover: ${field}: expected a ${whole ? "whole " : ""}number from ${min} to ${max}, got ${value}`,
  );
}
