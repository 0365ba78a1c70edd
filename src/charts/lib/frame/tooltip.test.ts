// Where a tooltip is, and how it reads.
import { expect, it } from "vitest";
import { besides, intoWindow, tipSentence } from "./tooltip.ts";

it("is after the cursor, or before it at the edge, and never outside", () => {
  expect([besides(10, 50, 200, 12), besides(180, 50, 200, 12), besides(30, 90, 100, 12)]).toEqual([22, 118, 0]);
});

it("stays in the window, wherever the chart is scrolled to", () => {
  const at = (start: number, origin: number): number => intoWindow(start, 100, { origin, room: 400 }) + origin;
  expect([at(50, 20), at(350, 20), at(50, -200), at(50, 900)]).toEqual([70, 296, 4, 296]);
});

it("reads as a sentence", () => {
  const tip = { title: "step 3", rows: [{ label: "loss", value: "1.5" }] };
  expect(tipSentence(tip)).toBe("step 3: loss 1.5.");
});
