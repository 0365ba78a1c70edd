// The map as an instrument: zoomed, sorted, selected in and replayed, by mouse and by keyboard, without taking the page's scrolling.
import AxeBuilder from "@axe-core/playwright";
import { expect, test } from "@playwright/test";
import { chartWords, finish, openStudio } from "./support/studio.ts";

test("the map is zoomed, sorted, selected in and replayed, and the page still scrolls over it", async ({ page }) => {
  await openStudio(page, { steps: 12, tokens: 16, checkpointEvery: 6 });
  const figure = page.getByTestId("figure-map");
  const map = figure.getByRole("img");
  await page.getByTestId("play").click();
  await finish(page);

  await map.hover();
  await page.mouse.wheel(0, 300);
  await expect.poll(() => page.evaluate(() => scrollY)).toBeGreaterThan(0);
  expect(await chartWords(page, "map")).not.toContain("Zoomed");

  await map.focus();
  await map.press("+");
  await expect.poll(() => chartWords(page, "map")).toContain("Zoomed: dimensions 0 to 95 of 192");
  await page.getByTestId("map-order").selectOption("logit");
  await expect.poll(() => chartWords(page, "map")).toContain("sorted by mean gate logit");
  await page.getByTestId("map-all").click();
  await expect.poll(() => chartWords(page, "map")).not.toContain("Zoomed");

  await map.focus();
  await map.press("Enter");
  await expect(page.getByTestId("selection")).toContainText("block 0");
  await expect(page.getByTestId("layers-row")).toHaveCount(7);
  await expect(page.getByTestId("figure-logits").getByRole("img")).toHaveAttribute("aria-label", /gate logits from/);
  const { violations } = await new AxeBuilder({ page })
    .include('[data-testid="figure-map"]')
    .include(".anatomy")
    .analyze();
  expect(violations.map(({ id }) => id)).toEqual([]);
  await page.getByTestId("selection-clear").click();
  await expect(page.getByTestId("layers-row")).toHaveCount(56);

  const widths = await chartWords(page, "widths");
  await page.getByTestId("playback-open").click();
  await expect.poll(() => chartWords(page, "map")).toMatch(/^Step \d+ of 12, not the current masks\./);
  await page.getByTestId("playback-scrubber").press("End");
  await expect(page.getByTestId("playback-words")).toContainText("step 12 of 12, not the current masks");
  expect(await chartWords(page, "widths")).toBe(widths);
  await page.getByTestId("playback-leave").click();
  await expect.poll(() => chartWords(page, "map")).toMatch(/^Gate map/);
});
