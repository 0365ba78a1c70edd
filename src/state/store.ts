// The store: one vanilla zustand store joined from slices, the run's series beside it, and the worker's events filed into both.
import { createStore } from "zustand/vanilla";
import type { StoreApi } from "zustand/vanilla";
import type { Client } from "../worker/client.ts";
import { checkSlice } from "./model/checkSlice.ts";
import { generateSlice } from "./text/generateSlice.ts";
import { curveSlice, wantsCurve } from "./run/curveSlice.ts";
import { fileEvent } from "./events.ts";
import { exportSlice } from "./export/exportSlice.ts";
import { gatesSlice } from "./run/gatesSlice.ts";
import { librarySlice } from "./model/librarySlice.ts";
import { modelSlice } from "./model/modelSlice.ts";
import { nestedSlice } from "./export/nestedSlice.ts";
import { runSlice } from "./run/runSlice.ts";
import { memoryRunStore, type RunStore } from "./runs/runStore.ts";
import { hasJustEnded, runsSlice } from "./runs/runsSlice.ts";
import { RunSeries } from "./run/series.ts";
import type { Clock, Deps, StudioState } from "./storeState.ts";
import { speedSlice } from "./export/speedSlice.ts";
import { textSlice } from "./text/textSlice.ts";
import { turnsOf } from "./turns.ts";
import { uiSlice } from "./page/uiSlice.ts";
import { weightsSlice } from "./run/weightsSlice.ts";

export interface StudioStore {
  store: StoreApi<StudioState>;
  series: RunSeries;
}

/** The browser's own time. */
export const browserClock: Clock = {
  frame: (run) => void requestAnimationFrame(run),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

/** Makes the store over a client and begins to listen to its events. Nothing is opened yet. */
export function createStudio(client: Client, clock: Clock, runStore: RunStore = memoryRunStore()): StudioStore {
  const deps: Deps = { client, clock, series: new RunSeries(), ...turnsOf(client) };
  const store = createStore<StudioState>()((set, get) => ({
    ...modelSlice(deps, set, get),
    ...librarySlice(deps, set, get),
    ...textSlice(deps, set, get),
    ...runSlice(deps, set, get),
    ...gatesSlice(deps, set, get),
    ...curveSlice(deps, set, get),
    ...weightsSlice(deps, set, get),
    ...generateSlice(deps, set, get),
    ...exportSlice(deps, set, get),
    ...nestedSlice(deps, set, get),
    ...speedSlice(deps, set, get),
    ...checkSlice(deps, set, get),
    ...runsSlice(runStore)(deps, set, get),
    ...uiSlice(deps, set, get),
  }));
  client.subscribe((event) => fileEvent(deps, store.setState, store.getState, event));
  store.subscribe((state, before) => {
    if (hasJustEnded(state, before)) void state.keepRun();
    if (wantsCurve(state, before)) void state.measureCurve();
  });
  return { store, series: deps.series };
}
