// The check of this GPU: every kernel compared with its reference, by the list that the GPU tests use, and what the lab measures.
import { readFileSync } from "node:fs";
import AxeBuilder from "@axe-core/playwright";
import { expect, test, type Page } from "@playwright/test";
import { readLabFile } from "../bench/lab/importLab.ts";
import type { LabResult } from "../src/lab/labResult.ts";
import { openStudio } from "./support/studio.ts";

/** Saves the JSON as a person does, and reads it as `npm run bench -- --import` does. */
async function downloaded(page: Page): Promise<LabResult> {
  const waiting = page.waitForEvent("download");
  await page.getByTestId("self-check-download").click();
  const result = readLabFile(await (await waiting).path());
  if ("torch" in result) throw new Error("expected a result of the lab, got PyTorch's figures");
  return result;
}

async function expectNoViolations(page: Page): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    const { violations } = await new AxeBuilder({ page }).include(".footer").analyze();
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).join()}`)).toEqual(
      [],
    );
  }
}

test("this GPU agrees with every reference, and the page shows how many were checked", async ({ page, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await openStudio(page);
  await page.getByTestId("self-check-start").click();
  await expect(page.getByTestId("self-check")).toContainText(/\d+ of \d+ cases/);
  const result = page.getByTestId("self-check-result");
  await expect(result).toHaveText(/^All [\d,]+ checks passed/, { timeout: 180_000 });
  const [, all = ""] = /^All ([\d,]+)/.exec(await result.innerText()) ?? [];
  const checks = Number(all.replaceAll(",", ""));
  expect(checks).toBeGreaterThan(500);
  const json = await downloaded(page);
  if (!json.kernels || "error" in json.kernels) throw new Error("expected the kernels' comparisons");
  expect(json.kernels).toMatchObject({ checks, failed: [] });
  expect((json.kernels.ops ?? []).reduce((sum, op) => sum + op.checks, 0)).toBe(checks);
  expect(json.host).toMatch(/^Chromium \d+ on /);
  expect(json.adapter.limits).toHaveProperty("maxStorageBufferBindingSize");
  // the software adapter's peak is measured too, so each op has its share of it
  await expect(page.getByRole("row", { name: /^linear .* GFLOPS \d+ %$/ })).toBeVisible();
  await expect(page.getByRole("row", { name: /^adamW .* GB\/s \d+ %$/ })).toBeVisible();
  await page.getByTestId("self-check-copy").click();
  await expect(page.getByTestId("self-check-copy")).toHaveText("Copied");
  const report = await page.evaluate(() => navigator.clipboard.readText());
  expect(report).toContain(`Kernels against their references: ${checks} comparisons, 0 failed`);
  for (const words of [
    "### Speed of the main ops",
    "| vendor |",
    "| maxStorageBufferBindingSize |",
    "| browser or host |",
  ])
    expect(report).toContain(words);
  await page.getByText("Worst error and speed of each op").click();
  await expect(page.getByRole("cell", { name: "attention", exact: true })).toBeVisible();
  // every op has its error and its rate in one row; two have no rate
  const rows = page.getByRole("table", { name: "Worst error and speed of each op" }).getByRole("row");
  const { ops = [] } = json.kernels;
  await expect(rows).toHaveCount(1 + ops.length);
  await expect(rows.filter({ hasNotText: / (GFLOPS|GB\/s)/ })).toHaveText([/^op/, /^spreadGates/, /^metrics/]);
  expect(report).toMatch(/\| crossEntropy \|.* GFLOPS \| \d+ % \|/);
  await expectNoViolations(page);
});

test("measuring shows each part and the time left, and a stop keeps the parts that are complete", async ({ page }) => {
  const requests: string[] = [];
  page.on("request", (request) => requests.push(request.url()));
  await openStudio(page);
  expect(requests.filter((url) => /golden|\/lab-/.test(url))).toEqual([]);
  await page.getByTestId("self-check-measure").click();
  const progress = page.getByTestId("self-check-progress");
  await expect(progress).toContainText("Part 1 of 10, first step after opening");
  await expect(progress).toContainText(/Part 2 of 10, kernels \(\w+\): \d+ of \d+ cases, .* left/, {
    timeout: 180_000,
  });
  await expectNoViolations(page);
  await page.getByTestId("self-check-cancel").click();
  await expect(page.getByTestId("self-check-result")).toHaveText(/^Stopped after/, { timeout: 10_000 });
  const { quick, opening, kernels } = await downloaded(page);
  expect({ quick, kernels }).toEqual({ quick: true, kernels: undefined });
  expect(opening).toMatchObject({ model: "speeches-3.5M" });
  await expect(page.getByRole("row", { name: /first training step after opening.* s \(speeches/ })).toBeVisible();
  await expect(page.getByRole("row", { name: /decoding, dense.*not measured/ })).toBeVisible();
  await expect(page.getByTestId("self-check-measure")).toBeEnabled();
});

test("the package of the lab and the studio have the same golden cases", () => {
  const cases = /GOLDENS = (\[.*\]);/.exec(readFileSync("bench/lab/pack.ts", "utf8"))?.[1] ?? "";
  const names = (JSON.parse(cases) as string[]).join(",");
  expect(readFileSync("src/worker/check/goldenFolders.ts", "utf8")).toContain(`golden/{${names}}/*`);
});
