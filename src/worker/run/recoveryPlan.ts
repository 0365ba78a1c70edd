// The memory of a recovery, planned before it starts.
import {
  approvePlan,
  countRecovery,
  type AdapterFacts,
  DEFAULT_RECOVER_RECIPE,
  DEFAULT_REFIT_RECIPE,
  EngineError,
  type OpenedModel,
  type PlanChoice,
  fileDtypes,
  type PlanResult,
} from "../../engine/index.ts";
import type { RecoverSettings } from "../payloads/recovery.ts";
import type { Pruned } from "./pruned.ts";
import { keptShareOf } from "./recovery.ts";

export interface PlannedRecovery {
  opened: Pick<OpenedModel, "name" | "config" | "weights">;
  pruned: Pruned;
  /** Of the training; missing for a refit. */
  choice?: Pick<RecoverSettings, "matrices" | "rank">;
  /** The plan that the model was opened with. */
  opening: PlanChoice;
  /** Tokens of a window of the guard of a paused recovery. Default: those of the opening. */
  window?: number;
}

/** Plans a recovery or a refit beside everything that the open model takes, and reports the plan. Throws "limit" with its numbers if it does not fit. */
export async function approveRecovery(
  facts: AdapterFacts,
  { opened: { name, config, weights }, pruned, choice, opening, window = 0 }: PlannedRecovery,
  onPlan: (planned: PlanResult) => void,
): Promise<void> {
  const tokens = Math.min(DEFAULT_RECOVER_RECIPE.tokens, config.context);
  const ratio = pruned.kind === "gates" ? { ratio: keptShareOf(pruned, config) } : {};
  const training = choice && {
    matrices: choice.matrices,
    ...(choice.rank === undefined ? {} : { rank: choice.rank }),
    tokens,
  };
  const { evaluationTokens } = opening;
  const longer = window > evaluationTokens;
  const own = longer ? `, which continues in its own windows of ${window} tokens,` : "";
  const what = `A ${choice ? "recovery" : "refit"} of ${name}${own}`;
  const widest = { ...opening, evaluationTokens: Math.max(evaluationTokens, window) };
  const subject = { name: what, config, choice: widest, dtypes: fileDtypes(config, weights) };
  const count = countRecovery({ ...(training ? { training } : { refit: DEFAULT_REFIT_RECIPE }), ...ratio });
  await approvePlan(facts, { ...subject, count }, onPlan).catch((thrown: unknown) => {
    const { code, message, detail } = EngineError.from(thrown);
    if (!longer || code !== "limit") throw thrown;
    const advice = `Or discard it and recover anew, in the open model's windows of ${evaluationTokens} tokens.`;
    throw new EngineError(code, `${message} ${advice}`, detail);
  });
}
