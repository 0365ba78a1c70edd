// A matrix at the level of weights: found from the layers and from the map, followed through a pruning and a training, and compared between two runs.
import AxeBuilder from "@axe-core/playwright";
import { expect, test } from "@playwright/test";
import { chartWords, finish, openStudio, RUN_MS } from "./support/studio.ts";

test("a matrix shows its weights, what pruning removes, and what two runs keep of it", async ({ page }) => {
  await openStudio(page, { steps: 6, tokens: 16, checkpointEvery: 3 });
  await page.getByTestId("layers-row").getByText("blocks.1.mlp.down_proj").click();
  await expect.poll(() => chartWords(page, "matrix")).toMatch(/^Weights of blocks\.1\.mlp\.down_proj, 192 rows .* 512/);
  expect(await chartWords(page, "matrix")).toContain("weights 98,304 (100.0 %)");

  await page.getByTestId("play").click();
  await finish(page);
  await expect.poll(() => chartWords(page, "matrix")).toMatch(/kept [\d,]+ \(\d+\.\d %\), removed [\d,]+/);
  const plot = page.getByTestId("figure-matrix").getByRole("img");
  await plot.focus();
  for (let i = 0; i < 4; i += 1) await page.keyboard.press("+");
  const spoken = page.getByTestId("figure-matrix").locator("[aria-live]");
  const said = /^row \d+ \(output\), column \d+ \(input\): weight -?\d.*, mask (kept|removed by s[45])/;
  for (let i = 0; i < 3; i += 1) {
    await page.keyboard.press("ArrowRight");
    await expect(spoken).toHaveText(said);
  }
  expect(await chartWords(page, "magnitudes")).toMatch(/98,304 weights .*kept .*removed/);

  await expect(page.getByTestId("run-row")).toHaveCount(1, { timeout: RUN_MS });
  await page.getByTestId("matrix-aspect").selectOption("runs");
  await expect(page.getByTestId("matrix-few-runs")).toContainText("Only one is saved so far");
  await page.getByTestId("method").selectOption("magnitude");
  await page.getByTestId("weights-prune").click();
  await expect(page.getByTestId("run-row")).toHaveCount(2, { timeout: RUN_MS });
  await expect.poll(() => chartWords(page, "matrix")).toMatch(/under two runs.*both keep [1-9].*only A keeps [1-9]/);
  const { violations } = await new AxeBuilder({ page }).include('[data-testid="matrix"]').analyze();
  expect(violations.map(({ id }) => id)).toEqual([]);

  await page.getByTestId("matrix-aspect").selectOption("weights");
  await expect.poll(() => chartWords(page, "matrix")).toContain("kept 49,152 (50.0 %), removed 49,152 (50.0 %)");
  await page.getByTestId("map-matrix").click();
  await expect.poll(() => chartWords(page, "matrix")).toContain("blocks.0.attention.q_proj");
  await page
    .getByTestId("figure-matrix")
    .getByRole("button", { name: /as a table/ })
    .click();
  await expect(page.getByTestId("figure-matrix").getByRole("table")).toContainText("largest");
});
