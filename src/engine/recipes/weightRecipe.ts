// The recipe of one-shot weight pruning (METHOD.md 2): method, pattern and calibration. Plain data for forms and the command line.
import { EngineError, invariant } from "../errors.ts";

export const WEIGHT_METHODS = ["dass", "wanda", "magnitude", "sparsegpt"] as const;
export type WeightMethod = (typeof WEIGHT_METHODS)[number];

/** The names of the methods in texts. */
export const METHOD_NAMES: Readonly<Record<WeightMethod, string>> = {
  dass: "DaSS",
  wanda: "Wanda",
  magnitude: "magnitude",
  sparsegpt: "SparseGPT",
};

/** Which weights are pruned: `removed` of every `size` consecutive ones ("2:4"), or the share `removed` of every line ("50%"). */
export type Pattern = { kind: "groups"; removed: number; size: number } | { kind: "share"; removed: number };

export interface WeightRecipe {
  method: WeightMethod;
  /** "N:M": N of every M consecutive weights become zero. "P%": this share of every line of weights becomes zero. */
  pattern: string;
  /** Calibration sequences, and tokens of each. */
  sequences: number;
  tokens: number;
  /** Seed of the draws where the sequences start in the calibration text. */
  seed: number;
}

export const DEFAULT_WEIGHT_RECIPE: WeightRecipe = {
  method: "dass",
  pattern: "2:4",
  sequences: 64,
  tokens: 128,
  seed: 1,
};

/** Bounds of a recipe's numbers, for forms and the command line. */
export const WEIGHT_RECIPE_BOUNDS = {
  sequences: { min: 1, max: 4096 },
  tokens: { min: 2, max: 4096 },
  seed: { min: 0, max: 2 ** 32 - 1 },
} as const;

/** Largest M in N:M. */
const MAX_GROUP = 32;

/** Reads "2:4" or "50%". Throws EngineError("config") with what was expected and what it got. */
export function parsePattern(text: string): Pattern {
  const groups = /^(\d+):(\d+)$/.exec(text);
  if (groups) {
    const [removed, size] = [Number(groups[1]), Number(groups[2])];
    if (removed >= 1 && removed < size && size <= MAX_GROUP) return { kind: "groups", removed, size };
  }
  const share = /^(\d+(?:\.\d+)?)%$/.exec(text);
  const percent = Number(share?.[1] ?? Number.NaN);
  if (percent > 0 && percent < 100) return { kind: "share", removed: percent / 100 };
  throw new EngineError(
    "config",
    `pattern: expected N:M with 1 <= N < M <= ${MAX_GROUP} (N of every M weights become zero), such as 2:4, or a share between 0% and 100%, such as 50%; got "${text}"`,
    { pattern: text },
  );
}

/** How many of `length` weights a share removes: the floor of their product, which may be a rounding error below an integer. */
export const removedOf = (length: number, share: number): number =>
  Math.floor(length * share + length * 4 * Number.EPSILON);

/** Checks every field. Throws EngineError("config") naming the field, what was expected and what it got. */
export function checkWeightRecipe(recipe: WeightRecipe): WeightRecipe {
  invariant(
    WEIGHT_METHODS.includes(recipe.method),
    "config",
    `method: expected one of ${WEIGHT_METHODS.join(", ")}, got ${recipe.method}`,
  );
  parsePattern(recipe.pattern);
  for (const [field, { min, max }] of Object.entries(WEIGHT_RECIPE_BOUNDS)) {
    const value = recipe[field as keyof typeof WEIGHT_RECIPE_BOUNDS];
    invariant(
      Number.isInteger(value) && value >= min && value <= max,
      "config",
      `${field}: expected a whole number from ${min} to ${max}, got ${value}`,
    );
  }
  return recipe;
}
