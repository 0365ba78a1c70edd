// Losses by token: compares two saved runs on the evaluation text.
import type { SliceOf } from "../slice.ts";
import { runLibrary } from "./runLibrary.ts";
import type { LossesSlice } from "./runsState.ts";
import type { RunStore } from "./runStore.ts";

/** How many tokens of the text are read. */
const TOKENS = 1024;

/** Makes the slice over a store. */
export const lossesSlice =
  (store: RunStore): SliceOf<LossesSlice> =>
  ({ client, task, on }, set, get) => {
    const none: LossesSlice["losses"] = { phase: "none" };
    const library = runLibrary(store, set, get);
    const reading = task({
      name: "losses",
      turns: "own",
      isRunning: ({ losses }) => losses.phase === "reading",
      run: (first: string, second: string | null) => ({
        begin: { losses: { phase: "reading" } },
        async work({ turn }) {
          const runs = {
            first: await library.read(first),
            second: second === null ? null : await library.read(second),
          };
          return turn(() => client.request({ type: "tokenLosses", ...runs, tokens: TOKENS }));
        },
        done: (result) => ({ losses: { phase: "read", first, second, result } }),
        cancelled: () => ({ losses: none }),
        failed: (error) => ({ losses: { phase: "failed", error } }),
      }),
    });
    const gone = { stop: reading.drop, clear: () => ({ losses: none }) };
    on({ model: gone, text: gone });
    return { losses: none, compareLosses: reading.start, cancelLosses: reading.cancel };
  };
