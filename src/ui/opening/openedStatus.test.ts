// @vitest-environment happy-dom
// A model that a person opened is announced at the top: after it is open, in an element that was there before, and only for a while.
import { act, createElement, Fragment } from "react";
import { expect, it } from "vitest";
import { bench, FACTS, type Bench } from "../../state/client.fixture.ts";
import { STATUS_MS } from "../../state/page/pageSlice.ts";
import type { ModelSource } from "../../worker/protocol.ts";
import { Banners } from "../panels/page/Banners.tsx";
import { rendered } from "../render.fixture.ts";
import { useOpening } from "./useOpening.ts";

const SOURCE: ModelSource = { kind: "files", name: "mine", files: [] };
const TEXT = "Opened mine: file 98.4 MB, on the GPU 270 MB.";

/** A button that opens a model as a drop, a picker or the library does. */
function Open() {
  const { openSource } = useOpening();
  return createElement("button", { "data-testid": "open", onClick: () => void openSource(SOURCE) });
}

/** The page with the embedded model, which opens unannounced. */
async function page() {
  const facts = { ...FACTS, name: "mine", fileBytes: 98_400_000, gpuBytes: 270e6 };
  const studio: Bench = bench({ open: () => facts });
  await studio.store.getState().open({ kind: "embedded" });
  const shown = await rendered(createElement(Fragment, null, createElement(Banners), createElement(Open)), studio);
  const waitFor = (text: string): Promise<void> =>
    act(() => expect.poll(() => shown.get("status").textContent, { timeout: 5000 }).toBe(text));
  return { ...shown, studio, waitFor };
}

it("is announced with its name and sizes, and goes after a while", async () => {
  const { get, press, studio, waitFor, settle } = await page();
  const line = get("status");
  expect(line.textContent).toBe("");
  expect(line.getAttribute("role")).toBe("status");
  await press("open");
  await waitFor(TEXT);
  expect(get("status")).toBe(line);
  act(() => studio.pass(STATUS_MS - 1));
  await settle();
  expect(line.textContent).toBe(TEXT);
  act(() => studio.pass(1));
  await settle();
  expect(line.textContent).toBe("");
});

it("goes with the next action", async () => {
  const { press, studio, waitFor } = await page();
  const { train, open, pruneWeights } = studio.store.getState();
  for (const next of [train, () => open({ kind: "embedded" }), pruneWeights]) {
    await press("open");
    await waitFor(TEXT);
    await act(async () => {
      await next();
    });
    expect(studio.store.getState().status).toBeNull();
  }
});
