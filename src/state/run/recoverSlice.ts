// Recovery: refitting the kept weights of the current pruning, or training them towards the dense model; its guard, and undoing it.
import { checkRecoverRecipe, DEFAULT_RECOVER_RECIPE, recoverLearningRate } from "../../engine/index.ts";
import type { GuardReading, RecoverSettings, Replies } from "../../worker/protocol.ts";
import type { Deps, SliceOf } from "../slice.ts";
import type { GetState, StudioState } from "../storeState.ts";
import type { LongTask } from "../task.ts";
import { isPruned, replacePruning } from "./currentPruning.ts";
import { refittingTask } from "./refittingTask.ts";
import type { RecoverSlice } from "./runState.ts";

/** The forward pass's share of a training step. A recovery's step is a training step of the pruned model and one such pass of the dense one. */
const FORWARD_SHARE = 1 / 3;

const { steps, matrices, seed } = DEFAULT_RECOVER_RECIPE;

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

const NONE = { recovery: { phase: "none" } } as const;

export const recoverSlice: SliceOf<RecoverSlice> = (deps, set, get) => {
  const { client, task, on } = deps;
  on({
    model: { clear: () => ({ ...NONE, recovered: null, recoverPace: null }) },
    run: { clear: ({ recovery }) => (recovery.phase === "recovering" ? {} : NONE) },
    pruning: { clear: () => ({ ...NONE, recovered: null }) },
  });
  const recovering = recoverTask(deps, get);
  const { restoring, discarding } = pausedTasks(deps);
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
    ...NONE,
    recoverChoice: { steps, matrices, seed },
    pausedRecovery: null,
    recovered: null,
    recoverPace: null,
    chooseRecovery: (patch) => set(({ recoverChoice }) => ({ recoverChoice: changed(recoverChoice, patch) })),
    recover: () => recovering.start(false),
    refit: refittingTask(deps, get).start,
    async pauseRecovery() {
      if (get().recovery.phase === "recovering") await client.request({ type: "pauseRecovery" });
    },
    async resumeRecovery() {
      if (get().pausedRecovery && (await restoring.result())) await recovering.start(true);
    },
    discardRecovery: discarding.start,
    stopRecovery: recovering.cancel,
    undoRecovery: undoing.start,
  };
};

/** Recovers the current pruning; resume: continues the paused recovery of it. */
function recoverTask(deps: Deps, get: GetState): LongTask<[resume: boolean], Replies["recover"]> {
  const { client, task } = deps;
  const readings = (): readonly GuardReading[] => {
    const { recovery } = get();
    return recovery.phase === "recovering" ? recovery.readings : [];
  };
  return task({
    name: "recover",
    isRunning: ({ recovery }) => recovery.phase === "recovering",
    measuring: "stops",
    run(resume: boolean) {
      const { model, run, pendingCommand, recoverChoice, recovered, pausedRecovery } = get();
      const paused = resume ? pausedRecovery : null;
      const choice = paused?.choice ?? recoverChoice;
      const busy = run.phase === "training" || pendingCommand === "train";
      if (model.phase !== "open" || busy || !isPruned(get()) || recovered?.facts.recipe) return null;
      return {
        check: () => check(choice),
        begin: { recovery: { phase: "recovering", readings: paused?.readings ?? [] } },
        work: () =>
          client.request({
            ...{ type: "recover", choice, tokens: get().evaluationTokens },
            ...(paused ? { resume: true } : {}),
          }),
        done(reply) {
          if ("paused" in reply) return NONE;
          const { facts, pruned } = reply;
          const { restored } = get();
          const seen = readings();
          const recoverPace = facts.step > 0 ? facts.msPerStep : get().recoverPace;
          if (!pruned) return { recovery: { phase: "undone", readings: seen, facts }, recoverPace };
          const now = { facts, readings: seen, ...(recovered ? { after: recovered } : {}) };
          return { ...replacePruning(deps, pruned), restored, recovered: now, recoverPace };
        },
        cancelled: () => NONE,
        failed: (error) => ({ recovery: { phase: "failed", error } }),
      };
    },
  });
}

/** Makes what a paused recovery trains the current pruning, and removes a paused recovery. */
function pausedTasks(deps: Deps) {
  const { client, task, series } = deps;
  const restoring = task({
    reports: ["config", "bug", "unsupported", "shape"],
    run: () => ({
      work: () => client.request({ type: "restoreRecovery" }),
      done({ restored }) {
        if (!restored) return {};
        const { pruned, record } = restored;
        series.show(null);
        return { ...replacePruning(deps, pruned), restored: { record, missing: [] } };
      },
    }),
  });
  const discarding = task({
    reports: ["storage", "bug"],
    run: () => ({ work: () => client.request({ type: "discardRecovery" }) }),
  });
  return { restoring, discarding };
}
