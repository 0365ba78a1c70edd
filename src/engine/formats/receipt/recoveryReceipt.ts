// The part of a receipt that describes a recovery: how the kept weights were refitted or trained after pruning, and the hash of the result.
import { whole } from "../../../shared/format.ts";
import type { JsonField } from "../../json/jsonFields.ts";
import { checkRecoverRecipe, RECOVER_MATRICES, type RecoverRecipe } from "../../recipes/recoverRecipe.ts";
import { checkRefitRecipe, type RefitRecipe } from "../../recipes/refitRecipe.ts";

/** Present in a receipt whose kept weights were refitted, trained or both: its masks alone do not rebuild the pruned model. */
export interface RecoveryReceipt {
  /** Least squares, before any training; missing where there was no refit. */
  refit?: RefitRecipe;
  /** Training; missing where the weights were only refitted. */
  recipe?: RecoverRecipe;
  /** The step whose weights were kept, the best one by the guard. Present with `recipe`. */
  bestStep?: number;
  /** Perplexity of the guard's slice of the calibration text, before and after, and its tokens. */
  guard: { before: number; after: number; tokens: number };
  /** Perplexity of the pruned model before the recovery; after it, it is the receipt's `pruned`. */
  prunedBefore: number;
  /** Of the changed tensors' bytes in the model's dtype and full shapes, one tensor after the other by name. Hexadecimal. */
  weightsSha256: string;
}

/** What a recovery did, in words: "least squares, then 300 steps". */
export function recoveryWords({ refit, recipe }: Pick<RecoveryReceipt, "refit" | "recipe">): string {
  const steps = recipe && `${whole(recipe.steps)} ${recipe.steps === 1 ? "step" : "steps"}`;
  return [refit ? ["least squares"] : [], steps ?? []].flat().join(", then ");
}

/** Throws "format" or "config" naming the field. */
export function readRecovery(field: JsonField): RecoveryReceipt {
  const [guard, hash] = [field.get("guard"), field.get("weightsSha256")];
  const [refit, recipe] = [field.get("refit"), field.get("recipe")];
  if (!/^[0-9a-f]{64}$/.test(hash.text())) hash.refuse("64 hexadecimal digits");
  if (refit.value === undefined && recipe.value === undefined) recipe.refuse("a recipe of training, or of a refit");
  return {
    ...(refit.value === undefined ? {} : { refit: readRefit(refit) }),
    ...(recipe.value === undefined
      ? {}
      : { recipe: readRecoverRecipe(recipe), bestStep: field.get("bestStep").count() }),
    guard: {
      before: guard.get("before").number({ min: 1 }),
      after: guard.get("after").number({ min: 1 }),
      tokens: guard.get("tokens").count(),
    },
    prunedBefore: field.get("prunedBefore").number({ min: 1 }),
    weightsSha256: hash.text(),
  };
}

/** The recipe of a training. Throws "format" or "config" naming the field. */
export function readRecoverRecipe(recipe: JsonField): RecoverRecipe {
  const [rank, hiddenWeight] = [recipe.get("rank"), recipe.get("hiddenWeight")];
  const read: RecoverRecipe = {
    steps: recipe.get("steps").number(),
    tokens: recipe.get("tokens").number(),
    matrices: recipe.get("matrices").oneOf(RECOVER_MATRICES),
    ...(rank.value === undefined ? {} : { rank: rank.number() }),
    learningRate: recipe.get("learningRate").number(),
    weightDecay: recipe.get("weightDecay").number(),
    hiddenWeight: hiddenWeight.value === undefined ? 0 : hiddenWeight.number(),
    seed: recipe.get("seed").number(),
    measureEvery: recipe.get("measureEvery").number(),
  };
  return recipe.checked(() => checkRecoverRecipe(read));
}

function readRefit(refit: JsonField): RefitRecipe {
  const read: RefitRecipe = {
    sequences: refit.get("sequences").number(),
    tokens: refit.get("tokens").number(),
    matrices: refit.get("matrices").oneOf(RECOVER_MATRICES),
    ridge: refit.get("ridge").number(),
    seed: refit.get("seed").number(),
  };
  return refit.checked(() => checkRefitRecipe(read));
}
