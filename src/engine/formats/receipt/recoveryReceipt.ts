// The part of a receipt that describes a recovery: how the kept weights were trained after pruning, and the hash of the result.
import type { JsonField } from "../../json/jsonFields.ts";
import { checkRecoverRecipe, RECOVER_MATRICES, type RecoverRecipe } from "../../recipes/recoverRecipe.ts";

/** Present in a receipt whose kept weights were trained: its masks alone do not rebuild the pruned model. */
export interface RecoveryReceipt {
  recipe: RecoverRecipe;
  /** The step whose weights were kept, the best one by the guard. */
  bestStep: number;
  /** Perplexity of the guard's slice of the calibration text, before and at `bestStep`, and its tokens. */
  guard: { before: number; after: number; tokens: number };
  /** Perplexity of the pruned model before the recovery; after it, it is the receipt's `pruned`. */
  prunedBefore: number;
  /** Of the recovered tensors' bytes in the model's dtype and full shapes, one tensor after the other by name. Hexadecimal. */
  weightsSha256: string;
}

/** Throws "format" or "config" naming the field. */
export function readRecovery(field: JsonField): RecoveryReceipt {
  const guard = field.get("guard");
  const hash = field.get("weightsSha256");
  if (!/^[0-9a-f]{64}$/.test(hash.text())) hash.refuse("64 hexadecimal digits");
  return {
    recipe: readRecoverRecipe(field.get("recipe")),
    bestStep: field.get("bestStep").count(),
    guard: {
      before: guard.get("before").number({ min: 1 }),
      after: guard.get("after").number({ min: 1 }),
      tokens: guard.get("tokens").count(),
    },
    prunedBefore: field.get("prunedBefore").number({ min: 1 }),
    weightsSha256: hash.text(),
  };
}

/** The recipe of a recovery. Throws "format" or "config" naming the field. */
export function readRecoverRecipe(recipe: JsonField): RecoverRecipe {
  const rank = recipe.get("rank");
  const read: RecoverRecipe = {
    steps: recipe.get("steps").number(),
    tokens: recipe.get("tokens").number(),
    matrices: recipe.get("matrices").oneOf(RECOVER_MATRICES),
    ...(rank.value === undefined ? {} : { rank: rank.number() }),
    learningRate: recipe.get("learningRate").number(),
    weightDecay: recipe.get("weightDecay").number(),
    seed: recipe.get("seed").number(),
    measureEvery: recipe.get("measureEvery").number(),
  };
  return recipe.checked(() => checkRecoverRecipe(read));
}
