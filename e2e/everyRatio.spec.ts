// One training for every ratio: after a short run the target moves the masks without training, and the curve over the ratios fills in.
import AxeBuilder from "@axe-core/playwright";
import { expect, test, type Page } from "@playwright/test";
import {
  chartWords,
  finish,
  keptBlockWeights,
  openStudio,
  prunedPerplexity,
  RUN_MS,
  trainTo,
  typeTarget,
} from "./support/studio.ts";

const EVERY = { ratioMode: "every", steps: 40, tokens: 32, checkpointEvery: 20 };
const CURVE_MS = 120_000;

const phaseOf = (page: Page) => page.getByTestId("run-phase");
const curve = (page: Page) => page.getByTestId("figure-ratio-curve").getByRole("img");
const points = (page: Page) => page.locator("[data-chart=ratio-curve] [data-keep]");

test.describe.serial("a run for every ratio", () => {
  let page: Page;
  let blockWeights = 0;
  test.beforeAll(async ({ browser }) => {
    page = await (await browser.newContext()).newPage();
    // records the durations of the fades of the charts' canvases
    await page.addInitScript(() => {
      const fades: number[] = [];
      Object.assign(window, { fades });
      const animate = Element.prototype.animate;
      Element.prototype.animate = function (keyframes, options) {
        if (this instanceof HTMLCanvasElement && typeof options === "object") fades.push(Number(options.duration));
        return animate.call(this, keyframes, options);
      };
    });
    await openStudio(page, EVERY);
  });
  test.afterAll(() => page.context().close());
  const crossFades = () =>
    page.evaluate(() => (window as unknown as { fades: number[] }).fades.filter((ms) => ms === 150).length);

  test("is chosen in the recipe, by link and by hand, and refused with a reason", async () => {
    await expect(page.getByTestId("recipe-ratioMode")).toHaveValue("every");
    await expect(page.getByTestId("recipe-ratioFrom")).toHaveValue("35");
    await page.getByTestId("recipe-ratioTo").fill("30");
    await page.getByTestId("recipe-ratioTo").press("Enter");
    await expect(page.getByTestId("recipe-refused")).toContainText(
      "keepFrom: expected at most keepTo, got keepFrom 0.35 and keepTo 0.3",
    );
    await page.getByTestId("recipe-ratioTo").fill("95");
    await page.getByTestId("recipe-ratioTo").press("Enter");
    await expect(page.getByTestId("recipe-refused")).toHaveCount(0);
    await page.getByTestId("recipe").locator("summary").click();
    await page.getByTestId("recipe-gates").selectOption("no-hypernetwork");
    await expect(page.getByTestId("recipe-refused")).toContainText("gates: expected full, mlp or constrained");
    await page.getByTestId("recipe-gates").selectOption("full");
    await expect(page.getByTestId("recipe-refused")).toHaveCount(0);
    await page.getByTestId("recipe-ratioMode").selectOption("one");
    await expect(page.getByTestId("recipe-ratioFrom")).toHaveCount(0);
    await page.getByTestId("recipe-ratioMode").selectOption("every");
    await expect(page).toHaveURL(/ratioMode=every/);
  });

  test("measures its curve last, after training; stopping keeps what was measured", async () => {
    await trainTo(page, 5);
    expect(await crossFades()).toBe(0);
    await finish(page);
    await prunedPerplexity(page, "50.0 %", 40);
    blockWeights = (await keptBlockWeights(page)) / 0.5;
    await expect(page.getByTestId("curve-progress")).toContainText("of 10 ratios");
    await expect(points(page).nth(1)).toBeVisible();
    await page.getByTestId("curve-cancel").click();
    await expect(page.getByTestId("curve-start")).toHaveText("Measure the remaining ratios");
    const measured = await points(page).count();
    expect(measured).toBeGreaterThanOrEqual(2);
    expect(measured).toBeLessThan(10);
    await page.getByTestId("curve-start").click();
    await expect(points(page)).toHaveCount(10, { timeout: CURVE_MS });
    await expect(page.getByTestId("nestedness")).toHaveText(
      /^Nesting: \d+\.\d % of the gates of a smaller model are missing in the next larger one\.$/,
      { timeout: CURVE_MS },
    );
    await expect(curve(page)).toHaveAttribute("aria-label", /every ratio at 10 ratios: .+; dense \d+\.\d\d/);
  });

  test("numbers its curve by its place among the figures", async () => {
    await expect(page.getByTestId("figure-ratio-curve").getByRole("heading")).toHaveText(/^Fig\. 2 /);
    const numbers = await page.locator(".figure-number").allInnerTexts();
    expect(numbers.length).toBeGreaterThan(4);
    expect(numbers).toEqual(numbers.map((_, i) => `Fig. ${i + 1}`));
  });

  test("the target moves masks and kept share at once, and outside the bounds the page says what is shown", async () => {
    await expect(page.getByTestId("ratio-trained")).toHaveText("Trained for 35–95 %.");
    const map = await chartWords(page, "map");
    const before = await crossFades();
    await typeTarget(page, 80);
    await expect.poll(async () => (await keptBlockWeights(page)) / blockWeights).toBeGreaterThan(0.795);
    expect((await keptBlockWeights(page)) / blockWeights).toBeLessThan(0.805);
    await expect.poll(() => chartWords(page, "map")).not.toBe(map);
    expect(await crossFades()).toBeGreaterThan(before);
    await typeTarget(page, 20);
    await expect.poll(async () => (await keptBlockWeights(page)) / blockWeights).toBeLessThan(0.205);
    await expect(page.getByTestId("ratio-trained")).toContainText(
      "Below that, the 35 % gates are thresholded further.",
    );
    await expect(phaseOf(page)).toHaveText("done");
  });

  test("a click or Enter on the curve moves the target, whose perplexity is known already", async () => {
    await points(page).last().click();
    await expect(page.getByTestId("keep-blocks")).toHaveValue("95.0");
    const known = await prunedPerplexity(page, "95.0 %", 40);
    const stated = /([\d.]+) at 9\d\.\d %[^,]*$/.exec(
      (await curve(page).getAttribute("aria-label"))?.split(";")[0] ?? "",
    )?.[1];
    expect(known).toBeCloseTo(Number(stated), 1);
    await curve(page).focus();
    await curve(page).press("Home");
    await curve(page).press("Enter");
    await expect(page.getByTestId("keep-blocks")).toHaveValue("35.0");
    await prunedPerplexity(page, "35.0 %", 40);
    expect((await new AxeBuilder({ page }).include("[data-testid=ratio-curve]").analyze()).violations).toEqual([]);
  });

  test("a run for one ratio has a curve on request, without a gate lost, and none before", async () => {
    await page.getByTestId("recipe-ratioMode").selectOption("one");
    await page.getByTestId("play").click();
    await expect(page.getByTestId("figure-ratio-curve")).toHaveCount(0);
    await expect(phaseOf(page)).toHaveText("training");
    await finish(page);
    await prunedPerplexity(page, "35.0 %", 40);
    await page.getByTestId("curve-start").click();
    await expect(page.getByTestId("nestedness")).toContainText("Nesting: 0.0 % of", { timeout: RUN_MS });
    await expect(page.getByTestId("ratio-trained")).toBeEmpty();
  });
});
