// Zero-shot tasks in the studio: choosing a file and items, refusals, scores of dense, pruned and recovered, a stop, CSV, and saved runs.
import AxeBuilder from "@axe-core/playwright";
import { expect, type Page, test } from "@playwright/test";
import { finish, openStudio, RUN_MS } from "./support/studio.ts";

async function setItems(page: Page, items: number): Promise<void> {
  await page.getByTestId("task-items").fill(String(items));
  await page.getByTestId("task-items").press("Enter");
}

/** The cells of a row of the table, by its first words after the task. */
const cells = (page: Page, measure: string) =>
  page.getByTestId("scores-row").filter({ hasText: measure }).first().getByRole("cell");

const CHOICES = [
  { query: "My fellow", choices: ["citizens", "table of wood"], gold: 0 },
  { query: "The state of the", choices: ["Union", "banana"], gold: 0 },
];
const file = (name: string, lines: readonly object[]) => ({
  name,
  mimeType: "application/jsonl",
  buffer: Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join("")),
});

test("scores tasks of dense, pruned and recovered model, stops, copies CSV, and saves them with the run", async ({
  page,
  context,
}) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await openStudio(page, { steps: 5, tokens: 32 });
  await page.getByTestId("play").click();
  await finish(page);
  await expect(page.getByTestId("run-row")).toHaveCount(1, { timeout: RUN_MS });

  const choose = page.getByTestId("task-file");
  await choose.setInputFiles(file("bad.jsonl", [...CHOICES, { query: "a", choices: ["b"], gold: 0 }]));
  await expect(page.getByTestId("task-file-error")).toContainText("bad.jsonl, line 3: choices");
  await choose.setInputFiles(file("mine.jsonl", CHOICES));
  await expect(page.getByTestId("task-file-facts")).toHaveText("mine.jsonl: 2 items");
  await expect(page.getByTestId("task-file-error")).toHaveCount(0);

  // A stop keeps what is complete.
  await page.getByTestId("scores-start").click();
  await expect(page.getByTestId("scores-progress")).toContainText(/dense, next-sentence [\d]+ of [\d,]+ items/, {
    timeout: RUN_MS,
  });
  await page.getByTestId("scores-cancel").click();
  await expect(page.getByTestId("scores-start")).toBeEnabled({ timeout: RUN_MS });

  await page.getByTestId("task-next-sentence").uncheck();
  await setItems(page, 20);
  await page.getByTestId("scores-start").click();
  await expect(page.getByTestId("scores-of")).toContainText("Scores of DISP 50 %, seed 1.", { timeout: RUN_MS });
  await expect(cells(page, "same next token")).toHaveText(["–", /^[\d.]+ %$/]);
  await expect(cells(page, "KL from dense")).toHaveText(["–", /^[\d.]+ nats$/]);
  await expect(cells(page, "points from dense")).toHaveText(["–", /^[+-]?[\d.]+ ± [\d.]+$/]);
  await expect(page.getByTestId("scores-table")).toContainText("last-word, 20 items: Speeches, held out");
  await expect(page.getByTestId("scores-table")).toContainText("mine, 2 items: mine.jsonl");
  await expect(page.getByTestId("run-row")).toContainText(/last-word [\d.]+ % ± [\d.]+ \(dense [\d.]+ %\)/);

  await page.getByTestId("recover-choices").locator("summary").click();
  await page.getByTestId("recover-steps").fill("4");
  await page.getByTestId("recover-steps").press("Enter");
  await page.getByTestId("recover").click();
  await expect(page.getByTestId("recover-outcome")).toHaveText(/^Recovered: 4 of 4 steps/, { timeout: RUN_MS });
  await expect(page.getByTestId("scores-of")).toContainText("which is not shown now");
  await expect(page.getByTestId("run-row")).toHaveCount(2, { timeout: RUN_MS });
  const kl = await cells(page, "KL from dense").last().innerText();

  await page.getByTestId("scores-start").click();
  await expect(page.getByTestId("scores-of")).toContainText("recovered, 4 steps.", { timeout: RUN_MS });
  await expect(page.getByRole("columnheader", { name: "recovered" })).toBeVisible();
  const after = await cells(page, "KL from dense").allInnerTexts();
  expect(after[1]).toBe(kl);
  expect(Number.parseFloat(after[2] ?? "")).toBeLessThan(Number.parseFloat(kl));
  await expect(page.getByTestId("run-row").filter({ hasText: "last-word" })).toHaveCount(2);

  await page.getByTestId("scores-copy").click();
  await expect(page.getByTestId("scores-copy")).toHaveText("Copied");
  const csv = await page.evaluate(() => navigator.clipboard.readText());
  expect(csv).toMatch(/^task,measure,model,value,standard error\n/);
  expect(csv).toMatch(/\nlast-word,acc,recovered,[\d.]+,[\d.]+\n/);
  const { violations } = await new AxeBuilder({ page }).include('[data-testid="tasks"]').analyze();
  expect(violations).toEqual([]);
});
