// The examples that come with the page, and the verdict of two runs: without any training, without anything saved.
import { readFileSync } from "node:fs";
import AxeBuilder from "@axe-core/playwright";
import { expect, test, type Page } from "@playwright/test";
import { chartWords } from "./support/studio.ts";

const SHOWN = "Showing: Example: DISP 50 %, seed 1 (comes with Espalier, not a run of yours)";
const axe = async (page: Page, part: string) =>
  (await new AxeBuilder({ page }).include(`[data-testid=${part}]`).analyze()).violations;

test.describe.serial("examples", () => {
  let page: Page;
  test.beforeAll(async ({ browser }) => {
    const context = await browser.newContext({ reducedMotion: "reduce" });
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    page = await context.newPage();
    await page.goto("./");
    await expect(page.getByTestId("model-name")).toHaveText(/speeches/);
    await expect(page.getByTestId("perplexity-dense-note")).toHaveText(/2,048 tokens$/);
  });
  test.afterAll(() => page.context().close());

  test("fill all figures at once, and say what they are", async () => {
    await page.getByTestId("open-examples").click();
    await expect(page.getByTestId("shown-words")).toContainText(SHOWN);
    expect(await chartWords(page, "map")).not.toContain("100 %");
    expect(await chartWords(page, "curves")).toMatch(/600/);
    await expect(page.getByTestId("kept-blocks")).toHaveText("50.0 %");
    const note = page.getByTestId("examples-note");
    for (const words of [/not yours/, /llvmpipe/, /on 2026-\d\d-\d\d/, /Speeches, held out, context 512, 2,048 tokens/])
      await expect(note).toContainText(words);
    await expect(page.getByTestId("run-row").first()).toContainText("Example: ");
    await expect(page.getByTestId("run-delete")).toHaveCount(0);
    await page.getByRole("button", { name: "View Example: DISP 70 %, seed 1" }).click();
    await expect(page.getByTestId("figure-saved-map").getByRole("img")).toHaveAttribute("aria-label", /8 blocks/);
    // both agree with what this adapter measures
    await expect(page.getByTestId("perplexity-pruned-note")).toHaveText(/2,048 tokens$/);
    expect(await axe(page, "runs")).toEqual([]);
    await page.getByTestId("run-view").and(page.locator("[aria-pressed=true]")).click();
  });

  test("are compared with the dense model and with each other in one sentence, and write side by side", async () => {
    await page.getByRole("button", { name: "Compare Example: DISP 50 %, seed 1" }).click();
    const sentence = page.getByTestId("verdict-sentence");
    await expect(sentence).toHaveText(/^A keeps fewer weights .+; B predicts the text better/);
    await page.getByRole("button", { name: "Compare Example: DaSS 2:4, seed 1" }).click();
    await expect(sentence).toHaveText(/^A .+takes less space .+; B predicts the text better/);
    await page.getByTestId("generate-tokens").fill("6");
    await page.getByTestId("generate-tokens").press("Enter");
    await page.getByTestId("pair-start").click();
    await expect(page.getByTestId("pair-difference")).toContainText(/the first difference is marked|the same 6 tokens/);
    await page.getByTestId("pair-first").locator("[tabindex='0']").focus();
    await page.keyboard.press("Home");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Enter");
    await expect(page.getByTestId("next-tokens")).toContainText("Token 2 of A’s text");
    await expect(page.getByTestId("likely-token")).toHaveCount(15);
    expect(await axe(page, "runs-compare")).toEqual([]);
  });

  test("are compared for others too: as JSON, and by a link that opens without them", async () => {
    const words = await page.getByTestId("verdict-sentence").innerText();
    const [saved] = await Promise.all([page.waitForEvent("download"), page.getByTestId("comparison-json").click()]);
    const json = JSON.parse(readFileSync(await saved.path(), "utf8")) as Record<string, unknown>;
    expect(json).toMatchObject({ format: "espalier-comparison-1", sentence: words, texts: { tokens: 6 } });
    await page.getByTestId("comparison-link").click();
    await expect(page.getByTestId("comparison-link")).toHaveText("Copied");
    const link = await page.evaluate(() => navigator.clipboard.readText());
    const other = await page.context().newPage();
    await other.goto(link);
    const shown = other.getByTestId("linked-comparison");
    await expect(shown.getByTestId("verdict-sentence")).toHaveText(words);
    expect(await axe(other, "linked-comparison")).toEqual([]);
    await shown.getByTestId("linked-close").click();
    await expect(shown).toHaveCount(0);
    await other.close();
  });

  test("are left as they were entered, with nothing saved", async () => {
    await page.getByTestId("examples-leave").click();
    await expect(page.getByTestId("shown-words")).toHaveText("Showing: dense model");
    await expect(page.getByTestId("runs-empty")).toBeVisible();
    await expect(page.getByTestId("kept-blocks")).toHaveText("100.0 %");
    await page.reload();
    await expect(page.getByTestId("runs-empty")).toBeVisible();
  });
});
