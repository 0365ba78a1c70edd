// The frame of the page: rail, keys, palette, terms and tour, by mouse and by keyboard, and what stays in sight while the page scrolls.
import AxeBuilder from "@axe-core/playwright";
import { expect, test, type Page } from "@playwright/test";

const DESK = { width: 1440, height: 900 };
const PHONE = { width: 390, height: 844 };

/** Serious faults of the page as it is now. */
async function faults(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const grave = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  return grave.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`);
}

test.describe.serial("the frame", () => {
  let page: Page;
  test.beforeAll(async ({ browser }) => {
    page = await (await browser.newContext({ reducedMotion: "reduce", viewport: DESK })).newPage();
    await page.goto("./");
    await expect(page.getByTestId("model-name")).toHaveText(/speeches/);
  });
  test.afterAll(() => page.context().close());

  test("reaches every section by one click or two keys, and never takes Space", async () => {
    for (const [name, id, key] of [
      ["Export", "export-heading", "e"],
      ["Layers", "layers-heading", "l"],
      ["Map", "figure-map", "m"],
    ] as const) {
      await page.getByRole("navigation", { name: "Sections" }).getByRole("link", { name }).click();
      await expect(page.locator(`#${id}`)).toBeFocused();
      await expect(page.locator(`#${id}`)).toBeInViewport();
      await page.evaluate(() => scrollTo(0, 0));
      await page.keyboard.press("g");
      await page.keyboard.press(key);
      await expect(page.locator(`#${id}`)).toBeFocused();
    }
    await page.locator("h1").click();
    await page.evaluate(() => {
      scrollTo(0, 0);
    });
    await page.keyboard.press("Space");
    await expect.poll(() => page.evaluate(() => scrollY)).toBeGreaterThan(0);
    await expect(page.getByTestId("run-phase")).toHaveText("not started");
  });

  for (const size of [DESK, PHONE])
    test(`keeps target and results in sight at ${size.width} pixels, and moves nothing`, async () => {
      await page.setViewportSize(size);
      // the scrolling that Space began may still be under way
      await expect
        .poll(() =>
          page.evaluate(() => {
            scrollTo(0, 0);
            return document.querySelector<HTMLElement>(".pinned")?.dataset["pinned"];
          }),
        )
        .toBe("false");
      const topOf = () => page.locator("#runs-title").evaluate((node) => node.getBoundingClientRect().top + scrollY);
      const top = await topOf();
      await page.evaluate(() => scrollTo(0, 1200));
      await expect(page.getByTestId("pinned")).toHaveAttribute("data-pinned", "true");
      for (const part of ["ratio-slider", "keep-blocks", "perplexity-dense", "perplexity-pruned"])
        await expect(page.getByTestId(part)).toBeInViewport({ ratio: 1 });
      expect(Math.abs((await topOf()) - top)).toBeLessThan(2);
      const height = await page.getByTestId("pinned").evaluate((node) => node.getBoundingClientRect().height);
      expect(height).toBeLessThan(size.height / 5);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      expect(wide).toBeLessThanOrEqual(size.width);
      expect(await faults(page)).toEqual([]);
    });

  test("explains a term where it stands, and by the keyboard", async () => {
    await page.setViewportSize(DESK);
    await page.evaluate(() => scrollTo(0, 0));
    const term = page.getByTestId("results").getByRole("button", { name: "Block weights" });
    await term.focus();
    await page.keyboard.press("Enter");
    await expect(page.getByTestId("term-note")).toContainText("linear layers");
    await expect(page.getByTestId("term-note")).toBeInViewport({ ratio: 1 });
    await page.keyboard.press("Escape");
    await expect(page.getByTestId("term-note")).toHaveCount(0);
    await expect(term).toBeFocused();
  });

  test("does any action from the palette, and single keys can be switched off", async () => {
    await page.keyboard.press("Control+k");
    await page.getByTestId("palette-words").fill("theme dark");
    expect(await faults(page)).toEqual([]);
    await page.keyboard.press("Enter");
    await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
    await page.keyboard.press("?");
    await expect(page.getByTestId("dialog-keys")).toContainText("Train, pause or continue");
    expect(await faults(page)).toEqual([]);
    await page.getByTestId("single-keys").uncheck();
    await page.keyboard.press("Escape");
    await page.keyboard.press("?");
    await expect(page.getByTestId("dialog-keys")).toHaveCount(0);
    await page.keyboard.press("Control+k");
    await page.getByTestId("palette-words").fill("all keys");
    await page.keyboard.press("Enter");
    await page.getByTestId("single-keys").check();
    await page.keyboard.press("Escape");
  });

  test("sorts the layers and writes them as CSV", async () => {
    await page.getByTestId("layers-kept weights").click();
    await expect(page.getByTestId("layers-row").first()).toContainText("98,304");
    const saved = page.waitForEvent("download");
    await page.getByTestId("layers-csv").click();
    expect((await saved).suggestedFilename()).toBe("espalier-layers.csv");
  });

  test("is toured by keyboard", async () => {
    await page.getByTestId("open-tour").focus();
    await page.keyboard.press("Enter");
    for (let step = 1; step < 7; step += 1) {
      await expect(page.getByRole("region", { name: `Tour, step ${step} of 7` })).toBeInViewport({ ratio: 1 });
      if (step === 3) expect(await faults(page)).toEqual([]);
      await page.getByTestId("tour-next").press("Enter");
    }
    await page.keyboard.press("Escape");
    await expect(page.getByTestId("tour")).toHaveCount(0);
  });
});
