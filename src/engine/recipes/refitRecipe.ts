// The recipe of a refit (METHOD.md 7): least squares of linear layers on the weights that pruning kept. Plain data.
import { invariant } from "../errors.ts";
import { RECOVER_MATRICES, type RecoverMatrices } from "./recoverRecipe.ts";

export interface RefitRecipe {
  /** Calibration sequences, and tokens of each. */
  sequences: number;
  tokens: number;
  matrices: RecoverMatrices;
  /** How much a change of the weights costs, relative to the mean square of an input. */
  ridge: number;
  /** Of the windows of the calibration text. */
  seed: number;
}

export const DEFAULT_REFIT_RECIPE: RefitRecipe = { sequences: 256, tokens: 128, matrices: "all", ridge: 0.1, seed: 1 };

/** Bounds of a recipe's numbers, for forms and the command line. */
const REFIT_BOUNDS = {
  sequences: { min: 1, max: 4096, whole: true },
  tokens: { min: 2, max: 4096, whole: true },
  ridge: { min: 1e-4, max: 1e4, whole: false },
  seed: { min: 0, max: 2 ** 32 - 1, whole: true },
} as const;

/** Checks every field. Throws EngineError("config") naming the field, what was expected and what it got. */
export function checkRefitRecipe(recipe: RefitRecipe): RefitRecipe {
  const { matrices } = recipe;
  const known = RECOVER_MATRICES.includes(matrices);
  invariant(known, "config", `refit: matrices: expected one of ${RECOVER_MATRICES.join(", ")}, got ${matrices}`);
  for (const [field, { min, max, whole }] of Object.entries(REFIT_BOUNDS)) {
    const value = recipe[field as keyof typeof REFIT_BOUNDS];
    invariant(
      value >= min && value <= max && (!whole || Number.isInteger(value)),
      "config",
      `refit: ${field}: expected a ${whole ? "whole " : ""}number from ${min} to ${max}, got ${value}`,
    );
  }
  return recipe;
}
