// What a slice of the store is made from.
import type { Client } from "../worker/client.ts";
import type { Changes } from "./changes.ts";
import type { RunSeries } from "./run/series.ts";
import type { GetState, SetState } from "./storeState.ts";
import type { MakeTask } from "./task.ts";
import type { Turns } from "./turns.ts";

/** Time as the actions see it; tests pass their own. */
export interface Clock {
  /** Calls `run` at the next animation frame. */
  frame(run: () => void): void;
  /** Calls `run` after `ms`; the returned function cancels it. */
  after(ms: number, run: () => void): () => void;
}

export interface Deps extends Turns, Changes {
  client: Client;
  series: RunSeries;
  clock: Clock;
  task: MakeTask;
}

/** Makes a slice: its first state and its actions. */
export type SliceOf<Slice> = (deps: Deps, set: SetState, get: GetState) => Slice;
