// Preparing an export, of any kind: in its turn, and what was prepared earlier stays until then.
import { EngineError } from "../../engine/index.ts";
import type { Deps, Get, Preparation, Set, StudioState } from "../storeState.ts";

/** Makes what prepares; the task is "export". `show` says where in the state the preparation stands. */
export function preparation<T>(
  { turn }: Deps,
  set: Set,
  get: Get,
  show: (now: Preparation<T>) => Partial<StudioState>,
): (last: T | null, send: () => Promise<T>) => Promise<void> {
  const settled = (last: T | null): Preparation<T> => (last ? { phase: "prepared", last } : { phase: "none", last });
  return async (last, send) => {
    set({ ...show({ phase: "preparing", last }), saving: { phase: "none" }, saveError: null });
    try {
      set(show({ phase: "prepared", last: await turn(send, "export") }));
    } catch (thrown) {
      const error = EngineError.from(thrown);
      set(show(error.code === "cancelled" ? settled(last) : { phase: "failed", last, error }));
      if (error.code === "device-lost") get().report(error);
    } finally {
      get().setProgress("export", null);
    }
  };
}
