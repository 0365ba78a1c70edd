// @vitest-environment happy-dom
// What two runs write: the first difference is marked, and any token is reached and chosen by keys.
import { act, createElement } from "react";
import { expect, it } from "vitest";
import { runJson } from "../../../../engine/index.ts";
import { bench } from "../../../../state/client.fixture.ts";
import { gatesRun } from "../../../../state/runs/savedRuns.fixture.ts";
import { rendered } from "../../../render.fixture.ts";
import { WrittenTexts } from "./WrittenTexts.tsx";

const tokens = (...texts: string[]) => texts.map((text) => ({ id: text.charCodeAt(1), text }));
const likely = [
  { id: "b".charCodeAt(0), text: " b", probability: 0.75 },
  { id: "z".charCodeAt(0), text: " z", probability: 0.25 },
];

it("marks the first difference, and reads what is expected at a token that keys have reached", async () => {
  const run = gatesRun("a");
  const studio = bench({
    pairTexts: () => ({ prompt: [7], first: tokens(" a", " b", " c"), second: tokens(" a", " x", " c") }),
    nextTokens: () => ({ first: likely, second: likely, dense: likely }),
  });
  const { getState } = studio.store;
  await getState().open({ kind: "embedded" });
  await getState().importRuns(JSON.stringify(runJson(run)), "run.json");
  const page = await rendered(createElement(WrittenTexts, { a: run.record, b: null }), studio);
  await page.press("pair-start");
  expect(page.get("pair-difference").textContent).toContain("The same for 1 token;");
  const marked = document.querySelectorAll("[data-differs=true]");
  expect([...marked].map((token) => token.textContent)).toEqual([" b", " x"]);
  const press = async (key: string): Promise<void> => {
    act(() => void document.activeElement?.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true })));
    await page.settle();
  };
  (marked[0] as HTMLElement).focus();
  await press("End");
  expect(document.activeElement?.textContent).toBe(" c");
  await press("ArrowLeft");
  await press("Enter");
  expect(studio.sent.at(-1)).toMatchObject({ type: "nextTokens", ids: [7, "a".charCodeAt(0)], second: null });
  const lists = [...document.querySelectorAll(".likely")];
  expect(lists).toHaveLength(2);
  expect(lists[0]?.textContent).toContain("␣b (as written)75.0 %");
  expect(page.get("next-tokens").textContent).toContain("Token 2 of A’s text");
});
