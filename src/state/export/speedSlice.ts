// Speed: the dense model beside the prepared export, measured on this machine when asked for.
import { EngineError } from "../../engine/index.ts";
import { prunedNow, samePruned } from "../run/prunedNow.ts";
import type { SliceOf, SpeedSlice } from "../storeState.ts";

export const speedSlice: SliceOf<SpeedSlice> = ({ client, turn, cancelTask: callOff }, set, get) => ({
  speed: { phase: "none" },
  async measureSpeed() {
    const { speed, exported } = get();
    const of = exported.last;
    if (speed.phase === "measuring" || !of) return;
    set({ speed: { phase: "measuring" } });
    try {
      const report = await turn(() => client.request({ type: "speed" }), "speed");
      set({ speed: { phase: "measured", of, report } });
      const ms = report.rows.find(({ what }) => what === "decode")?.ms;
      const now = prunedNow(get());
      // The time belongs to the kept run only where the export is of what "pruned" means now.
      if (ms && now && samePruned(now, of.of)) void get().keepRun({ dense: ms.dense.median, pruned: ms.pruned.median });
    } catch (thrown) {
      const error = EngineError.from(thrown);
      set({ speed: error.code === "cancelled" ? { phase: "none" } : { phase: "failed", error } });
      if (error.code === "device-lost") get().report(error);
    } finally {
      get().setProgress("speed", null);
    }
  },
  cancelSpeed: () => callOff("speed"),
});
