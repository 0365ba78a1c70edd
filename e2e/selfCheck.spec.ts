// The self-check of the page: every kernel compared with its reference on this GPU, by the list that the GPU tests use.
import { expect, test } from "@playwright/test";
import { openStudio } from "./support/studio.ts";

test("this GPU agrees with every reference, and the page shows how many were checked", async ({ page }) => {
  await openStudio(page);
  await page.getByTestId("self-check-start").click();
  await expect(page.getByTestId("self-check")).toContainText(/\d+ of \d+ cases/);
  const result = page.getByTestId("self-check-result");
  await expect(result).toHaveText(/^All [\d,]+ checks passed/, { timeout: 180_000 });
  const [, all = ""] = /^All ([\d,]+)/.exec(await result.innerText()) ?? [];
  expect(Number(all.replaceAll(",", ""))).toBeGreaterThan(500);
});
