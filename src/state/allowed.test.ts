// What is allowed in which state, as a table; and keys that ask the same predicates as the buttons.
import { describe, expect, it } from "vitest";
import * as allowed from "./allowed.ts";
import type { RunCommand } from "./run/runState.ts";
import { STATE_NAMES, type StateName, stateNamed } from "./states.fixture.ts";

type Action = Extract<keyof typeof allowed, `can${string}`>;
const ACTIONS = Object.keys(allowed).filter((name): name is Action => name.startsWith("can"));

const without = (actions: readonly Action[], ...fewer: Action[]): Action[] =>
  actions.filter((action) => !fewer.includes(action));

const CHOICES: Action[] = ["canEditRecipe", "canChangeTexts", "canChooseMethod"];
const GPU_FREE: Action[] = [
  "canTrain",
  "canStep",
  "canPruneWeights",
  "canRestoreRun",
  "canCompareLosses",
  "canScoreTasks",
  "canWritePair",
];
const OPEN: Action[] = [...CHOICES, ...GPU_FREE, "canOpenModel", "canSelfCheck", "canSave"];
const PRUNED: Action[] = [
  ...OPEN,
  ...(["canReset", "canGenerate", "canMeasureCurve", "canRecover", "canRefit"] as const),
  ...(["canPrepareExport", "canPrepareNested", "canMeasureSpeed"] as const),
];
/** A long task has the GPU. */
const TAKEN: Action[] = [...CHOICES, "canOpenModel", "canMeasureCurve", "canSave"];

const ALLOWED: Readonly<Record<StateName, readonly Action[]>> = {
  "a model is open": OPEN,
  "no model is open": [...CHOICES, "canOpenModel", "canSelfCheck", "canSave"],
  "a model is being opened": [...CHOICES, "canSave"],
  "an earlier session left a checkpoint": [...OPEN, "canResume"],
  "a run starts": ["canSave"],
  "a run waits for the dense model": ["canPause", "canStop", "canSave"],
  "a step waits for the dense model": ["canPause", "canStop", "canSave"],
  "a run trains": ["canPause", "canStop", "canSave"],
  "a run is being paused": ["canPause", "canSave"],
  "a run is paused": [...without(PRUNED, "canEditRecipe"), "canStop"],
  "a run is done": PRUNED,
  "perplexity and curve are measured": without(PRUNED, "canMeasureCurve"),
  "an ended run is measured": without(PRUNED, "canPruneWeights", "canRestoreRun", "canRecover", "canRefit"),
  "an export is prepared": without(TAKEN, "canSave"),
  "a nested export is prepared": without(TAKEN, "canSave"),
  "text is written": TAKEN,
  "weights are pruned": without(TAKEN, "canChooseMethod"),
  "a model recovers": TAKEN,
  "a model is refitted": [...without(PRUNED, "canRefit", "canMeasureCurve"), "canUndoRecovery"],
  "a model is recovered": [...without(PRUNED, "canRecover", "canRefit", "canMeasureCurve"), "canUndoRecovery"],
  "a recovery is paused": [...PRUNED, "canResumeRecovery"],
  "speed is measured": TAKEN,
  "losses are compared": TAKEN,
  "two runs write": TAKEN,
  "likely tokens are read": TAKEN,
  "tasks are scored": TAKEN,
  "the self-check runs": TAKEN,
  "a zip is saved": without(PRUNED, "canSave", "canPrepareExport", "canPrepareNested", "canMeasureSpeed"),
  "the device is lost": [...CHOICES, "canOpenModel", "canSave"],
  "the device is opened again": [...CHOICES, "canSave"],
};

describe("what is allowed", () => {
  it.each(STATE_NAMES)("when %s", (name) => {
    const state = stateNamed(name);
    expect(ACTIONS.filter((action) => allowed[action](state)).sort()).toEqual([...ALLOWED[name]].sort());
  });
});

describe("keys", () => {
  const keys = Object.keys(allowed.RUN_KEYS) as allowed.RunKey[];
  const states = STATE_NAMES.map(stateNamed);

  it("mean a command exactly when its button is enabled", () => {
    const seen = new Set<RunCommand | null>();
    for (const state of states) {
      for (const key of keys) {
        const enabled = allowed.RUN_KEYS[key].filter((command) => allowed.CAN_COMMAND[command](state));
        expect(enabled.length).toBeLessThan(2);
        expect(allowed.commandOfKey(key, state)).toBe(enabled[0] ?? null);
        seen.add(allowed.commandOfKey(key, state));
      }
    }
    expect(seen.size).toBe(Object.keys(allowed.CAN_COMMAND).length + 1);
  });

  it("cover every command of the run", () => {
    expect(keys.flatMap((key) => [...allowed.RUN_KEYS[key]]).sort()).toEqual(Object.keys(allowed.CAN_COMMAND).sort());
  });
});
