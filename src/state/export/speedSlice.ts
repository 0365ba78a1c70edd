// Speed: times the dense model and the prepared export on this machine.
import { currentPruning, samePruned } from "../run/currentPruning.ts";
import type { SliceOf } from "../slice.ts";
import type { SpeedSlice } from "./exportState.ts";

export const speedSlice: SliceOf<SpeedSlice> = ({ client, task, on }, _set, get) => {
  const none = { speed: { phase: "none" } } as const;
  on({ model: { clear: () => none } });
  const { start, cancel } = task({
    name: "speed",
    isRunning: ({ speed }) => speed.phase === "measuring",
    run() {
      const of = get().exported.last;
      if (!of) return null;
      return {
        begin: { speed: { phase: "measuring" } },
        work: () => client.request({ type: "speed" }),
        done(report) {
          const ms = report.rows.find(({ what }) => what === "decode")?.ms;
          const now = currentPruning(get());
          // The time belongs to the saved run only if the export is of the current pruning.
          if (ms && now && samePruned(now, of.of))
            void get().saveTime({ dense: ms.dense.median, pruned: ms.pruned.median });
          return { speed: { phase: "measured", of, report } };
        },
        cancelled: () => none,
        failed: (error) => ({ speed: { phase: "failed", error } }),
      };
    },
  });
  return { ...none, measureSpeed: start, cancelSpeed: cancel };
};
