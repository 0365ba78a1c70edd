// The self-check of the page: every kernel against its reference on the adapter at hand, by the list that the GPU tests walk.
import { expect, test } from "@playwright/test";
import { openStudio } from "./support/studio.ts";

test("the adapter agrees with every reference, and the page says how many", async ({ page }) => {
  await openStudio(page);
  await page.getByTestId("self-check-start").click();
  await expect(page.getByTestId("self-check")).toContainText(/\d+ of \d+ cases/);
  const result = page.getByTestId("self-check-result");
  await expect(result).toContainText(/comparisons of kernels/, { timeout: 180_000 });
  const [, agree, all] = /(\d+) of (\d+) comparisons/.exec(await result.innerText()) ?? [];
  expect(Number(all)).toBeGreaterThan(500);
  expect(agree).toBe(all);
});
