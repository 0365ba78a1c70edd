// The store: one vanilla zustand store made of slices, the series of the run beside it, and the worker's events applied to both.
import { createStore } from "zustand/vanilla";
import type { StoreApi } from "zustand/vanilla";
import type { Client } from "../worker/client.ts";
import { changesOf } from "./changes.ts";
import { applyEvent } from "./events.ts";
import { exportSlice } from "./export/exportSlice.ts";
import { nestedSlice } from "./export/nestedSlice.ts";
import { sizesSlice } from "./export/sizesSlice.ts";
import { speedSlice } from "./export/speedSlice.ts";
import { figuresSlice } from "./figures/figuresSlice.ts";
import { checkSlice } from "./model/checkSlice.ts";
import { librarySlice } from "./model/librarySlice.ts";
import { modelSlice } from "./model/modelSlice.ts";
import { deviceSlice } from "./page/deviceSlice.ts";
import { pageSlice } from "./page/pageSlice.ts";
import { curveSlice, isCurveDue } from "./run/curveSlice.ts";
import { gatesSlice } from "./run/gatesSlice.ts";
import { recoverSlice } from "./run/recoverSlice.ts";
import { runSlice } from "./run/runSlice.ts";
import { RunSeries } from "./run/series.ts";
import { settingsSlice } from "./run/settingsSlice.ts";
import { weightsSlice } from "./run/weightsSlice.ts";
import { comparisonSlice } from "./runs/comparisonSlice.ts";
import { examplesSlice } from "./runs/examplesSlice.ts";
import { lossesSlice } from "./runs/lossesSlice.ts";
import { isRunFinished } from "./runs/endedRun.ts";
import { runsSlice } from "./runs/runsSlice.ts";
import { memoryRunStore, type RunStore } from "./runs/runStore.ts";
import { scoresSlice } from "./scores/scoresSlice.ts";
import type { Clock, Deps, SliceOf } from "./slice.ts";
import type { StudioState } from "./storeState.ts";
import { storageSlice } from "./storage/storageSlice.ts";
import { taskMaker } from "./task.ts";
import { generateSlice } from "./text/generateSlice.ts";
import { perplexitySlice } from "./text/perplexitySlice.ts";
import { textSlice } from "./text/textSlice.ts";
import { turnsOf } from "./turns.ts";

export interface StudioStore {
  store: StoreApi<StudioState>;
  series: RunSeries;
}

/** A hidden page has no frames, and a run that ends there is measured and saved all the same. */
const LATEST_FRAME_MS = 200;

/** The browser's time. */
export const browserClock: Clock = {
  frame(run) {
    const frame = requestAnimationFrame(() => {
      clearTimeout(timer);
      run();
    });
    const timer = setTimeout(() => {
      cancelAnimationFrame(frame);
      run();
    }, LATEST_FRAME_MS);
  },
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

const studioSlices =
  (runStore: RunStore): SliceOf<StudioState> =>
  (...args) => ({
    ...modelSlice(...args),
    ...librarySlice(...args),
    ...checkSlice(...args),
    ...textSlice(...args),
    ...perplexitySlice(...args),
    ...generateSlice(...args),
    ...runSlice(...args),
    ...gatesSlice(...args),
    ...curveSlice(...args),
    ...weightsSlice(...args),
    ...recoverSlice(...args),
    ...settingsSlice(...args),
    ...exportSlice(...args),
    ...nestedSlice(...args),
    ...sizesSlice(...args),
    ...speedSlice(...args),
    ...runsSlice(runStore)(...args),
    ...lossesSlice(runStore)(...args),
    ...examplesSlice(...args),
    ...comparisonSlice(runStore)(...args),
    ...scoresSlice(...args),
    ...figuresSlice(...args),
    ...storageSlice(...args),
    ...pageSlice(...args),
    ...deviceSlice(...args),
  });

/** Makes the store over a client and subscribes to its events. Nothing is opened yet. */
export function createStudio(client: Client, clock: Clock, runStore: RunStore = memoryRunStore()): StudioStore {
  const turns = turnsOf(client);
  const series = new RunSeries();
  const store = createStore<StudioState>()((set, get) => {
    const deps: Deps = { client, clock, series, ...turns, ...changesOf(get), task: taskMaker(turns, set, get) };
    client.subscribe((event) => applyEvent(deps, set, get, event));
    return studioSlices(runStore)(deps, set, get);
  });
  store.subscribe((state, before) => {
    if (state.recipe !== before.recipe || state.method !== before.method || state.weightRecipe !== before.weightRecipe)
      state.noteSettings(before);
    if (isRunFinished(state, before)) void state.saveRun();
    if (isCurveDue(state, before)) void state.measureCurve();
  });
  return { store, series };
}
