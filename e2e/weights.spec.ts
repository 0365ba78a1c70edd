// Single weights in the studio: choose a method and a pattern, prune the model, and see what is left.
import { expect, test } from "@playwright/test";
import { openStudio, RUN_MS } from "./support/studio.ts";

test("prunes 2:4 by DaSS and shows the mask, the scores and the perplexity", async ({ page }) => {
  await openStudio(page, { calibrationSequences: 2, calibrationTokens: 32 });
  await page.getByTestId("method").selectOption("dass");
  await page.getByTestId("weights-prune").click();
  await expect(page.getByTestId("weights-kept")).toHaveText("50.0 % of the MLP weights kept", { timeout: RUN_MS });
  await expect(page.getByTestId("weights-note")).toContainText("No runtime speeds up 2:4 today");

  const map = page.getByTestId("figure-weight-map").getByRole("img");
  await expect(map).toHaveAttribute(
    "aria-label",
    /gate.*50\.0 % of [\d,]+ weights kept, in groups of 4 down the column/,
  );
  await map.focus();
  for (let i = 0; i < 6; i += 1) await page.keyboard.press("+");
  await page.keyboard.press("ArrowRight");
  const spoken = page.getByTestId("figure-weight-map").locator("[aria-live]");
  await expect(spoken).toHaveText(/^row \d+ \(output\), column \d+ \(input\): (.*score.*(kept|removed).*){4}/);

  await page.getByTestId("weights-part").selectOption("down");
  await expect(map).toHaveAttribute("aria-label", /down.*in groups of 4 along the row/);
  await expect(page.getByTestId("figure-norms").getByRole("img")).toHaveAttribute("aria-label", /^Norms of the input/);
  await expect(page.getByTestId("figure-matrix-shares").getByRole("img")).toHaveAttribute("aria-label", /down 50\.0 %/);

  const dense = Number.parseFloat(await page.getByTestId("perplexity-dense").innerText());
  await expect(page.getByTestId("perplexity-pruned")).toHaveText(/^\d/, { timeout: RUN_MS });
  expect(Number.parseFloat(await page.getByTestId("perplexity-pruned").innerText())).toBeGreaterThan(dense);
});

test("refuses an invalid pattern, and one that does not fit the model", async ({ page }) => {
  await openStudio(page, { method: "dass", calibrationSequences: 2, calibrationTokens: 32 });
  await page.getByTestId("weights-pattern").selectOption("own");
  await page.getByTestId("weights-own-pattern").fill("4:2");
  await expect(page.getByTestId("weights-pattern-wrong")).toContainText('got "4:2"');
  await expect(page.getByTestId("weights-prune")).toBeDisabled();
  await page.getByTestId("weights-own-pattern").fill("3:7");
  await page.getByTestId("weights-prune").click();
  await expect(page.getByTestId("weights-error")).toContainText("7");
});

test("saves each pruning as a run, loads masks, compares by token, exports dense with zeros", async ({ page }) => {
  await openStudio(page, { method: "dass", calibrationSequences: 2, calibrationTokens: 32 });
  const perplexity = page.getByTestId("perplexity-pruned");
  const rows = page.getByTestId("run-row");
  const prune = async (kept: number): Promise<string> => {
    await page.getByTestId("weights-prune").click();
    await expect(rows).toHaveCount(kept, { timeout: RUN_MS });
    return perplexity.innerText();
  };
  const byDass = await prune(1);
  await expect(page.getByTestId("perplexity-pruned-note")).toHaveText(/^DaSS 2:4; Speeches/);
  await page.getByTestId("method").selectOption("magnitude");
  expect(await prune(2)).not.toBe(byDass);
  await expect(page.getByTestId("map-whole")).toContainText("keeps every dimension");
  const link = page.getByTestId("map-whole").getByRole("link");
  await expect(page.getByTestId("figure-weight-map")).toContainText(await link.innerText());
  await link.click();
  await expect(page.getByTestId("figure-weight-map")).toBeInViewport();
  await expect(page.getByTestId("method")).toHaveValue("magnitude");

  await page.getByRole("button", { name: "Load DaSS 2:4, seed 1" }).click();
  await expect(perplexity).toHaveText(byDass, { timeout: RUN_MS });
  await expect(page.getByTestId("weights")).toContainText("DaSS, 2:4, 50.0 % of the MLP weights kept");
  await expect(rows).toHaveCount(2);

  for (const name of ["DaSS 2:4, seed 1", "magnitude 2:4, seed 1"])
    await page.getByRole("button", { name: `Compare ${name}` }).click();
  const overlap = page.getByTestId("figure-overlap").getByRole("img");
  await expect(overlap).toHaveAttribute("aria-label", /of gate, up, down in 8 blocks: mean 0\.\d+/);
  await page.getByTestId("losses-start").click();
  const strip = page.getByTestId("figure-tokens").getByRole("img");
  await expect(strip).toHaveAttribute("aria-label", /^1024 tokens/, { timeout: RUN_MS });

  await page.getByTestId("export-prepare").click();
  await expect(page.getByTestId("export-of")).toContainText("DaSS", { timeout: RUN_MS });
  await expect(page.locator(".export-forms li")).toHaveCount(1);
});
