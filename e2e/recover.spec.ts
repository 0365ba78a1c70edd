// Recovery in the studio: train, recover, see both perplexities, export with the receipt's recovery, leave it, and stop one.
import { readFileSync } from "node:fs";
import AxeBuilder from "@axe-core/playwright";
import { expect, type Page, test } from "@playwright/test";
import { chooseShortTexts, openForSoak } from "../bench/soak/scenarios.ts";
import { unzipStored } from "./support/files.ts";
import { finish, openStudio, RUN_MS, slideBy } from "./support/studio.ts";

/** Few and short steps. */
const RECIPE = { steps: 5, tokens: 32 };

interface Receipt {
  perplexity: { pruned: number }[];
  recovery?: { recipe?: { steps: number; rank?: number }; prunedBefore: number; weightsSha256: string };
}

async function setSteps(page: Page, steps: number): Promise<void> {
  await page.getByTestId("recover-steps").fill(String(steps));
  await page.getByTestId("recover-steps").press("Enter");
}

test.describe.serial("a trained architecture", () => {
  let page: Page;
  /** Perplexities before and after its recovery. */
  let [before, after] = [Number.NaN, Number.NaN];
  const perplexity = () => page.getByTestId("perplexity-pruned");
  test.beforeAll(async ({ browser, baseURL }) => {
    // axe needs a context of its own
    page = await (await browser.newContext()).newPage();
    await openForSoak(page, { recipe: RECIPE }, baseURL ?? "");
  });
  test.afterAll(() => page.context().close());

  test("is recovered, and both perplexities are shown", async () => {
    await expect(page.getByTestId("recover-panel")).toHaveCount(0);
    await page.getByTestId("play").click();
    await finish(page);
    await expect(page.getByTestId("run-row")).toHaveCount(1, { timeout: RUN_MS });
    await expect(perplexity()).toHaveText(/^\d/, { timeout: RUN_MS });
    before = Number.parseFloat(await perplexity().innerText());
    await expect(page.getByTestId("recover-estimate")).toHaveText(/^about .+: 300 steps$/);

    await page.getByTestId("recover-choices").locator("summary").click();
    await setSteps(page, 4);
    await page.getByTestId("recover").click();
    await expect(page.getByTestId("recover-outcome")).toHaveText(/^Recovered: 4 of 4 steps/, { timeout: RUN_MS });
    await expect(page.getByTestId("shown-words")).toContainText("recovered, 4 steps");
    await expect(page.getByTestId("recover-curve").getByRole("img")).toHaveAttribute(
      "aria-label",
      /pruned [\d.,]+, [\d.,]+ after step 4 of 4, dense [\d.]+/,
    );
    await expect(page.getByTestId("run-row")).toHaveCount(2, { timeout: RUN_MS });
    await expect(page.getByTestId("perplexity-pruned-note")).toContainText("before recovery");
    await expect(page.getByTestId("figure-tradeoff").getByRole("img")).toHaveAttribute("aria-label", /; 1 recovered/);
    await expect(page.getByTestId("run-row").filter({ hasText: "recovered 4 steps, from" })).toHaveCount(1);
    after = Number.parseFloat(await perplexity().innerText());
    expect(after).toBeLessThan(before);
    const { violations } = await new AxeBuilder({ page }).include('[data-testid="recover-panel"]').analyze();
    expect(violations).toEqual([]);
  });

  test("is exported with its recovery, which can be left", async () => {
    await page.getByTestId("export-prepare").click();
    for (const form of ["masked", "compact", "onnx"])
      await expect(page.getByTestId(`export-${form}`)).toHaveAttribute("data-ok", "true", { timeout: RUN_MS });
    const downloading = page.waitForEvent("download");
    await page.getByTestId("save-zip-masked").click();
    const files = unzipStored(readFileSync(await (await downloading).path()));
    const receipt = JSON.parse(String(files.get("receipt.json"))) as Receipt;
    expect(receipt.recovery?.recipe?.steps).toBe(4);
    expect(receipt.recovery?.prunedBefore).toBeCloseTo(before, 1);
    expect(receipt.perplexity[0]?.pruned).toBeCloseTo(after, 1);

    await page.getByTestId("recover-undo").click();
    await expect(perplexity()).toHaveText(new RegExp(`^${before}`), { timeout: RUN_MS });
    await expect(page.getByTestId("shown-words")).not.toContainText("recovered");
    await expect(page.getByTestId("run-row")).toHaveCount(2);
  });

  test("keeps the best weights so far at a stop, and leaves them when the target moves", async () => {
    await setSteps(page, 60);
    await page.getByTestId("recover").click();
    await expect(page.getByTestId("recover-curve").getByRole("img")).toHaveAttribute(
      "aria-label",
      /after step 10 of 60/,
      {
        timeout: RUN_MS,
      },
    );
    await page.getByTestId("recover-progress-cancel").click();
    await expect(page.getByTestId("recover-outcome")).toHaveText(/^Recovered: \d\d of 60 steps/, { timeout: RUN_MS });
    await slideBy(page, 1);
    await expect(page.getByTestId("shown-words")).not.toContainText("recovered");
    await expect(page.getByTestId("recover-outcome")).toHaveText("");
    await expect(page.getByTestId("recover")).toBeEnabled({ timeout: RUN_MS });
  });
});

test("recovers by adapters of a chosen rank, which are exported for peft too", async ({ page, baseURL }) => {
  await openForSoak(page, { recipe: RECIPE }, baseURL ?? "");
  await page.getByTestId("play").click();
  await finish(page);
  await expect(page.getByTestId("run-row")).toHaveCount(1, { timeout: RUN_MS });
  await page.getByTestId("recover-choices").locator("summary").click();
  await expect(page.getByTestId("recover-rank")).toHaveCount(0);
  await page.getByTestId("recover-matrices").selectOption("lowRank");
  await page.getByTestId("recover-rank").fill("8");
  await page.getByTestId("recover-rank").press("Enter");
  await setSteps(page, 4);
  await expect(page.getByTestId("recover-choices").locator("summary")).toContainText("4 steps, low rank 8");
  const { violations } = await new AxeBuilder({ page }).include('[data-testid="recover-panel"]').analyze();
  expect(violations).toEqual([]);
  await page.getByTestId("recover").click();
  await expect(page.getByTestId("recover-outcome")).toHaveText(/^Recovered: 4 of 4 steps/, { timeout: RUN_MS });
  await expect(page.getByTestId("run-row")).toHaveCount(2, { timeout: RUN_MS });

  await page.getByTestId("export-prepare").click();
  await expect(page.getByTestId("export-masked")).toHaveAttribute("data-ok", "true", { timeout: RUN_MS });
  const downloading = page.waitForEvent("download");
  await page.getByTestId("save-zip-masked").click();
  const files = unzipStored(readFileSync(await (await downloading).path()));
  const receipt = JSON.parse(String(files.get("receipt.json"))) as Receipt;
  expect(receipt.recovery?.recipe?.rank).toBe(8);
  const adapter = JSON.parse(String(files.get("adapter_config.json"))) as { r: number };
  expect(adapter.r).toBe(8);
  expect(files.get("adapter_model.safetensors")?.length).toBeGreaterThan(1000);
});

test("a recovery is paused, resumed after a reload on the masks that it trains, and ends as one run", async ({
  page,
}) => {
  await openStudio(page, RECIPE);
  // the guard measures what there is of a short text
  await chooseShortTexts(page);
  await page.getByTestId("play").click();
  await finish(page);
  await expect(page.getByTestId("run-row")).toHaveCount(1, { timeout: RUN_MS });
  const kept = await page.getByTestId("kept-blocks-note").innerText();
  await page.getByTestId("recover-choices").locator("summary").click();
  await setSteps(page, 12);
  await page.getByTestId("recover-seed").fill("7");
  await page.getByTestId("recover-seed").press("Enter");
  await page.getByTestId("recover").click();
  const curve = page.getByTestId("recover-curve").getByRole("img");
  await expect(curve).toHaveAttribute("aria-label", /after step 4 of 12/, { timeout: RUN_MS });
  await page.getByTestId("recover-pause").click();
  const paused = page.getByTestId("recover-paused");
  await expect(paused).toHaveText(/^Paused at step \d+ of 12: DISP 50 %, seed 1\./, { timeout: RUN_MS });
  const step = Number(/step (\d+)/.exec(await paused.innerText())?.[1]);
  const { violations } = await new AxeBuilder({ page }).include('[data-testid="recover-panel"]').analyze();
  expect(violations).toEqual([]);

  await page.reload();
  await chooseShortTexts(page);
  await expect(paused).toHaveText(new RegExp(`^Paused at step ${step} of 12`), { timeout: RUN_MS });
  await expect(page.getByTestId("perplexity-dense-note")).toHaveText(/tokens$/, { timeout: RUN_MS });
  await page.getByTestId("recover-resume").click();
  await expect(page.getByTestId("recover-outcome")).toHaveText(/^Recovered: 12 of 12 steps/, { timeout: RUN_MS });
  await expect(page.getByTestId("shown-words")).toContainText("recovered, 12 steps");
  await expect(page.getByTestId("kept-blocks-note")).toHaveText(new RegExp(`^${kept.split(";")[0]}`));
  await expect(curve).toHaveAttribute("aria-label", /after step 12 of 12/);
  await expect(paused).toHaveCount(0);
});

test("a refit shows its progress, and a stop leaves the pruned model as it was", async ({ page, baseURL }) => {
  await openForSoak(page, { recipe: RECIPE }, baseURL ?? "");
  await page.getByTestId("play").click();
  await finish(page);
  await expect(page.getByTestId("run-row")).toHaveCount(1, { timeout: RUN_MS });
  const before = await page.getByTestId("perplexity-pruned").innerText();
  await page.getByTestId("refit").click();
  await expect(page.getByTestId("recover-progress-progress")).toContainText(/Refitting.* left/, { timeout: RUN_MS });
  await page.getByTestId("recover-progress-cancel").click();
  await expect(page.getByTestId("refit")).toBeEnabled({ timeout: RUN_MS });
  await expect(page.getByTestId("recover-outcome")).toHaveText("");
  await expect(page.getByTestId("shown-words")).not.toContainText("refitted");
  await expect(page.getByTestId("perplexity-pruned")).toHaveText(before);
});
