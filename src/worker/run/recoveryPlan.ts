// The memory of a recovery, planned before it starts.
import {
  approvePlan,
  countRecovery,
  type AdapterFacts,
  DEFAULT_RECOVER_RECIPE,
  type OpenedModel,
  type PlanChoice,
  type PlanResult,
} from "../../engine/index.ts";
import type { RecoverSettings } from "../payloads.ts";
import type { Pruned } from "./pruned.ts";
import { keptShareOf } from "./recovery.ts";

export interface PlannedRecovery {
  opened: Pick<OpenedModel, "name" | "config">;
  pruned: Pruned;
  choice: Pick<RecoverSettings, "matrices" | "rank">;
  /** The plan that the model was opened with. */
  opening: PlanChoice;
}

/** Plans the recovery beside everything that the open model takes, and reports the plan. Throws "limit" with its numbers if it does not fit. */
export async function approveRecovery(
  facts: AdapterFacts,
  { opened: { name, config }, pruned, choice: { matrices, rank }, opening }: PlannedRecovery,
  onPlan: (planned: PlanResult) => void,
): Promise<void> {
  const tokens = Math.min(DEFAULT_RECOVER_RECIPE.tokens, config.context);
  const ratio = pruned.kind === "gates" ? { ratio: keptShareOf(pruned, config) } : {};
  const scope = { matrices, ...(rank === undefined ? {} : { rank }) };
  const subject = { name: `A recovery of ${name}`, config, choice: opening };
  await approvePlan(facts, { ...subject, count: countRecovery({ ...scope, tokens, ...ratio }) }, onPlan);
}
