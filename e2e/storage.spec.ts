// What the browser stores, in one place: listed with sizes, removed one by one and by kind, and never while a tab uses it.
import AxeBuilder from "@axe-core/playwright";
import { expect, test, type Page } from "@playwright/test";
import { finish, openStudio } from "./support/studio.ts";

test.describe.serial("storage", () => {
  let page: Page;
  test.beforeAll(async ({ browser }) => {
    page = await (await browser.newContext({ reducedMotion: "reduce" })).newPage();
    await openStudio(page, { steps: 3, tokens: 32, checkpointEvery: 2 });
    await page.getByTestId("play").click();
    await finish(page);
    await expect(page.getByTestId("run-row")).toHaveCount(1);
  });
  test.afterAll(() => page.context().close());
  const group = (kind: string) => page.getByTestId(`stored-${kind}`);

  test("is listed from the palette, accessible in both themes and on a phone", async () => {
    await page.keyboard.press("Control+k");
    await page.getByTestId("palette-words").fill("browser stores");
    await page.keyboard.press("Enter");
    await expect(page.getByTestId("storage-used")).toHaveText(/B of .*B that this browser allows/);
    await expect(group("runs").getByTestId("stored-row")).toContainText(/\d kB/);
    await expect(group("checkpoint")).toContainText("Run of speeches-3.5M");
    await expect(group("checkpoint")).toContainText("in use by this tab");
    await expect(group("kernels").getByTestId("stored-row")).toHaveCount(1);
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      expect((await new AxeBuilder({ page }).include("[data-testid=dialog-storage]").analyze()).violations).toEqual([]);
    }
    await page.setViewportSize({ width: 390, height: 844 });
    const box = page.getByTestId("dialog-storage");
    expect(await box.evaluate((node) => node.scrollWidth - node.clientWidth)).toBeLessThanOrEqual(0);
    await page.setViewportSize({ width: 1440, height: 900 });
  });

  test("removes after a question, and brings a run back", async () => {
    await group("kernels").getByTestId("stored-remove").click();
    await expect(group("kernels")).toContainText("They are measured again when a model opens.");
    await page.getByTestId("stored-confirm").click();
    await expect(page.getByTestId("storage-removed")).toHaveText(/B freed\.$/);
    await expect(group("kernels")).toHaveCount(0);
    await group("runs").getByTestId("stored-remove").click();
    await expect(page.getByTestId("stored-run-removed")).toContainText("was removed");
    await page.getByTestId("stored-undo").press("Enter");
    await expect(group("runs").getByTestId("stored-row")).toHaveCount(1);
    await page.keyboard.press("Escape");
    await expect(page.getByTestId("run-row")).toHaveCount(1);
  });
});
