// The self-check: every kernel against its reference on the user's own adapter.
import { EngineError } from "../../engine/index.ts";
import type { CheckSlice, SliceOf } from "../storeState.ts";

export const checkSlice: SliceOf<CheckSlice> = ({ client, turn, cancelTask: callOff }, set, get) => ({
  check: { phase: "none" },
  async selfCheck() {
    if (get().check.phase === "checking") return;
    set({ check: { phase: "checking" } });
    try {
      const result = await turn(() => client.request({ type: "selfCheck" }), "selfCheck");
      set({ check: { phase: "checked", result } });
    } catch (thrown) {
      const error = EngineError.from(thrown);
      set({ check: error.code === "cancelled" ? { phase: "none" } : { phase: "failed", error } });
      if (error.code === "device-lost") get().report(error);
    } finally {
      get().setProgress("selfCheck", null);
    }
  },
  cancelSelfCheck: () => callOff("selfCheck"),
});
