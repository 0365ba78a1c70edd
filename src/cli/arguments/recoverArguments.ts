// The arguments of a recovery, which trains the kept weights after pruning.
import {
  checkRecoverRecipe,
  DEFAULT_RECOVER_RECIPE,
  recoverLearningRate,
  type RecoverMatrices,
  type RecoverRecipe,
  type RecoverScope,
} from "../../engine/recipes/recoverRecipe.ts";
import { optionalNumber, type Values } from "./arguments.ts";
import { UsageError } from "./usageError.ts";

const text = { type: "string" } as const;
/** Options for parseValues. */
export const RECOVER_OPTIONS = {
  ...{ recover: text, "recover-matrices": text, lora: text, "recover-learning-rate": text, "recover-tokens": text },
};

export const RECOVER_USAGE = `  --recover 300            then trains the kept weights towards the dense model for so many steps (none without this option)
  --recover-matrices out   o_proj and down_proj; or all: every matrix of the blocks
  --lora 16                instead: adapters of this rank, 4 to 64, on every matrix, added to the weights at the end; takes
                           less memory, because no matrix is copied (without this option: no adapters)
  --recover-learning-rate  (by the kept share: 0.001 for out, 0.0003 for all and 0.0025 for --lora 16 at 50 %, less where more is kept)
  --recover-tokens 128     per step`;

/** A recipe whose learning rate follows from the kept share where it is missing. */
export type RecoverChoice = Omit<RecoverRecipe, "learningRate"> & Partial<Pick<RecoverRecipe, "learningRate">>;

/** The first option of a recovery that is there; undefined for none. */
export const recoverOptionOf = (values: Values): string | undefined =>
  Object.keys(RECOVER_OPTIONS).find((name) => values[name] !== undefined);

/** The choice, if a recovery accepts it. Throws EngineError("config") otherwise. */
export function checkRecoverChoice<T extends RecoverChoice>(choice: T): T {
  // any rate that is accepted will do where the kept share is not known yet
  checkRecoverRecipe({ learningRate: recoverLearningRate(0.5, choice), ...choice });
  return choice;
}

/** What --recover-matrices or --lora train. Throws a UsageError where both are given. */
export function readRecoverScope(values: Values): RecoverScope {
  const [matrices, rank] = [values["recover-matrices"], optionalNumber(values, "lora")];
  if (rank === undefined) return { matrices: (matrices ?? DEFAULT_RECOVER_RECIPE.matrices) as RecoverMatrices };
  if (matrices !== undefined)
    throw new UsageError("expected --lora (adapters on all matrices) or --recover-matrices, got both");
  return { matrices: "all", rank };
}

/** The requested recovery; undefined without --recover. seed: of the run. Throws a UsageError that names the argument. */
export function readRecoverArguments(values: Values, seed: number): RecoverChoice | undefined {
  const steps = optionalNumber(values, "recover");
  const given = recoverOptionOf(values);
  if (steps === undefined) {
    if (given !== undefined) throw new UsageError(`--${given}: expected --recover with a number of steps beside it`);
    return undefined;
  }
  const scope = readRecoverScope(values);
  const learningRate = optionalNumber(values, "recover-learning-rate");
  const tokens = optionalNumber(values, "recover-tokens") ?? DEFAULT_RECOVER_RECIPE.tokens;
  const rate = learningRate === undefined ? {} : { learningRate };
  try {
    return checkRecoverChoice({ ...DEFAULT_RECOVER_RECIPE, steps, ...scope, tokens, seed, ...rate });
  } catch (error) {
    throw new UsageError(`--recover: ${error instanceof Error ? error.message : String(error)}`);
  }
}
