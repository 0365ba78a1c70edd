// Runs that end at the same step and target are told apart; and a run that is stopped while it is measured is saved.
import { expect, test, type Page } from "@playwright/test";
import { finish, openStudio, pause, prunedPerplexity, trainTo } from "./support/studio.ts";

const STEPS = 4;

test.describe.serial("one run after another", () => {
  let page: Page;
  test.beforeAll(async ({ browser }) => {
    page = await browser.newPage();
    await openStudio(page, { steps: STEPS, tokens: 32, checkpointEvery: 100 });
  });
  test.afterAll(() => page.close());
  const rows = () => page.getByTestId("run-row");
  const shown = async (): Promise<number> => Number.parseFloat(await page.getByTestId("perplexity-pruned").innerText());

  test("with the same number of steps is measured anew, and the export of the first is marked as outdated", async () => {
    await page.getByTestId("play").click();
    await finish(page);
    const first = await prunedPerplexity(page, "50.0 %", STEPS);
    await expect(rows()).toHaveCount(1);
    await page.getByTestId("export-prepare").click();
    await expect(page.getByTestId("export-of")).toContainText(`masks from step ${STEPS}`);
    await expect(page.getByTestId("export-of")).not.toContainText("have changed");
    await page.getByTestId("recipe").locator("summary").click();
    await page.getByTestId("recipe-seed").fill("2");
    await page.getByTestId("recipe-seed").press("Enter");
    await page.getByTestId("play").click();
    await expect(page.getByTestId("export-of")).toContainText("masks have changed");
    await finish(page);
    await expect.poll(shown).not.toBe(first);
    await expect(rows()).toHaveCount(2);
    const kept = await page.locator("[data-chart=tradeoff] [data-run]").evaluateAll((dots) => {
      return dots.map((dot) => dot.getAttribute("transform"));
    });
    expect(new Set(kept).size).toBe(2);
  });

  test("that is stopped while paused is measured and saved", async () => {
    await page.getByTestId("recipe-steps").fill("80");
    await page.getByTestId("recipe-steps").press("Enter");
    // further than the run before, which has the same seed: at its last step both are the same masks, and saved once
    await trainTo(page, STEPS + 1);
    const step = await pause(page);
    await expect(page.getByTestId("perplexity-pruned-note")).toContainText("Measuring");
    await page.getByTestId("stop").click();
    await expect(page.getByTestId("run-phase")).toHaveText("done");
    expect(await prunedPerplexity(page, "50.0 %", step)).toBeGreaterThan(1);
    await expect(rows()).toHaveCount(3);
  });
});
