// Zero-shot tasks: choosing them, scoring them, and which scores belong to what is shown.
import {
  EngineError,
  readTaskFile,
  type RunScores,
  sha256,
  TEXT_TASK_DEFAULTS,
  TEXT_TASKS,
} from "../../engine/index.ts";
import type { PrunedId, TaskChoice } from "../../worker/protocol.ts";
import { currentPruning, samePruned } from "../run/currentPruning.ts";
import { shownWords } from "../run/shown.ts";
import type { SliceOf } from "../slice.ts";
import type { StudioState } from "../storeState.ts";
import type { MeasuredScores, ScoresSlice } from "./scoresState.ts";

const lastOf = ({ scores }: Pick<ScoresSlice, "scores">): MeasuredScores | null =>
  scores.phase === "none" ? null : scores.last;

/** The scores of this pruning, unless some are missing; null where there are none. */
export function completeScoresOf(state: Pick<ScoresSlice, "scores">, of: PrunedId): RunScores | null {
  const last = lastOf(state);
  return last && !last.stopped && samePruned(last.of, of) ? last.scores : null;
}

/** What the panel shows: the scores that were measured last, or those saved with the restored run until others are measured of it. */
export function shownScores(state: StudioState): { scores: RunScores; words: string; current: boolean } | null {
  const now = currentPruning(state);
  const last = lastOf(state);
  const ofNow = last !== null && (now ? samePruned(last.of, now) : last.of.run === "dense");
  const saved = state.recovered ? undefined : state.restored?.record.scores;
  if (saved && !ofNow) return { scores: saved, words: shownWords(state), current: true };
  return last && { scores: last.scores, words: last.words, current: ofNow };
}

export const scoresSlice: SliceOf<ScoresSlice> = ({ client, task, on }, set, get) => {
  const scoring = task({
    name: "scores",
    isRunning: ({ scores }) => scores.phase === "measuring",
    measuring: "stops",
    run() {
      const { model, run, madeTasks, taskFile, taskItems: items, evaluationTokens: tokens } = get();
      const tasks: TaskChoice[] = [...madeTasks.map((made) => ({ made })), ...(taskFile ? [taskFile] : [])];
      if (model.phase !== "open" || run.phase === "training" || tasks.length === 0) return null;
      const before = lastOf(get());
      const words = shownWords(get());
      return {
        begin: { scores: { phase: "measuring", last: before } },
        work: () => client.request({ type: "scoreTasks", tasks, items, seed: TEXT_TASK_DEFAULTS.seed, tokens }),
        done: (report) => ({ scores: { phase: "measured", last: { ...report, words } } }),
        cancelled: () => ({ scores: before ? { phase: "measured", last: before } : { phase: "none" } }),
        failed: (error) => ({ scores: { phase: "failed", error, last: before } }),
      };
    },
  });
  const none = { scores: { phase: "none" } } as const;
  on({ model: { stop: scoring.drop, clear: () => none } });
  return {
    ...none,
    madeTasks: TEXT_TASKS,
    taskFile: null,
    taskFileError: null,
    taskItems: TEXT_TASK_DEFAULTS.items,
    toggleTask: (toggled) =>
      set(({ madeTasks }) => ({
        madeTasks: TEXT_TASKS.filter((one) => madeTasks.includes(one) !== (one === toggled)),
      })),
    setTaskItems: (taskItems) => set({ taskItems }),
    async chooseTaskFile(name, content) {
      try {
        const read = readTaskFile(name, content);
        const file = { name, sha256: await sha256(new TextEncoder().encode(content)) };
        set({ taskFile: { file, task: read }, taskFileError: null });
      } catch (thrown) {
        set({ taskFileError: EngineError.from(thrown) });
      }
    },
    dropTaskFile: () => set({ taskFile: null, taskFileError: null }),
    async scoreTasks() {
      const report = await scoring.result();
      if (report && !report.stopped) await get().saveScores();
    },
    stopScores: scoring.cancel,
  };
};
