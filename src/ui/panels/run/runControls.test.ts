// The buttons of the run, rendered in every state: each is enabled exactly when its key does something.
import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { expect, it } from "vitest";
import { commandOfKey, type RunKey } from "../../../state/allowed.ts";
import { bench } from "../../../state/client.fixture.ts";
import { STATE_NAMES, stateNamed } from "../../../state/states.fixture.ts";
import type { StudioState } from "../../../state/storeState.ts";
import { StudioProvider } from "../../studioContext.tsx";
import { RunControls } from "./RunControls.tsx";

/** Keys by the label that the buttons give for them. */
const KEYS: Readonly<Record<string, RunKey>> = { T: "t", S: "s", X: "x", R: "r" };

/** The buttons, by their key, and whether each is enabled. */
function buttonsIn(state: StudioState): Record<string, boolean> {
  const { store, series } = bench();
  // On the server, zustand renders the initial state.
  const studio = { store: { ...store, getState: () => state, getInitialState: () => state }, series };
  const children = createElement(RunControls);
  const html = renderToStaticMarkup(createElement(StudioProvider, { studio, children }));
  const buttons = [...html.matchAll(/<button[^>]*aria-keyshortcuts="(\w+)"[^>]*>/g)];
  return Object.fromEntries(buttons.map(([tag, key = ""]) => [key, !/\sdisabled=/.test(tag)]));
}

it.each(STATE_NAMES)("buttons and keys agree when %s", (name) => {
  const state = stateNamed(name);
  const meant = Object.entries(KEYS).map(([label, key]) => [label, commandOfKey(key, state) !== null]);
  expect(buttonsIn(state)).toEqual(Object.fromEntries(meant));
});
