// The screen is true to what a person does on it: links within the page, errors inside the window, the focus, tips, numbers and narrow windows.
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test, type Page } from "@playwright/test";
import { madeUpRuns } from "./support/runFiles.ts";
import { finish, openStudio } from "./support/studio.ts";

const DESK = { width: 1440, height: 900 };
const PHONE = { width: 390, height: 844 };
const TABLET = { width: 768, height: 1024 };

/** Whether an element's box is inside the window. */
async function insideWindow(page: Page, testId: string): Promise<boolean> {
  return page.getByTestId(testId).evaluate((node) => {
    const { top, bottom, left, right } = node.getBoundingClientRect();
    return top >= 0 && left >= 0 && bottom <= innerHeight && right <= innerWidth;
  });
}

/** The test id of what has the focus; "body" if nothing has it. */
const focused = (page: Page): Promise<string> =>
  page.evaluate(() => {
    const active = document.activeElement;
    if (!active || active === document.body) return "body";
    return active.getAttribute("data-testid") ?? active.id ?? active.tagName;
  });

test.describe.serial("the screen", () => {
  let page: Page;
  test.beforeAll(async ({ browser }) => {
    page = await browser.newPage();
    await openStudio(page, { steps: 4, tokens: 32 });
  });
  test.afterAll(() => page.close());

  for (const [device, size] of Object.entries({ DESK, PHONE }))
    for (const scrolled of [false, true])
      test(`shows the error of a broken model inside the window: ${device}${scrolled ? ", scrolled" : ""}`, async ({}, info) => {
        await page.setViewportSize(size);
        const folder = info.outputPath("broken");
        mkdirSync(folder, { recursive: true });
        writeFileSync(join(folder, "config.json"), "{}");
        await page.evaluate((down) => scrollTo(0, down ? 700 : 0), scrolled);
        await page.getByTestId("open-files").setInputFiles(folder);
        await expect(page.getByTestId("open-error")).toBeVisible();
        expect(await insideWindow(page, "open-error")).toBe(true);
        await page.getByTestId("open-error-dismiss").click();
        await expect(page.getByTestId("open-error")).toHaveCount(0);
      });

  test("keeps mistakes in their fields", async () => {
    await page.setViewportSize(DESK);
    await page.getByTestId("recipe").locator("summary").click();
    const steps = page.getByTestId("recipe-steps");
    await steps.fill("200000");
    await steps.press("Tab");
    await expect(steps).toHaveValue("200000");
    await expect(steps).toHaveAttribute("aria-invalid", "true");
    await expect(page.getByTestId("recipe-steps-wrong")).toHaveText(
      "Enter a whole number from 1 to 100,000. 4 is still in use.",
    );
    await steps.press("Escape");
    await expect(steps).toHaveValue("4");
    await page.getByTestId("keep-blocks").fill("57 %");
    await page.getByTestId("keep-blocks").press("Enter");
    await expect(page.getByTestId("keep-blocks")).toHaveValue("57.0");
    const slider = page.getByTestId("ratio-slider");
    await expect(slider).toHaveAttribute("aria-valuenow", "57");
    expect((await slider.boundingBox())?.width).toBeGreaterThanOrEqual(24);
    await page.getByTestId("keep-model").fill("5");
    await page.getByTestId("keep-model").press("Enter");
    await expect(page.getByTestId("ratio-unreachable")).toContainText("4.4 % of the model");
    await page.getByTestId("recipe").locator("summary").click();
  });

  test("fits its words: ruler, prompt and header", async () => {
    const over = await page
      .locator(".ruler em")
      .evaluateAll((names) => names.map((node) => node.getBoundingClientRect().right - innerWidth + 20));
    expect(Math.max(...over)).toBeLessThanOrEqual(0);
    await page.setViewportSize(TABLET);
    const { width = 0 } = (await page.getByTestId("prompt").boundingBox()) ?? {};
    expect(width).toBeGreaterThan(300);
    const tops = await page
      .locator(".header > *:not(.unseen):visible")
      .evaluateAll((parts) => parts.map((node) => node.getBoundingClientRect().bottom));
    expect(Math.max(...tops) - Math.min(...tops)).toBeLessThan(20);
    const cut = await page.locator(".scale-rest span").evaluate((node) => {
      const bar = node.parentElement?.getBoundingClientRect();
      return node.checkVisibility() && node.getBoundingClientRect().right > (bar?.right ?? 0);
    });
    expect(cut).toBe(false);
    await page.setViewportSize(DESK);
  });

  test("keeps the focus on the page", async () => {
    await page.getByTestId("play").click();
    await finish(page);
    await page.getByTestId("run-rename").first().click();
    expect(await focused(page)).toBe("run-name-field");
    await page.keyboard.press("Enter");
    await expect(page.getByTestId("run-name-field")).toHaveCount(0);
    expect(await focused(page)).toBe("run-rename");
    await page.getByTestId("run-delete").first().click();
    await expect(page.getByTestId("run-undo")).toBeFocused();
    await page.keyboard.press("Enter");
    await expect(page.getByTestId("run-undo")).toHaveCount(0);
    expect(await focused(page)).not.toBe("body");
    await page.getByTestId("generate-tokens").fill("3");
    await page.getByTestId("generate").click();
    await expect(page.getByTestId("text-pruned")).toHaveAttribute("aria-busy", "false");
    await expect(page.getByTestId("generate")).toBeEnabled();
    await expect.poll(() => focused(page)).not.toBe("body");
    await page.getByTestId("export-prepare").click();
    await expect.poll(() => focused(page)).toBe("export-cancel");
    await expect(page.getByTestId("export-masked")).toBeVisible();
    await expect.poll(() => focused(page)).not.toBe("body");
    await page.getByTestId("self-check-start").click();
    await expect.poll(() => focused(page)).toBe("self-check-cancel");
    await page.getByTestId("self-check-cancel").click();
    await expect(page.getByTestId("self-check-start")).toBeVisible();
    await expect.poll(() => focused(page)).not.toBe("body");
    // r and Escape: the focus is where it was, so that the next Space does not open the dialog again
    await page.getByTestId("step").focus();
    const before = await focused(page);
    await page.keyboard.press("r");
    await expect(page.getByRole("alertdialog")).toBeVisible();
    await page.keyboard.press("Escape");
    await expect(page.getByRole("alertdialog")).toHaveCount(0);
    await expect.poll(() => focused(page)).toBe(before);
  });

  test("has tips that fit, in every chart", async () => {
    await page.getByTestId("runs-import").setInputFiles({
      name: "runs.json",
      mimeType: "application/json",
      buffer: Buffer.from(JSON.stringify(madeUpRuns(12))),
    });
    await expect(page.getByTestId("runs-note")).toHaveText("14 imported.");
    await page.getByTestId("runs-group").selectOption({ index: 0 });
    await page.getByRole("button", { name: "Compare run number 4" }).click();
    await page.getByRole("button", { name: "Compare run number 6" }).click();
    await expect(page.getByTestId("figure-overlap")).toBeVisible();
    for (const size of [DESK, PHONE]) {
      await page.setViewportSize(size);
      for (const plot of await page.locator(".chart-plot:visible").all()) {
        await plot.scrollIntoViewIfNeeded();
        const { x, y, width, height } = (await plot.boundingBox())!;
        for (const share of [0.02, 0.3, 0.6, 0.98])
          for (const down of [0.2, 0.5, 0.9]) {
            await page.mouse.move(x + share * width, y + down * height);
            const faults = await plot.evaluate((node) => {
              const tip = node.parentElement?.querySelector<HTMLElement>(".chart-tip");
              if (!tip || tip.hidden) return [];
              const { left, right } = tip.getBoundingClientRect();
              const spills = [tip, ...tip.querySelectorAll("*")].filter((part) => {
                const box = part.getBoundingClientRect();
                return part.scrollWidth > part.clientWidth + 1 && part.clientWidth > 0 ? true : box.right > right + 1;
              });
              return [
                ...spills.map((part) => part.textContent),
                ...(left < 0 || right > innerWidth ? ["outside"] : []),
              ];
            });
            expect(faults).toEqual([]);
          }
      }
    }
    await page.setViewportSize(DESK);
  });

  test("follows a link within the page without touching method, recipe and address", async () => {
    await page.goto("./#keep=0.68&steps=60&seed=2&calibrationSequences=2&calibrationTokens=32");
    await page.getByTestId("method").selectOption("dass");
    await page.getByTestId("weights-prune").click();
    await expect(page.getByTestId("weights-kept")).toBeVisible();
    await expect(page).toHaveURL(/method=dass/);
    const url = page.url();
    const links = page.locator('a[href^="#"]:not(.skip):visible');
    const count = await links.count();
    expect(count).toBeGreaterThan(1);
    for (let i = 0; i < count; i += 1) {
      const target = (await links.nth(i).getAttribute("href")) ?? "";
      await links.nth(i).click();
      await expect(page.locator(target)).toBeFocused();
      expect(page.url()).toBe(url);
      // and as an address that a person types
      await page.evaluate((hash) => void (location.hash = hash), target);
      await expect.poll(() => page.url()).toBe(url);
    }
    await expect(page.getByTestId("method")).toHaveValue("dass");
    await expect(page.getByTestId("weights-kept")).toBeVisible();
    await expect(page.getByTestId("notice")).toHaveCount(0);
  });
});

test("says what to do when the built page is opened as a file", async ({ page }) => {
  await page.goto(pathToFileURL(resolve("dist/index.html")).href);
  await expect(page.locator("#from-file")).toBeVisible();
  await expect(page.locator("#from-file")).toContainText("npm start");
  await expect(page.locator("#from-server")).toBeHidden();
});
