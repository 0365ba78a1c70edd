// @vitest-environment happy-dom
// Copying: the button and a screen reader say that it was done; a refusal and a failure become a notice.
import { createElement } from "react";
import { afterEach, expect, it, vi } from "vitest";
import { EngineError } from "../../engine/index.ts";
import { rendered } from "../render.fixture.ts";
import { CopyButton } from "./CopyButton.tsx";

afterEach(() => {
  vi.unstubAllGlobals();
});

const COPIED_ICON = "M20 6 9 17l-5-5";

async function pressed(text: () => Promise<string>, writeText: (text: string) => Promise<void>) {
  vi.stubGlobal("navigator", { clipboard: { writeText } });
  const instead = (now: string): string => `Copy it from here: ${now}`;
  const page = await rendered(createElement(CopyButton, { text, instead, context: "runs", testId: "copy" }, "Copy it"));
  expect(page.get("copy").textContent).toBe("Copy it");
  await page.press("copy");
  const notices = page.studio.store.getState().notices.map(({ error, context }) => ({ text: error.message, context }));
  return { button: page.get("copy"), said: document.querySelector("[role=status]")?.textContent, notices };
}

it("says that it has copied", async () => {
  const written: string[] = [];
  const { button, said, notices } = await pressed(
    () => Promise.resolve("a line"),
    async (text) => void written.push(text),
  );
  expect(written).toEqual(["a line"]);
  expect(button.textContent).toBe("Copied");
  expect(button.innerHTML).toContain(COPIED_ICON);
  expect(said).toBe("Copied");
  expect(notices).toEqual([]);
});

it("says what to do where the browser refuses", async () => {
  const { button, said, notices } = await pressed(
    () => Promise.resolve("a line"),
    () => Promise.reject(new DOMException("not allowed", "NotAllowedError")),
  );
  expect(button.textContent).toBe("Copy it");
  expect(said).toBe("");
  expect(notices).toEqual([
    { text: "The browser did not let this page copy. Copy it from here: a line", context: "runs" },
  ]);
});

it("shows why there is no text", async () => {
  const { button, notices } = await pressed(
    () => Promise.reject(new EngineError("limit", "too long")),
    () => Promise.resolve(),
  );
  expect(button.textContent).toBe("Copy it");
  expect(notices).toEqual([{ text: "too long", context: "runs" }]);
});
