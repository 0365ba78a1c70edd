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

  for (const size of [DESK, PHONE])
    test(`explains a term where it stands at ${size.width} pixels, and keeps the focus on it`, async () => {
      await page.setViewportSize(size);
      const note = page.locator("[data-testid=term-note]:popover-open");
      for (const [part, words] of [
        ["results", "linear layers"],
        ["figure-curves", "kept share is from the target"],
      ] as const) {
        const term = page.getByTestId(part).locator("button.term").first();
        await term.press("Enter");
        await expect(note).toContainText(words);
        await expect(term).toHaveAttribute("aria-expanded", "true");
        const [at, box] = [await term.boundingBox(), await note.boundingBox()];
        if (!at || !box) throw new Error("expected a term and its note on the page");
        const gap = Math.max(box.y - at.y - at.height, at.y - box.y - box.height);
        expect(gap, "from the term to its note").toBeCloseTo(4, 0);
        expect(box.x).toBeGreaterThanOrEqual(8);
        expect(box.x + box.width).toBeLessThanOrEqual(size.width - 8);
        await expect(note).toBeInViewport({ ratio: 1 });
        await page.keyboard.press("Escape");
        await expect(note).toHaveCount(0);
        await expect(term).toBeFocused();
      }
      const term = page.getByTestId("results").locator("button.term").first();
      await term.click();
      await expect(note).toBeVisible();
      expect(await faults(page)).toEqual([]);
      await page.locator("h1").click();
      await expect(note).toHaveCount(0);
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
