// Matmul kernels: chosen as a step of the first opening, stored for the next one, and left alone with --tune off.
import { expect, test } from "@playwright/test";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MATMUL_KERNELS } from "../src/engine/matmul/matmulTable.ts";

declare global {
  interface Window {
    stages: string[];
  }
}

test("the first opening chooses kernels as a step, the second takes the stored choice", async ({ page }) => {
  await page.addInitScript(() => {
    window.stages = [];
    new MutationObserver(() => {
      const text = document.querySelector("[data-testid=opening]")?.textContent ?? "";
      if (text.includes("matmul") && window.stages.at(-1) !== text) window.stages.push(text);
    }).observe(document, { childList: true, characterData: true, subtree: true });
  });
  const open = async (): Promise<string> => {
    await expect(page.getByTestId("model-name")).toHaveText(/speeches/);
    await page.getByTestId("matmul").locator("summary").click();
    return page.getByTestId("matmul-choice").innerText();
  };
  await page.goto("./");
  const first = await open();
  await expect(page.getByTestId("matmul-from")).toHaveText("Measured when the model was opened.");
  expect(await page.evaluate(() => window.stages)).toContainEqual(
    expect.stringMatching(/^Choosing matmul kernels….*0 of 1/),
  );
  await page.reload();
  expect(await open()).toBe(first);
  await expect(page.getByTestId("matmul-from")).toHaveText(/^From the measurement stored in this browser/);
  expect(await page.evaluate(() => window.stages)).toEqual([]);
});

test("--tune off takes the usual kernels, which the receipt names", () => {
  const folder = mkdtempSync(join(tmpdir(), "espalier-tune-"));
  try {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [
        ...["scripts/run.mjs", "prune", "--model", "golden/llama", "--method", "magnitude", "--pattern", "50%"],
        ...["--text", "public/text/moby-held.txt", "--eval", "public/text/sotu-held.txt"],
        ...["--context", "64", "--eval-tokens", "640", "--host", "chromium", "--tune", "off", "--out", folder],
      ],
      { encoding: "utf8" },
    );
    expect(stderr).not.toMatch(/^tune/m);
    expect(status).toBe(0);
    const { matmul } = JSON.parse(stdout) as { matmul: string };
    const receipt = JSON.parse(readFileSync(join(folder, "masked/receipt.json"), "utf8")) as { matmul: unknown };
    expect(receipt.matmul).toEqual({ kernels: MATMUL_KERNELS, default: matmul, classes: {} });
    const wrong = spawnSync(process.execPath, ["scripts/run.mjs", "prune", "--tune", "maybe"], { encoding: "utf8" });
    expect([wrong.status, wrong.stderr]).toEqual([2, expect.stringContaining("--tune: expected on or off, got")]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
