// Preparing an export, of any kind: in its turn, called off by a stop even before that, and what was prepared earlier stays until then.
import { EngineError } from "../engine/index.ts";
import type { Deps, Get, Preparation, Set, StudioState } from "./studioState.ts";

/** `show` says where in the state the preparation stands. */
export function preparing<T>(
  { client, turn }: Deps,
  set: Set,
  get: Get,
  show: (now: Preparation<T>) => Partial<StudioState>,
): { prepare(last: T | null, send: () => Promise<T>): Promise<void>; cancel(): Promise<void> } {
  const settled = (last: T | null): Preparation<T> => (last ? { phase: "prepared", last } : { phase: "none", last });
  /** Which preparation is wanted; another number calls it off. */
  let ticket = 0;

  return {
    async prepare(last, send) {
      const mine = (ticket += 1);
      set({ ...show({ phase: "preparing", last }), saving: { phase: "none" }, saveError: null });
      try {
        const made = await turn(() => {
          if (mine !== ticket) throw new EngineError("cancelled", "the export was called off before it began");
          return send();
        });
        set(show({ phase: "prepared", last: made }));
      } catch (thrown) {
        const error = EngineError.from(thrown);
        set(show(error.code === "cancelled" ? settled(last) : { phase: "failed", last, error }));
        if (error.code === "device-lost") get().report(error);
      } finally {
        get().setProgress("export", null);
      }
    },
    async cancel() {
      ticket += 1;
      await client.request({ type: "cancel", task: "export" });
    },
  };
}
