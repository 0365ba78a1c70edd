// What is shown is true: one run per training, the badge, what a restored run brings, and masks that no slider replaces.
import { expect, test, type Page } from "@playwright/test";
import { chartWords, finish, openStudio, prunedPerplexity, RUN_MS, typeTarget } from "./support/studio.ts";

const STEPS = 6;
const RECIPE = { steps: STEPS, tokens: 32, checkpointEvery: 2 };
const rows = (page: Page) => page.getByTestId("run-row");
const badge = (page: Page) => page.getByTestId("shown-words");

test("the dense model is measured first, also when Train is pressed at once, and all readings are on equal tokens", async ({
  page,
}) => {
  await page.goto(`./#steps=${STEPS}&tokens=32&checkpointEvery=2`);
  await page.getByTestId("play").click();
  await expect(page.getByTestId("run-phase")).toHaveText("training", { timeout: RUN_MS });
  await expect(page.getByTestId("perplexity-dense-note")).toHaveText(/ tokens$/);
  await finish(page);
  const tokens = async (model: string): Promise<string> => {
    const note = page.getByTestId(`perplexity-${model}-note`);
    await expect(note).toHaveText(/ tokens$/, { timeout: RUN_MS });
    return /context.*$/.exec(await note.innerText())?.[0] ?? "";
  };
  expect(await tokens("pruned")).toBe(await tokens("dense"));
  await expect.poll(() => chartWords(page, "curves")).toMatch(/ 3 perplexities on .+ after step 6; dense \d+\.\d\d\.$/);
  await expect(page.locator("[data-chart=curves] [data-reading]")).toHaveCount(3);
});

test.describe.serial("one run after another", () => {
  let page: Page;
  let first = { curves: "", perplexity: 0 };
  test.beforeAll(async ({ browser }) => {
    page = await (await browser.newContext()).newPage();
    await openStudio(page, { ...RECIPE, seed: 3 });
  });
  test.afterAll(() => page.context().close());

  test("one training is one run, and its points are kept on request only", async () => {
    await expect(badge(page)).toHaveText("Showing: dense model");
    await page.getByTestId("play").click();
    await finish(page);
    first.perplexity = await prunedPerplexity(page, "50.0 %", STEPS);
    await expect(rows(page)).toHaveCount(1);
    first = { ...first, curves: await chartWords(page, "curves") };
    await expect(badge(page)).toHaveText("Showing: DISP 50 %, seed 3");
    for (const percent of [60, 70]) {
      await typeTarget(page, percent);
      await prunedPerplexity(page, `${percent}.0 %`, STEPS);
    }
    await expect(badge(page)).toHaveText("Showing: DISP, threshold at 70 % of a run trained at 50 %, seed 3");
    await expect(rows(page)).toHaveCount(1);
    await page.getByTestId("keep-point").click();
    await expect(rows(page)).toHaveCount(2);
    await expect(page.getByTestId("keep-point")).toHaveCount(0);
    await expect(rows(page).first()).toContainText("DISP-LLM, threshold");
    await expect(rows(page).first()).toContainText("trained at 50 %");
  });

  test("a perplexity of other masks is dimmed until it is measured, and nothing below it moves", async () => {
    const top = async (): Promise<number> => (await page.getByTestId("figure-map").boundingBox())?.y ?? NaN;
    const before = await top();
    await typeTarget(page, 45);
    await expect(page.getByTestId("perplexity-pruned")).toHaveAttribute("aria-busy", "true");
    await expect(page.getByTestId("perplexity-pruned-note")).toContainText("Measuring");
    expect(await top()).toBe(before);
    await prunedPerplexity(page, "45.0 %", STEPS);
    await expect(page.getByTestId("perplexity-pruned")).toHaveAttribute("aria-busy", "false");
    expect(await top()).toBe(before);
  });

  test("a text of the run before says so while the next one trains", async () => {
    await page.getByTestId("generate-tokens").fill("4");
    await page.getByTestId("generate-tokens").press("Enter");
    await page.getByTestId("generate").click();
    await expect(page.getByTestId("generate")).toBeVisible();
    await page.getByTestId("recipe").locator("summary").click();
    await page.getByTestId("recipe-seed").fill("4");
    await page.getByTestId("recipe-seed").press("Enter");
    await typeTarget(page, 40);
    await page.getByTestId("play").click();
    await finish(page);
    await prunedPerplexity(page, "40.0 %", STEPS);
    await expect(page.locator(".sides")).toContainText("(from an earlier run)");
    await expect(rows(page)).toHaveCount(3);
    await expect(badge(page)).toHaveText("Showing: DISP 40 %, seed 4");
  });

  test("a restored run brings its recipe, link and curves; the slider leaves its masks; the session's run comes back", async () => {
    await page.getByRole("button", { name: "Load DISP 50 %, seed 3" }).click();
    await expect(badge(page)).toHaveText(/^Showing: DISP 50 %, seed 3, restored from \d\d:\d\d$/);
    await expect(page).toHaveURL(/seed=3/);
    await expect(page.getByTestId("recipe-seed")).toHaveValue("3");
    await expect(page.getByTestId("keep-blocks")).toHaveValue("50.0");
    await expect.poll(() => chartWords(page, "curves")).toBe(first.curves);
    expect(await prunedPerplexity(page, "50.0 %", STEPS)).toBeCloseTo(first.perplexity, 1);
    const map = await chartWords(page, "map");
    await typeTarget(page, 80);
    await expect(page.getByTestId("ratio-trained")).toContainText("The restored masks stay");
    await page.waitForTimeout(1000);
    expect(await chartWords(page, "map")).toBe(map);
    await page.getByTestId("show-run").click();
    await expect(badge(page)).toHaveText("Showing: DISP 40 %, seed 4");
    await expect(page).toHaveURL(/seed=4/);
    await expect(rows(page)).toHaveCount(3);
  });

  test("single weights have no target to move, and no curves of the run before", async () => {
    await page.getByTestId("method").selectOption("magnitude");
    await page.getByTestId("weights-prune").click();
    await expect(badge(page)).toHaveText("Showing: magnitude 2:4, seed 1", { timeout: RUN_MS });
    await expect(page.getByTestId("keep-blocks")).toBeDisabled();
    await expect(page.getByTestId("ratio-trained")).toHaveText(
      "magnitude has no target: its pattern, 2:4, decides what is removed.",
    );
    expect(await chartWords(page, "curves")).toBe("No steps yet");
    await expect(rows(page)).toHaveCount(4);
    await page.getByTestId("method").selectOption("disp");
    await typeTarget(page, 60);
    await expect(page.getByTestId("ratio-trained")).toContainText("single weights shown stay");
    await page.waitForTimeout(1000);
    await expect(badge(page)).toHaveText("Showing: magnitude 2:4, seed 1");
    await expect(page.getByTestId("weights")).toContainText("magnitude, 2:4");
  });
});
