// The memory plan on the screen, and a model opened again in half precision.
import { expect, test } from "@playwright/test";

/** "13.6 MB" -> 13.6e6. */
function bytesOf(text: string): number {
  const [, number = "", unit = ""] = /([\d.]+) (\wB|B)/.exec(text) ?? [];
  return Number(number) * ({ GB: 1e9, MB: 1e6, kB: 1e3 }[unit] ?? 1);
}

test("shows what the model takes, and opens it in half precision", async ({ page }) => {
  await page.goto("/");
  await expect(page.getByTestId("model-name")).toHaveText(/speeches/);
  const plan = page.getByTestId("memory-plan");
  await page.getByText(/^GPU memory: [\d.]+ MB$/).click();
  await expect(plan).toContainText("full precision");
  const full = bytesOf(await page.getByTestId("plan-total").innerText());
  const weights = bytesOf(await page.getByTestId("model-gpu-bytes").innerText());
  await page.getByTestId("reopen-f16").click();
  await expect(plan).toContainText("half precision");
  await expect(page.getByTestId("reopen-f32")).toBeEnabled();
  expect(bytesOf(await page.getByTestId("model-gpu-bytes").innerText()) / weights).toBeLessThan(0.53);
  expect(bytesOf(await page.getByTestId("plan-total").innerText())).toBeLessThan(full - 0.4 * weights);
});
