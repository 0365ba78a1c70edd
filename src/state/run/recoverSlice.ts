// Recovery: refitting the kept weights of the current pruning, or training them towards the dense model; its guard, and undoing it.
import { checkRecoverRecipe, DEFAULT_RECOVER_RECIPE, recoverLearningRate } from "../../engine/index.ts";
import type { GuardReading, RecoverSettings } from "../../worker/protocol.ts";
import type { SliceOf } from "../slice.ts";
import type { StudioState } from "../storeState.ts";
import { isPruned, replacePruning } from "./currentPruning.ts";
import { refittingTask } from "./refittingTask.ts";
import type { RecoverSlice } from "./runState.ts";

/** The forward pass's share of a training step. A recovery's step is a training step of the pruned model and one such pass of the dense one. */
const FORWARD_SHARE = 1 / 3;

const { steps, matrices } = DEFAULT_RECOVER_RECIPE;

/** Throws "config" for a choice that no recovery accepts. */
function check(choice: RecoverSettings): void {
  const learningRate = recoverLearningRate(0.5, choice);
  checkRecoverRecipe({ ...DEFAULT_RECOVER_RECIPE, ...choice, learningRate });
}

/** The choice after a change; one of matrices without a rank leaves low rank. */
function changed({ rank, ...rest }: RecoverSettings, patch: Partial<RecoverSettings>): RecoverSettings {
  return { ...rest, ...(rank === undefined || patch.matrices ? {} : { rank }), ...patch };
}

type Timed = Pick<StudioState, "recoverChoice" | "recoverPace" | "pace" | "recipe" | "architecture">;

/** Seconds that a recovery will take, from the pace of the last one or of the training; null while neither is known. */
export function recoverSeconds({ recoverChoice, recoverPace, pace, recipe, architecture }: Timed): number | null {
  if (recoverPace !== null) return (recoverChoice.steps * recoverPace) / 1000;
  if (!pace || !architecture) return null;
  const perToken = pace.msPerStep / recipe.tokens;
  const msPerStep = perToken * DEFAULT_RECOVER_RECIPE.tokens * (FORWARD_SHARE + architecture.ratio);
  return (recoverChoice.steps * msPerStep) / 1000;
}

const none = { recovery: { phase: "none" } } as const;

export const recoverSlice: SliceOf<RecoverSlice> = (deps, set, get) => {
  const { client, task, on } = deps;
  on({
    model: { clear: () => ({ ...none, recovered: null, recoverPace: null }) },
    run: { clear: ({ recovery }) => (recovery.phase === "recovering" ? {} : none) },
    pruning: { clear: () => ({ ...none, recovered: null }) },
  });
  const readings = (): readonly GuardReading[] => {
    const { recovery } = get();
    return recovery.phase === "recovering" ? recovery.readings : [];
  };
  const recovering = task({
    name: "recover",
    isRunning: ({ recovery }) => recovery.phase === "recovering",
    measuring: "stops",
    run() {
      const { model, run, pendingCommand, recoverChoice: choice, recovered } = get();
      const busy = run.phase === "training" || pendingCommand === "train";
      if (model.phase !== "open" || busy || !isPruned(get()) || recovered?.facts.recipe) return null;
      return {
        check: () => check(choice),
        begin: { recovery: { phase: "recovering", readings: [] } },
        work: () => client.request({ type: "recover", choice, tokens: get().evaluationTokens }),
        done({ facts, pruned }) {
          const { restored } = get();
          const seen = readings();
          const recoverPace = facts.step > 0 ? facts.msPerStep : get().recoverPace;
          if (!pruned) return { recovery: { phase: "undone", readings: seen, facts }, recoverPace };
          const now = { facts, readings: seen, ...(recovered ? { after: recovered } : {}) };
          return { ...replacePruning(deps, pruned), restored, recovered: now, recoverPace };
        },
        cancelled: () => none,
        failed: (error) => ({ recovery: { phase: "failed", error } }),
      };
    },
  });
  const undoing = task({
    measuring: "follows",
    reports: ["config", "bug", "unsupported"],
    run() {
      const { recovered, restored, run } = get();
      if (!recovered || run.phase === "training") return null;
      return {
        work: () => client.request({ type: "undoRecovery" }),
        done: (pruned) => ({ ...replacePruning(deps, pruned), restored, recovered: recovered.after ?? null }),
      };
    },
  });
  return {
    ...none,
    recoverChoice: { steps, matrices },
    recovered: null,
    recoverPace: null,
    chooseRecovery: (patch) => set(({ recoverChoice }) => ({ recoverChoice: changed(recoverChoice, patch) })),
    recover: recovering.start,
    refit: refittingTask(deps, get).start,
    stopRecovery: recovering.cancel,
    undoRecovery: undoing.start,
  };
};
