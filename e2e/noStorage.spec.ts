// A browser that stores nothing: everything works in memory, and the page says what is not kept.
import { expect, test } from "@playwright/test";
import { openForSoak } from "../bench/soak/scenarios.ts";
import { finish } from "./support/studio.ts";

/** As where storage is blocked; and keeps the device, to destroy it. */
function block(): void {
  const denied = (): never => {
    throw new DOMException("denied", "SecurityError");
  };
  if ("IDBFactory" in globalThis) IDBFactory.prototype.open = denied;
  const { createBuffer } = GPUDevice.prototype;
  GPUDevice.prototype.createBuffer = function (descriptor) {
    Object.assign(globalThis, { device: this });
    return createBuffer.call(this, descriptor);
  };
  StorageManager.prototype.getDirectory = () => Promise.reject(new DOMException("denied", "SecurityError"));
}

test("without storage a run trains, is listed, and survives the loss of its device", async ({ page, baseURL }) => {
  await page.addInitScript(block);
  page.on("worker", (worker) => void worker.evaluate(block));
  const recipe = { steps: 4, tokens: 16, checkpointEvery: 2 };
  await openForSoak(page, { recipe }, baseURL ?? "");
  await page.getByTestId("play").click();
  await finish(page);
  await expect(page.getByTestId("notice").and(page.locator("[data-code=storage]")).first()).toContainText(
    /SecurityError/,
  );
  await expect(page.getByTestId("run-row")).toHaveCount(1);
  await expect(page.getByTestId("runs-unsaved")).toContainText("1 run is in this tab only");
  await page.getByTestId("export-prepare").click();
  const error = page.getByTestId("export-error");
  await expect(error).toHaveAttribute("data-code", "storage");
  await expect(error).toContainText("SecurityError");
  // the run's checkpoint is in memory
  await page.workers()[0]?.evaluate(() => (globalThis as unknown as { device: GPUDevice }).device.destroy());
  await page.getByTestId("reopen-device").click();
  await expect(page.getByTestId("resumable")).toContainText("Your last run (4 steps, seed 1) is saved.");
});
