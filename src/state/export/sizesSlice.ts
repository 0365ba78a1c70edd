// Sizes of all forms before anything is written: read when the screen shows them, for the current pruning.
import { currentPruning, samePruned } from "../run/currentPruning.ts";
import type { SliceOf } from "../slice.ts";
import type { StudioState } from "../storeState.ts";
import type { SizesOf, SizesSlice } from "./exportState.ts";

/** What the sizes would be read for; null while nothing is pruned. */
function wanted(state: StudioState): SizesOf | null {
  const pruned = currentPruning(state);
  return pruned && { pruned, dtype: state.exportChoice.dtype };
}

/** Whether the sizes are those of the current pruning and choice. */
export function sizesAreCurrent(state: StudioState): boolean {
  const [now, { sizes }] = [wanted(state), state];
  if (!now || sizes.phase === "none") return now === null;
  return samePruned(sizes.for.pruned, now.pruned) && sizes.for.dtype === now.dtype;
}

export const sizesSlice: SliceOf<SizesSlice> = ({ client, task, on }, _set, get) => {
  const none = { sizes: { phase: "none" } } as const;
  on({ model: { clear: () => none } });
  const reading = task({
    // headers are read, and the GPU is not needed
    turns: "none",
    again: "replace",
    run() {
      const of = wanted(get());
      if (!of || sizesAreCurrent(get())) return null;
      return {
        work: () => client.request({ type: "formSizes", choice: get().exportChoice }),
        done: (last) => ({ sizes: { phase: "read", for: { ...of, pruned: last.of }, last } }),
        failed: (error) => ({ sizes: { phase: "failed", for: of, error } }),
      };
    },
  });
  return { ...none, readSizes: reading.start };
};
