// The arguments of a recovery, which refits or trains the kept weights after pruning, or both.
import {
  checkRecoverRecipe,
  DEFAULT_RECOVER_RECIPE,
  recoverLearningRate,
  type RecoverMatrices,
  type RecoverRecipe,
  type RecoverScope,
} from "../../engine/recipes/recoverRecipe.ts";
import { checkRefitRecipe, DEFAULT_REFIT_RECIPE, type RefitRecipe } from "../../engine/recipes/refitRecipe.ts";
import { optionalNumber, type Values } from "./arguments.ts";
import { UsageError } from "./usageError.ts";

const text = { type: "string" } as const;
const flag = { type: "boolean" } as const;
/** Options for parseValues. */
export const RECOVER_OPTIONS = {
  ...{ recover: text, "recover-matrices": text, lora: text, "recover-learning-rate": text, "recover-tokens": text },
  "recover-hidden-weight": text,
  ...{ refit: flag, "refit-matrices": text, "refit-sequences": text, "refit-ridge": text },
};

export const RECOVER_USAGE = `  --recover 300            then trains the kept weights towards the dense model for so many steps (none without this option)
  --recover-matrices out   o_proj and down_proj; or all: every matrix of the blocks
  --lora 16                instead: adapters of this rank, 4 to 64, on every matrix, added to the weights at the end; takes
                           less memory, because no matrix is copied (without this option: no adapters)
  --recover-learning-rate  (by the kept share: 0.001 for out, 0.0005 for all and 0.0025 for --lora 16 at 50 %, less where more is kept)
  --recover-tokens 128     per step
  --recover-hidden-weight 4  of the relative error of the head's input in the loss; 0: the KL alone
  --refit                  before --recover, or alone: least squares of the kept weights, without training
  --refit-matrices all     every matrix of the blocks; or out: o_proj and down_proj
  --refit-sequences 256    of the calibration text, 128 tokens each
  --refit-ridge 0.1        more keeps the weights nearer to where they are`;

/** A recipe whose learning rate follows from the kept share where it is missing. */
type RecoverChoice = Omit<RecoverRecipe, "learningRate"> & Partial<Pick<RecoverRecipe, "learningRate">>;

/** The first option of a recovery or refit that is there; undefined for none. */
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

/** What is done to the kept weights after pruning; nothing where both are missing. */
export interface RecoverChoices {
  refit?: RefitRecipe;
  recover?: RecoverChoice;
}

/** The requested refit and training. seed: of the run. Throws a UsageError that names the argument. */
export function readRecoverArguments(values: Values, seed: number): RecoverChoices {
  const [refit, recover] = [readRefit(values, seed), readTraining(values, seed)];
  return { ...(refit ? { refit } : {}), ...(recover ? { recover } : {}) };
}

/** Throws a UsageError for an option of `of` without it. */
function refuseAlone(values: Values, of: "recover" | "refit", expected: string): void {
  const names = Object.keys(RECOVER_OPTIONS).filter((name) => name.startsWith(`${of}-`));
  const given = [...names, ...(of === "recover" ? ["lora"] : [])].find((name) => values[name] !== undefined);
  if (given !== undefined) throw new UsageError(`--${given}: expected ${expected} beside it`);
}

function readTraining(values: Values, seed: number): RecoverChoice | undefined {
  const steps = optionalNumber(values, "recover");
  if (steps === undefined) {
    refuseAlone(values, "recover", "--recover with a number of steps");
    return undefined;
  }
  const scope = readRecoverScope(values);
  const learningRate = optionalNumber(values, "recover-learning-rate");
  const { tokens, hiddenWeight } = DEFAULT_RECOVER_RECIPE;
  const loss = {
    tokens: optionalNumber(values, "recover-tokens") ?? tokens,
    hiddenWeight: optionalNumber(values, "recover-hidden-weight") ?? hiddenWeight,
  };
  const rate = learningRate === undefined ? {} : { learningRate };
  return checked("recover", () =>
    checkRecoverChoice({ ...DEFAULT_RECOVER_RECIPE, steps, ...scope, ...loss, seed, ...rate }),
  );
}

function readRefit(values: Values, seed: number): RefitRecipe | undefined {
  if (values["refit"] !== true) {
    refuseAlone(values, "refit", "--refit");
    return undefined;
  }
  const { sequences, ridge, matrices } = DEFAULT_REFIT_RECIPE;
  const recipe = {
    ...{ ...DEFAULT_REFIT_RECIPE, seed },
    matrices: (values["refit-matrices"] ?? matrices) as RecoverMatrices,
    sequences: optionalNumber(values, "refit-sequences") ?? sequences,
    ridge: optionalNumber(values, "refit-ridge") ?? ridge,
  };
  return checked("refit", () => checkRefitRecipe(recipe));
}

function checked<T>(option: string, check: () => T): T {
  try {
    return check();
  } catch (error) {
    throw new UsageError(`--${option}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
