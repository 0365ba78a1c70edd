// Two runs compared by what they write and expect next; and a comparison that somebody else has made, from a link or a file.
import { EngineError, readComparison, readComparisonLink } from "../../engine/index.ts";
import { isGpuFree } from "../allowed.ts";
import type { SliceOf } from "../slice.ts";
import { runLibrary } from "./runLibrary.ts";
import type { RunStore } from "./runStore.ts";
import type { ComparisonSlice } from "./runsState.ts";

/** Makes the slice over a store. */
export const comparisonSlice =
  (store: RunStore): SliceOf<ComparisonSlice> =>
  ({ client, task, on }, set, get) => {
    const library = runLibrary(store, set, get);
    const none: Pick<ComparisonSlice, "pairTexts" | "nextTokens"> = {
      pairTexts: { phase: "none" },
      nextTokens: { phase: "none" },
    };
    const read = (id: string | null) => (id === null ? Promise.resolve(null) : library.read(id));
    const readPair = async (a: string, b: string | null) => ({ first: await read(a), second: await read(b) });
    const writing = task({
      name: "texts",
      turns: "own",
      isRunning: ({ pairTexts }) => pairTexts.phase === "writing",
      run: (first: string, second: string | null) => {
        const { prompt, generateTokens: tokens, temperature, textSeed: seed } = get();
        const sampling = { prompt, tokens, temperature, seed };
        return {
          begin: { ...none, pairTexts: { phase: "writing" } },
          async work({ turn }) {
            const runs = await readPair(first, second);
            return turn(() => client.request({ type: "pairTexts", ...runs, ...sampling }));
          },
          done: (result) => ({ pairTexts: { phase: "written", first, second, sampling, result } }),
          cancelled: () => none,
          failed: (error) => ({ pairTexts: { phase: "failed", error } }),
        };
      },
    });
    const reading = task({
      name: "texts",
      turns: "own",
      isRunning: ({ nextTokens }) => nextTokens.phase === "reading",
      run: (side: "first" | "second", at: number) => {
        const { pairTexts } = get();
        if (pairTexts.phase !== "written" || !isGpuFree(get())) return null;
        const { first, second, result } = pairTexts;
        const ids = [...result.prompt, ...result[side].slice(0, at).map(({ id }) => id)];
        const place = { side, at };
        return {
          begin: { nextTokens: { phase: "reading", ...place } },
          async work({ turn }) {
            const runs = await readPair(first, second);
            return turn(() => client.request({ type: "nextTokens", ...runs, ids }));
          },
          done: (likely) => ({ nextTokens: { phase: "read", ...place, likely } }),
          cancelled: () => ({ nextTokens: { phase: "none" } }),
          failed: (error) => ({ nextTokens: { phase: "failed", error } }),
        };
      },
    });
    const stop = (): void => {
      writing.drop();
      reading.drop();
    };
    on({ model: { stop, clear: () => none } });
    return {
      ...none,
      linkedComparison: null,
      writePair: writing.start,
      cancelPair: writing.cancel,
      readNext: reading.start,
      openComparison(text, file) {
        try {
          set({ linkedComparison: readComparison(text, file), runsError: null });
        } catch (error) {
          set({ runsError: EngineError.from(error) });
        }
      },
      async openComparisonLink(packed) {
        try {
          set({ linkedComparison: await readComparisonLink(packed) });
        } catch (error) {
          get().notify(EngineError.from(error), "link");
        }
      },
      closeComparison: () => set({ linkedComparison: null }),
    };
  };
