// @vitest-environment happy-dom
// Long work and the window: the title says how far it is, leaving is questioned only while something would be lost.
import { expect, it, vi } from "vitest";
import { bench } from "../state/client.fixture.ts";
import { isWorking, linkLongRuns, windowTitle } from "./longRuns.ts";

const training = { phase: "training", step: 126, of: 300 } as const;

it("puts progress and time left into the title", () => {
  const state = bench().store.getState();
  expect(windowTitle(state)).toBe("Espalier");
  const pace = { msPerStep: 1000, secondsLeft: 180 };
  expect(windowTitle({ ...state, run: training, pace })).toBe("42 %, 3 min 00 s left – Espalier");
  expect(windowTitle({ ...state, run: { ...training, phase: "paused" } })).toBe("Paused – Espalier");
});

it("puts the progress of other long work into the title, one at a time", () => {
  const state = bench().store.getState();
  const weights = { task: "weights", done: 1, total: 4, unit: "parts" } as const;
  const exporting = { task: "export", done: 1, total: 2, unit: "bytes", secondsLeft: 61 } as const;
  expect(windowTitle({ ...state, progress: { weights, export: exporting } })).toBe("Pruning 25 % – Espalier");
  expect(windowTitle({ ...state, progress: { export: exporting } })).toBe("Exporting 50 %, 1 min 01 s left – Espalier");
});

it("works while training, and not while paused", () => {
  const state = bench().store.getState();
  expect(isWorking(state)).toBe(false);
  expect(isWorking({ ...state, run: training })).toBe(true);
  expect(isWorking({ ...state, run: { ...training, phase: "paused" } })).toBe(false);
  expect(isWorking({ ...state, weightPruning: { phase: "pruning" } })).toBe(true);
  expect(isWorking({ ...state, saving: { phase: "saving", form: "masked" } })).toBe(true);
});

it("asks before leaving while it works, and the title follows", () => {
  vi.useFakeTimers();
  const studio = bench();
  linkLongRuns(studio);
  const leave = (): boolean => {
    const event = new Event("beforeunload", { cancelable: true });
    dispatchEvent(event);
    return event.defaultPrevented;
  };
  expect(leave()).toBe(false);
  studio.store.setState({ run: training });
  expect(leave()).toBe(true);
  vi.advanceTimersByTime(1500);
  expect(document.title).toBe("42 % – Espalier");
  studio.store.setState({ run: { ...training, phase: "done" } });
  expect(leave()).toBe(false);
  vi.useRealTimers();
});
