// Two runs compared by what they write and expect next; and a comparison that somebody else has made, from a link or a file.
import { EngineError, readComparison, readComparisonLink, type Run } from "../../engine/index.ts";
import { isGpuFree } from "../allowed.ts";
import type { Deps, SliceOf } from "../slice.ts";
import type { GetState } from "../storeState.ts";
import { runLibrary } from "./runLibrary.ts";
import type { RunStore } from "./runStore.ts";
import type { ComparisonSlice } from "./runsState.ts";

const NOTHING: Pick<ComparisonSlice, "pairTexts" | "nextTokens"> = {
  pairTexts: { phase: "none" },
  nextTokens: { phase: "none" },
};

/** A run and another one, or the dense model (null). */
type ReadPair = (a: string, b: string | null) => Promise<{ first: Run; second: Run | null }>;

function writing({ client, task }: Deps, readPair: ReadPair, get: GetState) {
  return task({
    name: "texts",
    turns: "own",
    isRunning: ({ pairTexts }) => pairTexts.phase === "writing",
    run: (first: string, second: string | null) => {
      const { prompt, generateTokens: tokens, temperature, textSeed: seed } = get();
      const sampling = { prompt, tokens, temperature, seed };
      return {
        begin: { ...NOTHING, pairTexts: { phase: "writing" } },
        async work({ turn }) {
          const runs = await readPair(first, second);
          return turn(() => client.request({ type: "pairTexts", ...runs, ...sampling }));
        },
        done: (result) => ({ pairTexts: { phase: "written", first, second, sampling, result } }),
        cancelled: () => NOTHING,
        failed: (error) => ({ pairTexts: { phase: "failed", error } }),
      };
    },
  });
}

function expecting({ client, task }: Deps, readPair: ReadPair, get: GetState) {
  return task({
    name: "texts",
    turns: "own",
    isRunning: ({ nextTokens }) => nextTokens.phase === "reading",
    run: (side: "first" | "second", at: number) => {
      const { pairTexts } = get();
      if (pairTexts.phase !== "written" || !isGpuFree(get())) return null;
      const { first, second, result } = pairTexts;
      const ids = [...result.prompt, ...result[side].slice(0, at).map(({ id }) => id)];
      return {
        begin: { nextTokens: { phase: "reading", side, at } },
        async work({ turn }) {
          const runs = await readPair(first, second);
          return turn(() => client.request({ type: "nextTokens", ...runs, ids }));
        },
        done: (likely) => ({ nextTokens: { phase: "read", side, at, likely } }),
        cancelled: () => ({ nextTokens: { phase: "none" } }),
        failed: (error) => ({ nextTokens: { phase: "failed", error } }),
      };
    },
  });
}

/** Makes the slice over a store. */
export const comparisonSlice =
  (store: RunStore): SliceOf<ComparisonSlice> =>
  (deps, set, get) => {
    const library = runLibrary(store, set, get);
    const readPair: ReadPair = async (a, b) => ({
      first: await library.read(a),
      second: b === null ? null : await library.read(b),
    });
    const [written, expected] = [writing(deps, readPair, get), expecting(deps, readPair, get)];
    const stop = (): void => {
      written.drop();
      expected.drop();
    };
    deps.on({ model: { stop, clear: () => NOTHING } });
    return {
      ...NOTHING,
      linkedComparison: null,
      writePair: written.start,
      cancelPair: written.cancel,
      readNext: expected.start,
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
