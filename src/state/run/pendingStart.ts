// The start of a run before it begins: the dense model is measured first, and until that is done the start can be cancelled.
import { EngineError } from "../../engine/index.ts";
import type { GetState, SetState } from "../storeState.ts";

export interface PendingStart {
  /** Resolves once the dense model is measured. Rejects with "cancelled" as soon as the start is cancelled; nothing else has changed then. */
  ready(): Promise<void>;
  /** Cancels the start, if it still waits, and the measurement that it waits for. */
  cancel(): void;
}

export function pendingStart(set: SetState, get: GetState): PendingStart {
  let cancelLatest = (): void => undefined;
  return {
    async ready() {
      let cancelled = false;
      const cancel = new Promise<void>((resolve) => {
        cancelLatest = () => {
          cancelled = true;
          resolve();
        };
      });
      set({ startWaits: true });
      // The worker stops between two windows. The page does not wait for that.
      await Promise.race([get().measureDense(() => !cancelled), cancel]);
      if (cancelled) throw new EngineError("cancelled", "The start of the run was cancelled.");
      set({ startWaits: false });
    },
    cancel() {
      if (!get().startWaits) return;
      set({ startWaits: false });
      cancelLatest();
      get().stopMeasuring();
    },
  };
}
