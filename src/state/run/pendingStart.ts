// The start of a run before it begins: its texts are encoded, the dense model is measured, and the run before it is saved. Until that is done the start can be cancelled.
import { EngineError } from "../../engine/index.ts";
import type { GetState, SetState } from "../storeState.ts";

export interface PendingStart {
  /**
   * Resolves once the run may begin. Rejects with "cancelled" as soon as the start is cancelled, and where a text that was just chosen is
   * refused, which the page shows beside the texts; nothing else has changed then.
   */
  ready(): Promise<void>;
  /** Cancels the start, if it still waits, and the measurement that it waits for. */
  cancel(): void;
}

const notBegun = (reason: string): EngineError => new EngineError("cancelled", `The run has not begun: ${reason}.`);

export function pendingStart(set: SetState, get: GetState): PendingStart {
  const prepare = async (isWanted: () => boolean): Promise<void> => {
    if (!(await get().areTextsSet())) throw notBegun("its text was refused");
    if (isWanted()) await get().measureDense(isWanted);
    if (isWanted()) await get().keepEnded();
  };
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
      try {
        await Promise.race([prepare(() => !cancelled), cancel]);
      } finally {
        if (!cancelled) set({ startWaits: false });
      }
      if (cancelled) throw notBegun("its start was cancelled");
    },
    cancel() {
      if (!get().startWaits) return;
      set({ startWaits: false });
      cancelLatest();
      get().stopMeasuring();
    },
  };
}
