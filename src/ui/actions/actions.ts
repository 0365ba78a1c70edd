// Everything that a key or the palette can do: one list, from which keys, palette and the sheet of keys are made.
import {
  canGenerate,
  canKeepPoint,
  canMeasureCurve,
  canOpenModel,
  canPrepareExport,
  canRedo,
  canReport,
  canSelfCheck,
  canShowRun,
  canUndo,
  commandOfKey,
  type RunKey,
} from "../../state/allowed.ts";
import type { StudioState } from "../../state/storeState.ts";
import { goTo } from "../parts/goTo.ts";
import { SECTIONS } from "./sections.ts";

export interface Action {
  id: string;
  /** As in the palette. */
  name: string;
  /** Keys that are pressed one after another, such as "t" or "g m". */
  keys?: string;
  /** Keys that are held together, such as "Ctrl Shift Z". They work where single keys are switched off, too. */
  heldKeys?: string;
  /** Whether it can be done now; missing: always. */
  able?(state: StudioState): boolean;
  act(state: StudioState): void;
}

const ofRun = (key: RunKey, id: string, name: string): Action => ({
  ...{ id, name, keys: key },
  able: (state) => commandOfKey(key, state) !== null,
  act(state) {
    const command = commandOfKey(key, state);
    if (command === "reset") state.showDialog("reset");
    else if (command) void state[command]();
  },
});

const RUN: readonly Action[] = [
  ofRun("t", "train", "Train, pause or continue"),
  ofRun("s", "step", "Do one training step"),
  ofRun("x", "stop", "Stop the run"),
  ofRun("r", "reset", "Reset the run…"),
];

const GO: readonly Action[] = SECTIONS.map(({ name, id, key }) => ({
  ...{ id: `go-${id}`, name: `Go to ${name}`, keys: `g ${key}` },
  act: () => goTo(id),
}));

/** Makes the map fill the screen, or leaves that. */
export function fillScreen(): void {
  const map = document.getElementById("figure-map");
  if (document.fullscreenElement) void document.exitFullscreen();
  else void map?.requestFullscreen().catch(() => undefined);
}

const OTHERS: readonly Action[] = [
  {
    ...{ id: "undo", name: "Undo the last change of recipe or target", heldKeys: "Ctrl Z" },
    ...{ able: canUndo, act: (state) => state.undoSettings() },
  },
  {
    ...{ id: "redo", name: "Redo the change that was undone", heldKeys: "Ctrl Shift Z" },
    ...{ able: canRedo, act: (state) => state.redoSettings() },
  },
  {
    id: "full-map",
    name: "Let the map fill the screen",
    keys: "f",
    able: () => document.fullscreenEnabled,
    act: fillScreen,
  },
  { id: "tour", name: "Take the tour of seven steps", act: (state) => state.showTour(0) },
  { id: "examples", name: "Show finished examples", act: (state) => void state.showExamples() },
  { id: "glossary", name: "Explain the terms", act: (state) => state.showDialog("glossary") },
  { id: "models", name: "Open another model…", able: canOpenModel, act: (state) => state.showLibrary(true) },
  { id: "storage", name: "Show what this browser stores…", act: (state) => state.showDialog("storage") },
  { id: "generate", name: "Generate text", able: canGenerate, act: (state) => void state.generate() },
  {
    id: "curve",
    name: "Measure this run at ten ratios",
    able: canMeasureCurve,
    act: (state) => void state.measureCurve(),
  },
  { id: "keep-point", name: "Keep this point as a run", able: canKeepPoint, act: (state) => void state.keepPoint() },
  { id: "show-run", name: "Back to this session’s run", able: canShowRun, act: (state) => void state.showRun() },
  {
    id: "prepare",
    name: "Go to the export and its choices",
    able: canPrepareExport,
    act: () => goTo("export-heading"),
  },
  {
    id: "report",
    name: "Save a report of what is shown…",
    able: canReport,
    act: (state) => state.showReport(null),
  },
  { id: "check", name: "Check this GPU", able: canSelfCheck, act: (state) => void state.selfCheck(false) },
  { id: "light", name: "Theme: light", act: (state) => state.setTheme("light") },
  { id: "dark", name: "Theme: dark", act: (state) => state.setTheme("dark") },
  { id: "system", name: "Theme: as the system", act: (state) => state.setTheme("system") },
  { id: "keys", name: "Show all keys", keys: "?", act: (state) => state.showDialog("keys") },
];

export const ACTIONS: readonly Action[] = [...RUN, ...GO, ...OTHERS];

/** Actions that can be done now and have every word of `words` in their name. */
export function matchingActions(words: string, state: StudioState): Action[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  return ACTIONS.filter(
    ({ name, able }) => wanted.every((word) => name.toLowerCase().includes(word)) && (able?.(state) ?? true),
  );
}
