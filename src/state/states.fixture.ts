// For tests: states of the studio by name, from its start to what goes wrong.
import { DEFAULT_RECIPE, EngineError } from "../engine/index.ts";
import { architectureAt, AT_HALF, bench, FACTS, RECOVERED, REFITTED } from "./client.fixture.ts";
import type { Prepared } from "./export/exportState.ts";
import type { Patch, StudioState } from "./storeState.ts";

const error = new EngineError("device-lost", "gone");
const prepared: Prepared = { checks: [], of: AT_HALF, choice: { dtype: null, shardBytes: null, gguf: null } };
/** After a run for every ratio whose export is prepared. */
const trained: Patch = {
  run: { phase: "done", step: 9, of: 9 },
  architecture: { ...architectureAt(0.5, 9), trainedFor: { from: 0.35, to: 0.95 } },
  exported: { phase: "prepared", last: prepared },
};

/** What differs from a studio that has just opened a model on a working device. */
const STATES = {
  "a model is open": {},
  "no model is open": { model: { phase: "closed" } },
  "a model is being opened": { model: { phase: "opening", name: "m", previous: FACTS } },
  "an earlier session left a checkpoint": { resumable: { recipe: DEFAULT_RECIPE, step: 3 } },
  "a run starts": { pendingCommand: "train" },
  "a run waits for the dense model": { pendingCommand: "train", startWaits: true },
  "a step waits for the dense model": { pendingCommand: "step", startWaits: true },
  "a run trains": { ...trained, run: { phase: "training", step: 1, of: 9 } },
  "a run is being paused": { run: { phase: "training", step: 1, of: 9 }, pendingCommand: "pause" },
  "a run is paused": { ...trained, run: { phase: "paused", step: 3, of: 9 } },
  "a run is done": trained,
  "perplexity and curve are measured": {
    ...trained,
    curve: { phase: "measuring", points: [] },
    dense: { phase: "measuring", last: null, of: AT_HALF },
  },
  "an ended run is measured": { ...trained, pruned: { phase: "measuring", last: null, of: AT_HALF } },
  "an export is prepared": { ...trained, exported: { phase: "preparing", last: prepared } },
  "a nested export is prepared": { ...trained, nested: { phase: "preparing", last: null } },
  "text is written": { ...trained, generation: { phase: "writing", subject: "dense" } },
  "weights are pruned": { ...trained, weightPruning: { phase: "pruning" } },
  "a model recovers": { ...trained, recovery: { phase: "recovering", readings: [] } },
  "a model is refitted": { ...trained, recovered: { facts: REFITTED, readings: [] } },
  "a model is recovered": { ...trained, recovered: { facts: RECOVERED, readings: [] } },
  "a recovery is paused": {
    ...trained,
    pausedRecovery: {
      choice: { steps: 300, matrices: "out", seed: 1 },
      step: 100,
      readings: [],
      of: "DISP 50 %, seed 1",
    },
  },
  "speed is measured": { ...trained, speed: { phase: "measuring" } },
  "losses are compared": { ...trained, losses: { phase: "reading" } },
  "two runs write": { ...trained, pairTexts: { phase: "writing" } },
  "likely tokens are read": { ...trained, nextTokens: { phase: "reading", side: "first", at: 0 } },
  "tasks are scored": { ...trained, scores: { phase: "measuring", last: null } },
  "the self-check runs": { ...trained, check: { phase: "checking" } },
  "a zip is saved": { ...trained, saving: { phase: "saving", form: "onnx" } },
  "the device is lost": { ...trained, device: { phase: "lost", error, training: false } },
  "the device is opened again": { ...trained, device: { phase: "reopening", error } },
} as const satisfies Record<string, Patch>;
export type StateName = keyof typeof STATES;
export const STATE_NAMES = Object.keys(STATES) as StateName[];

export function stateNamed(name: StateName): StudioState {
  const { store } = bench();
  store.setState({ model: { phase: "open", facts: FACTS }, ...STATES[name] });
  return store.getState();
}
