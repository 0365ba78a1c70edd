// @vitest-environment happy-dom
// A fault while drawing leaves a page that says what to do, not an empty one.
import { createElement } from "react";
import { createRoot } from "react-dom/client";
import { expect, it, vi } from "vitest";
import { showStopped } from "./stopped.ts";

it("replaces what React has removed", async () => {
  const root = document.body.appendChild(document.createElement("div"));
  const Broken = (): never => {
    throw new RangeError("<img src=x onerror=alert(1)>");
  };
  createRoot(root, { onUncaughtError: (error) => showStopped(root, error) }).render(createElement(Broken));
  await vi.waitFor(() => expect(root.querySelector("[role=alert]")?.textContent).toContain("Espalier has stopped"));
  // and stays
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(root.querySelector("pre")?.textContent).toBe("RangeError: <img src=x onerror=alert(1)>");
  expect(root.querySelector("img")).toBeNull();
  expect(root.textContent).toContain("Reload the page");
});
