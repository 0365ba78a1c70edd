// @vitest-environment happy-dom
// The tour: seven steps beside parts that exist; its own pruning is small and starts only where a run can.
import { createElement } from "react";
import { expect, it } from "vitest";
import { checkRecipe } from "../../engine/index.ts";
import { bench } from "../../state/client.fixture.ts";
import { rendered } from "../render.fixture.ts";
import { Tour } from "./Tour.tsx";
import { TOUR, TOUR_RECIPE } from "./tourSteps.ts";

const sources = Object.values(
  import.meta.glob<string>("/src/ui/panels/**/*.tsx", { query: "?raw", import: "default", eager: true }),
).join("\n");

it("has seven steps, each beside a part of the page", () => {
  expect(TOUR).toHaveLength(7);
  for (const { at } of TOUR) {
    const figure = at.replace(/^figure-/, "");
    expect(sources).toContain(figure === at ? `id="${at}"` : `name="${figure}"`);
  }
});

it("is walked through, and starts its pruning once", async () => {
  const studio = bench();
  const { store } = studio;
  await store.getState().open({ kind: "embedded" });
  await studio.settle();
  store.getState().showTour(2);
  const page = await rendered(createElement(Tour), studio);
  await page.press("tour-act");
  await studio.settle();
  expect(studio.types()).toContain("train");
  expect(() => checkRecipe(store.getState().recipe)).not.toThrow();
  expect(store.getState().recipe).toMatchObject(TOUR_RECIPE);
  await page.press("tour-next");
  expect(store.getState().tour).toBe(3);
  expect(page.get("tour").getAttribute("aria-label")).toBe("Tour, step 4 of 7");
  await page.press("tour-end");
  expect(page.find("tour")).toBeNull();
});
