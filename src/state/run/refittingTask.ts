// The task that refits the kept weights of the current pruning. What it makes is a recovery like that of training: undone and replaced alike.
import type { Replies } from "../../worker/protocol.ts";
import type { Deps } from "../slice.ts";
import type { GetState } from "../storeState.ts";
import type { LongTask } from "../task.ts";
import { isPruned, replacePruning } from "./currentPruning.ts";

export function refittingTask(deps: Deps, get: GetState): LongTask<[], Replies["refit"]> {
  const { client, task } = deps;
  return task({
    // Of both tasks of this name at most one runs; the other one's cancel stops it too.
    name: "recover",
    measuring: "stops",
    run() {
      const { model, run, pendingCommand, recovered, recovery } = get();
      const busy = run.phase === "training" || pendingCommand === "train" || recovery.phase === "recovering";
      if (model.phase !== "open" || busy || !isPruned(get()) || recovered) return null;
      return {
        begin: { recovery: { phase: "recovering", readings: [], refit: true } },
        work: () => client.request({ type: "refit", tokens: get().evaluationTokens }),
        done({ facts, pruned }) {
          const { restored } = get();
          if (!pruned) return { recovery: { phase: "undone", readings: [], facts } };
          return { ...replacePruning(deps, pruned), restored, recovered: { facts, readings: [] } };
        },
        cancelled: () => ({ recovery: { phase: "none" } }),
        failed: (error) => ({ recovery: { phase: "failed", error } }),
      };
    },
  });
}
