// @vitest-environment happy-dom
// A start that waits for the dense model can be cancelled by the buttons, and shows what it waits for if that takes longer than a second.
import { act, createElement, Fragment } from "react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { EngineError } from "../../../engine/index.ts";
import { bench } from "../../../state/client.fixture.ts";
import { rendered } from "../../render.fixture.ts";
import { RunControls } from "./RunControls.tsx";
import { RunProgress } from "./RunProgress.tsx";

beforeEach(() => void vi.useFakeTimers({ shouldAdvanceTime: true }));
afterEach(() => void vi.useRealTimers());

/** The controls after Train was pressed while the dense model is not measured. */
async function starting() {
  let cancel = (): void => undefined;
  const studio = bench({
    perplexity: () => new Promise((_, reject) => (cancel = () => reject(new EngineError("cancelled", "stopped")))),
    cancel() {
      cancel();
      return null;
    },
  });
  await studio.store.getState().open({ kind: "embedded" });
  const panel = createElement(Fragment, null, createElement(RunControls), createElement(RunProgress));
  const page = await rendered(panel, studio);
  await page.press("play");
  return page;
}

it.each(["pause", "stop"])("%s returns to the state before", async (button) => {
  const page = await starting();
  expect(page.find("play")).toBeNull();
  await page.press(button);
  expect(page.get("play").textContent).toBe("Train");
  expect(page.get("play")).toHaveProperty("disabled", false);
  expect(page.get("stop")).toHaveProperty("disabled", true);
  expect(page.studio.types().slice(-2)).toEqual(["perplexity", "cancel"]);
});

it("shows its progress after a second, in the place of pace and time left", async () => {
  const page = await starting();
  act(() => void vi.advanceTimersByTime(1000));
  await page.settle();
  expect(page.get("run-pace").textContent).toBe("Measuring the dense model first…");
  const progress = { task: "perplexity", done: 3, total: 12, unit: "windows", secondsLeft: 9 } as const;
  page.studio.emit({ type: "progress", progress: { ...progress, note: "dense" } });
  act(() => void vi.advanceTimersByTime(300));
  await page.settle();
  expect(page.get("run-pace").textContent).toBe("Measuring the dense model first, 25 %");
  expect(page.get("run-left").textContent).toBe("9 s left");
  expect(document.querySelector('[role="progressbar"]')?.getAttribute("aria-valuenow")).toBe("3");
  expect(document.querySelector('[aria-live="polite"]')?.textContent).toBe("Measuring the dense model first.");
  await page.press("stop");
  expect(page.get("run-pace").textContent).toBe("");
  expect(document.querySelector('[aria-live="polite"]')?.textContent).toBe("");
});
