// Saved runs: imported, drawn, compared, renamed, deleted and exported; they survive a reload.
import { readFileSync } from "node:fs";
import AxeBuilder from "@axe-core/playwright";
import { expect, test, type Page } from "@playwright/test";
import { madeUpRun, madeUpRuns } from "./support/runFiles.ts";

async function importText(page: Page, text: string): Promise<void> {
  const file = { name: "runs.json", mimeType: "application/json", buffer: Buffer.from(text) };
  await page.getByTestId("runs-import").setInputFiles(file);
}
const rows = (page: Page) => page.getByTestId("run-row");
const chart = (page: Page) => page.getByTestId("figure-tradeoff").getByRole("img");

test.describe.serial("runs", () => {
  let page: Page;
  test.beforeAll(async ({ browser }) => {
    page = await (await browser.newContext({ reducedMotion: "reduce" })).newPage();
    await page.goto("./");
  });
  test.afterAll(() => page.context().close());

  test("are announced while there are none, and a damaged file is refused by its field", async () => {
    await expect(page.getByTestId("runs-empty")).toContainText("Finished runs are saved here");
    const damaged = JSON.stringify(madeUpRun(0)).replace('"tokens":4096', '"tokens":"many"');
    await importText(page, damaged);
    await expect(page.getByTestId("runs-error")).toContainText("record.perplexity.tokens: expected a whole number");
  });

  test("are imported once, and drawn in one chart per text", async () => {
    await importText(page, JSON.stringify(madeUpRuns(12)));
    await expect(page.getByTestId("runs-note")).toHaveText("14 imported.");
    await expect(rows(page)).toHaveCount(12);
    await expect(chart(page)).toHaveAttribute("aria-label", /whole model of 12 runs; .+; dense 20\.50/);
    await expect(page.locator("[data-chart=tradeoff] [data-run]")).toHaveCount(12);
    await importText(page, JSON.stringify(madeUpRun(3)));
    await expect(page.getByTestId("runs-note")).toHaveText("0 imported, 1 already here.");
    await page.getByTestId("runs-size").selectOption("ms per token");
    await expect(page.locator("[data-chart=tradeoff] [data-run]")).toHaveCount(6);
    await page.getByTestId("runs-group").selectOption({ index: 1 });
    await expect(rows(page)).toHaveCount(2);
    await page.getByTestId("runs-group").selectOption({ index: 0 });
    expect((await new AxeBuilder({ page }).include("[data-testid=runs]").analyze()).violations).toEqual([]);
  });

  test("are renamed, searched, deleted and restored", async () => {
    await rows(page).first().getByTestId("run-rename").click();
    await page.getByTestId("run-name-field").fill("the best one");
    await page.keyboard.press("Enter");
    await page.getByTestId("runs-search").fill("best");
    await expect(page.getByTestId("run-name")).toHaveText(["the best one"]);
    await rows(page).getByTestId("run-delete").click();
    await expect(rows(page)).toHaveCount(0);
    await page.getByTestId("run-undo").click();
    await expect(rows(page)).toHaveCount(1);
    await page.getByTestId("runs-search").fill("");
  });

  test("are compared by keyboard and by click", async () => {
    await page.getByTestId("runs-size").selectOption("block weights");
    await chart(page).focus();
    await chart(page).press("ArrowRight");
    await chart(page).press("Shift+Enter");
    await expect(page.locator("[aria-pressed=true][data-testid=run-pick]")).toHaveCount(1);
    await chart(page).press("Shift+Enter");
    await page.getByRole("button", { name: "Compare run number 4" }).click();
    await page.getByRole("button", { name: "Compare run number 6" }).click();
    const overlap = page.getByTestId("figure-overlap").getByRole("img");
    await expect(overlap).toHaveAttribute("aria-label", /Jaccard\) of s1, s2, s3, s4, s5 in 4 blocks: mean 0\.\d+/);
    const map = page.getByTestId("figure-compared").getByRole("img");
    await expect(map).toHaveAttribute("aria-label", /gates kept by both/);
    await page.getByRole("button", { name: "Compare run number 5" }).click();
    await expect(page.getByTestId("runs-compare")).toContainText("can’t be compared");
    await page.getByRole("button", { name: "Compare run number 9" }).click();
    await expect(overlap).toHaveAttribute("aria-label", /of gate, up, down in 4 blocks/);
  });

  test("survive a reload, and are exported as they were imported", async () => {
    await page.reload();
    await expect(rows(page)).toHaveCount(12);
    const [saved] = await Promise.all([page.waitForEvent("download"), page.getByTestId("runs-export").click()]);
    const exported = JSON.parse(readFileSync(await saved.path(), "utf8")) as { record: { id: string } }[];
    expect(exported).toHaveLength(14);
    const known = exported.find(({ record }) => record.id === madeUpRun(2).record.id);
    expect(known).toEqual(madeUpRun(2));
  });

  test("of a model that is not open are viewed, and say what to open for the rest", async () => {
    await importText(page, readFileSync("python/tests/fixtures/run.json", "utf8"));
    await expect(page.getByTestId("runs-note")).toHaveText("1 imported.");
    const group = page.getByTestId("runs-group").locator("option", { hasText: "llama; " });
    await page.getByTestId("runs-group").selectOption((await group.getAttribute("value")) ?? "");
    await rows(page).getByTestId("run-view").click();
    const picture = (name: string) => page.getByTestId(`figure-saved-${name}`).getByRole("img");
    await expect(picture("map")).toHaveAttribute("aria-label", /3 blocks/);
    await expect(picture("widths")).toHaveAttribute("aria-label", /3 blocks/);
    await expect(picture("curves")).toHaveAttribute("aria-label", /step/);
    await expect(picture("kept")).toBeVisible();
    await expect(page.getByTestId("saved-run-load")).toBeDisabled();
    await expect(page.getByTestId("saved-run-refusal")).toContainText("Open llama to load the run");
    expect((await new AxeBuilder({ page }).include("[data-testid=saved-run]").analyze()).violations).toEqual([]);
    await rows(page).getByTestId("run-view").click();
    await expect(page.getByTestId("saved-run")).toHaveCount(0);
    await rows(page).getByTestId("run-delete").click();
    await expect(rows(page)).toHaveCount(12);
  });

  test("a thousand are listed in portions, and all are drawn and found", async () => {
    const many = Array.from({ length: 1000 }, (_, i) => ({ ...madeUpRun(4 * (i + 10)) }));
    await importText(page, JSON.stringify(many));
    await expect(page.getByTestId("runs-note")).toHaveText("1,000 imported.");
    await expect(rows(page)).toHaveCount(50);
    await expect(chart(page)).toHaveAttribute("aria-label", /of 1,?012 runs/);
    await page.getByTestId("runs-more").click();
    await expect(rows(page)).toHaveCount(100);
    await page.getByTestId("runs-search").fill("run number 4032");
    await expect(page.getByTestId("run-name")).toHaveText(["run number 4032"]);
    await page.reload();
    await expect(rows(page)).toHaveCount(50);
  });
});
