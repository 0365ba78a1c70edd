// A run outlives its page: the checkpoint in the browser's storage is offered after a reload and after the tab was closed.
import { expect, test, type BrowserContext, type Page } from "@playwright/test";
import { chromiumFlags, chromiumLaunch } from "../scripts/chromium/chromium.ts";
import { chartWords, finish, openStudio, pause, recordSteps, stepOf, trainTo } from "./support/studio.ts";

/** Longer than a step. */
const FROZEN_MS = 500;
/** Enough for a run that still trains after the page was slow. */
const STEPS = 120;
const RECIPE = { steps: STEPS, tokens: 16, checkpointEvery: 8, seed: 5 };

// ten times what the studio's heaps take; the arrays of a model are not in them
const flags = [...chromiumFlags(), "--js-flags=--max-old-space-size=150"];
test.use({ launchOptions: chromiumLaunch(flags) });

/** Ends the tab. */
async function killTab(page: Page): Promise<void> {
  const cdp = await page.context().newCDPSession(page);
  // the tab dies before it can answer
  cdp.send("Page.crash").catch(() => undefined);
}

/** Fills the JavaScript heap of the studio's worker. Chromium then ends the whole tab. */
async function fillHeap(page: Page): Promise<void> {
  const [worker] = page.workers();
  await worker?.evaluate(() => {
    setTimeout(() => {
      for (const kept: unknown[] = []; ;) kept.push(Array(1e5).fill(kept.length));
    });
  });
}

/** The step that the banner offers to resume from. */
async function offeredStep(page: Page): Promise<number> {
  const banner = page.getByTestId("resumable");
  await expect(banner).toContainText(`of ${STEPS}`);
  return Number(/at step (\d+) of \d+/.exec(await banner.innerText())?.[1]);
}

test.describe.serial("a checkpoint", () => {
  let context: BrowserContext;
  let page: Page;
  let paused = 0;
  test.beforeAll(async ({ browser }) => {
    context = await browser.newContext();
    page = await context.newPage();
    await openStudio(page, RECIPE);
  });
  test.afterAll(() => context.close());

  test("of a pause is offered after a reload, at its step", async () => {
    await expect(page.getByTestId("resumable")).toHaveCount(0);
    await trainTo(page, 3);
    paused = await pause(page);
    await page.reload();
    expect(await offeredStep(page)).toBe(paused);
    expect((await stepOf(page)).step).toBe(0);
  });

  test("is offered again to who goes back to the page", async () => {
    await page.goto("about:blank");
    await page.goBack();
    expect(await offeredStep(page)).toBe(paused);
    await expect(page.getByTestId("runs-elsewhere")).toHaveCount(0);
  });

  test("is resumed with its own recipe, not the link's, from its step", async () => {
    await page.goto("./#steps=77&tokens=64&seed=9");
    await page.reload();
    expect(await offeredStep(page)).toBe(paused);
    const steps = await recordSteps(page);
    await page.getByTestId("resume").click();
    await expect(page.getByTestId("resumable")).toHaveCount(0);
    await expect.poll(async () => (await stepOf(page)).step).toBeGreaterThan(paused + 8);
    const seen = (await steps()).filter((step) => step > 0);
    expect(seen[0]).toBeGreaterThanOrEqual(paused);
    expect((await stepOf(page)).of).toBe(STEPS);
    await expect.poll(() => page.url()).toContain("seed=5");
    expect(await chartWords(page, "curves")).toMatch(/^Loss and budget penalty R by step, \d+ points/);
  });

  test("goes on being written while the page is frozen or slow", async () => {
    const cdp = await context.newCDPSession(page);
    const { step } = await stepOf(page);
    await cdp.send("Page.setWebLifecycleState", { state: "frozen" });
    await page.waitForTimeout(FROZEN_MS);
    await cdp.send("Page.setWebLifecycleState", { state: "active" });
    await cdp.send("Emulation.setCPUThrottlingRate", { rate: 20 });
    await expect.poll(async () => (await stepOf(page)).step).toBeGreaterThan(step);
    await cdp.send("Emulation.setCPUThrottlingRate", { rate: 1 });
    await expect(page.getByTestId("run-phase")).toHaveText("training");
  });

  /** Loses the tab, opens the studio again and resumes; returns the step that it resumes from. */
  async function loseTab(how: (page: Page) => Promise<void>): Promise<number> {
    const crashed = page.waitForEvent("crash");
    await how(page);
    await crashed;
    await page.close();
    page = await context.newPage();
    await openStudio(page, RECIPE);
    const offered = await offeredStep(page);
    expect(offered % RECIPE.checkpointEvery).toBe(0);
    await page.getByTestId("resume").click();
    return offered;
  }

  test("survives a tab that is killed in the middle of training, and one whose worker has no memory left", async () => {
    const { step } = await stepOf(page);
    const offered = await loseTab(killTab);
    expect(offered).toBeGreaterThan(paused);
    expect(offered).toBeGreaterThanOrEqual(step - 8);
    await expect.poll(async () => (await stepOf(page)).step).toBeGreaterThan(offered + 12);
    expect(await loseTab(fillHeap)).toBeGreaterThan(offered);
    await finish(page);
    expect(await stepOf(page)).toEqual({ step: STEPS, of: STEPS });
  });

  test("belongs to its tab: another one shows the run, and cannot discard it", async () => {
    await page.reload();
    await expect(page.getByTestId("discard")).toBeVisible();
    const second = await context.newPage();
    await openStudio(second, RECIPE);
    await expect(second.getByTestId("runs-elsewhere")).toContainText(
      `(seed 5) is open in another tab, at step ${STEPS} of ${STEPS}`,
    );
    await expect(second.getByTestId("resumable")).toHaveCount(0);
    await page.close();
    await second.reload();
    await expect(second.getByTestId("resumable")).toContainText(`Your last run (${STEPS} steps, seed 5) is saved.`);
    await expect(second.getByTestId("runs-elsewhere")).toHaveCount(0);
    page = second;
  });

  test("is gone after it is discarded", async () => {
    await page.reload();
    await expect(page.getByTestId("resumable")).toContainText(`Your last run (${STEPS} steps, seed 5) is saved.`);
    await page.getByTestId("discard").click();
    await expect(page.getByTestId("resumable")).toHaveCount(0);
    await openStudio(page, RECIPE);
    await page.reload();
    await expect(page.getByTestId("perplexity-dense-note")).toHaveText(/tokens$/);
    await expect(page.getByTestId("resumable")).toHaveCount(0);
  });
});
