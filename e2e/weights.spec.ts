// Single weights in the studio: a method and a pattern are chosen, the model is pruned, and the map shows what is left.
import { expect, test } from "@playwright/test";
import { openStudio, RUN_MS } from "./studio.ts";

test("prunes 2:4 by DaSS and shows the mask, the scores and the perplexity", async ({ page }) => {
  await openStudio(page, { calibrationSequences: 2, calibrationTokens: 32 });
  await page.getByTestId("method").selectOption("dass");
  await page.getByTestId("weights-prune").click();
  await expect(page.getByTestId("weights-kept")).toHaveText("50.0 % of the MLP weights kept", { timeout: RUN_MS });
  await expect(page.getByTestId("weights-note")).toContainText("Runtimes give 2:4 no speed today");

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

test("refuses a pattern that is none, and one that does not fit the model", async ({ page }) => {
  await openStudio(page, { method: "dass", calibrationSequences: 2, calibrationTokens: 32 });
  await page.getByTestId("weights-pattern").selectOption("own");
  await page.getByTestId("weights-own-pattern").fill("4:2");
  await expect(page.getByTestId("weights-pattern-wrong")).toContainText('"4:2" came');
  await expect(page.getByTestId("weights-prune")).toBeDisabled();
  await page.getByTestId("weights-own-pattern").fill("3:7");
  await page.getByTestId("weights-prune").click();
  await expect(page.getByTestId("weights-error")).toContainText("7");
});
