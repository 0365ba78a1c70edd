// Renders a component for tests in happy-dom, over a scripted store, and uses its fields as a person does.
import { act, createElement, type ReactNode } from "react";
import { createRoot } from "react-dom/client";
import { bench, type Bench } from "../state/client.fixture.ts";
import { StudioProvider } from "./studioContext.tsx";

interface Rendered {
  studio: Bench;
  /** The element with this test id; fails if there is none. */
  get(testId: string): HTMLElement;
  find(testId: string): HTMLElement | null;
  /** Presses a button. */
  press(testId: string): Promise<void>;
  /** Types into a field, in place of what it has; "Enter" or leaving it applies that. */
  type(testId: string, text: string, end?: "Enter" | "Escape" | "leave"): Promise<void>;
  /** Lets promises and the effects after them settle. */
  settle(): Promise<void>;
  /** Renders another component, or the same with other props, in its place. */
  render(node: ReactNode): Promise<void>;
}

/** Waits for timers of 0 ms and what follows from them. */
const settled = (): Promise<void> =>
  act(async () => {
    for (let i = 0; i < 3; i += 1) await new Promise((resolve) => setTimeout(resolve, 0));
  });

/** Renders `node` in the body. */
export async function rendered(node: ReactNode, studio = bench()): Promise<Rendered> {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
  document.body.innerHTML = "";
  const holder = document.body.appendChild(document.createElement("div"));
  const root = createRoot(holder);
  const render = async (next: ReactNode): Promise<void> => {
    act(() => root.render(createElement(StudioProvider, { studio, children: next })));
    await settled();
  };
  const find = (testId: string): HTMLElement | null => document.querySelector(`[data-testid="${testId}"]`);
  const get = (testId: string): HTMLElement => {
    const found = find(testId);
    if (!found) throw new Error(`expected an element with test id ${testId}, found none`);
    return found;
  };
  await render(node);
  return {
    ...{ studio, get, find, render, settle: settled },
    async press(testId) {
      const button = get(testId);
      button.focus();
      act(() => button.click());
      await settled();
    },
    async type(testId, text, end) {
      const field = get(testId) as HTMLInputElement;
      field.focus();
      const setter = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value")?.set;
      act(() => {
        setter?.call(field, text);
        field.dispatchEvent(new Event("input", { bubbles: true }));
      });
      act(() => {
        if (end === "leave") field.blur();
        else if (end) field.dispatchEvent(new KeyboardEvent("keydown", { key: end, bubbles: true }));
      });
      await settled();
    },
  };
}
