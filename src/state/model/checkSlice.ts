// The self-check: compares every kernel with its reference on the user's adapter.
import type { SliceOf } from "../slice.ts";
import type { CheckSlice } from "./modelState.ts";

export const checkSlice: SliceOf<CheckSlice> = ({ client, task }) => {
  const { start, cancel } = task({
    name: "selfCheck",
    isRunning: ({ check }) => check.phase === "checking",
    run: () => ({
      begin: { check: { phase: "checking" } },
      work: () => client.request({ type: "selfCheck" }),
      done: (result) => ({ check: { phase: "checked", result } }),
      cancelled: () => ({ check: { phase: "none" } }),
      failed: (error) => ({ check: { phase: "failed", error } }),
    }),
  });
  return { check: { phase: "none" }, selfCheck: start, cancelSelfCheck: cancel };
};
