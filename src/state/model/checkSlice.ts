// The check of the user's adapter: every kernel compared with its reference, and on request everything measured.
import type { SliceOf } from "../slice.ts";
import type { CheckSlice } from "./modelState.ts";

export const checkSlice: SliceOf<CheckSlice> = ({ client, task }) => {
  const { start, cancel } = task({
    name: "selfCheck",
    isRunning: ({ check }) => check.phase === "checking",
    // nothing else may use the GPU while speed is measured
    measuring: "stops",
    run: (measure: boolean) => ({
      begin: { check: { phase: "checking" } },
      work: () => client.request({ type: "selfCheck", measure }),
      done: (result) => ({ check: { phase: "checked", result } }),
      cancelled: () => ({ check: { phase: "none" } }),
      failed: (error) => ({ check: { phase: "failed", error } }),
    }),
  });
  return { check: { phase: "none" }, selfCheck: start, cancelSelfCheck: cancel };
};
