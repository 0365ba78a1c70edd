// Several ratios as one model: offered only after a run for every ratio; stopped, refused with a reason, and saved as a zip or a folder.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import AxeBuilder from "@axe-core/playwright";
import { expect, test, type Page } from "@playwright/test";
import { readTensors, unzipStored } from "./support/files.ts";
import { filesIn, standInForPicker } from "./support/pickedFolder.ts";
import { finish, MEASURED_TOKENS, openStudio } from "./support/studio.ts";

const EVERY = { ratioMode: "every", steps: 12, tokens: 32, checkpointEvery: 12 };

interface Nested {
  ratios: {
    keep: number;
    name: string;
    blockWeights: { kept: number; of: number };
    perplexity: { tokens: number; context: number; dense: number; pruned: number }[];
    check: { maxAbsLogitDifference: number; argmaxAgreement: number };
  }[];
}

test.describe.serial("a nested export", () => {
  let page: Page;
  let zipped: Map<string, Buffer>;
  test.beforeAll(async ({ browser }) => {
    page = await (await browser.newContext({ reducedMotion: "reduce" })).newPage();
    await standInForPicker(page);
    await openStudio(page, EVERY);
    await expect(page.getByTestId("nested")).toHaveCount(0);
    await page.getByTestId("play").click();
    await finish(page);
  });
  test.afterAll(() => page.context().close());
  const list = () => page.getByLabel("Ratios to include");
  const prepare = () => page.getByTestId("nested-prepare");

  test("offers the usual ratios, and shows what is wrong with others", async () => {
    await expect(list()).toHaveValue("0.8, 0.7, 0.6, 0.5, 0.4");
    for (const [typed, reason] of [
      ["80, 50", 'got "80"; 80 % is 0.8'],
      ["0.5, 0.2", "expected ratios from 0.35 to 0.95, which the run was trained for, got 0.2"],
      ["0.5", "expected at least two ratios, got 0.5"],
    ] as const) {
      await list().fill(typed);
      await list().press("Enter");
      await expect(page.getByTestId("nested-refused")).toContainText(reason);
      await expect(list()).toHaveAttribute("aria-invalid", "true");
    }
    await expect(page.getByTestId("export-progress")).toHaveCount(0);
    await list().fill("0.8, 0.5, 0.65");
    await expect(page.getByTestId("nested-refused")).toHaveCount(0);
  });

  test("can be stopped, which leaves nothing, and prepared again", async () => {
    await prepare().click();
    await expect(page.getByTestId("export-prepare")).toBeDisabled();
    await expect(page.getByTestId("export-progress")).toContainText(/perplexity at keep 0\.\d+, \d of 6 windows/);
    await page.getByTestId("export-cancel").click();
    await expect(prepare()).toBeEnabled();
    await expect(page.getByTestId("export-nested")).toHaveCount(0);
    await expect(page.getByTestId("nested-error")).toHaveCount(0);
  });

  test("shows what each ratio keeps and costs, and its zip contains the lists that cut them out", async () => {
    await prepare().click();
    await expect(page.getByTestId("export-nested")).toHaveAttribute("data-ok", "true");
    const rows = page.getByTestId("nested-ratio");
    await expect(rows).toHaveCount(3);
    await expect(rows.first()).toContainText(/^0\.8\s*(79\.\d|80\.0) %/);
    await expect(page.getByTestId("nested-of")).toContainText(
      /Speeches, held out, context 512, 1,024 tokens \(dense: \d+\.\d\d\)/,
    );
    const downloading = page.waitForEvent("download");
    await page.getByTestId("save-zip-nested").click();
    const files = unzipStored(readFileSync(await (await downloading).path()));
    await expect(page.getByTestId("export-saved")).toContainText("-pruned-nested.zip");
    zipped = files;
    expect([...files.keys()]).toEqual(
      expect.arrayContaining(["config.json", "model.safetensors", "receipt.json", "nested.safetensors", "nested.json"]),
    );
    await expect(page.getByTestId("export-nested-bytes")).toHaveText(new RegExp(`in ${files.size} files$`));
    const { ratios } = JSON.parse(String(files.get("nested.json"))) as Nested;
    expect(ratios.map(({ keep }) => keep)).toEqual([0.5, 0.65, 0.8]);
    const { header } = readTensors(files.get("nested.safetensors") ?? Buffer.alloc(0));
    let before = 0;
    for (const [i, { keep, name, blockWeights, perplexity, check }] of ratios.entries()) {
      expect(blockWeights.kept / blockWeights.of).toBeLessThanOrEqual(keep);
      expect(blockWeights.kept / blockWeights.of).toBeGreaterThan(keep - 0.01);
      const kept = Object.entries(header).reduce(
        (sum, [tensor, { shape }]) => sum + (tensor.startsWith(`${name}.`) ? (shape[0] ?? 0) : 0),
        0,
      );
      expect(kept).toBeGreaterThan(before);
      before = kept;
      expect(perplexity).toMatchObject([{ tokens: MEASURED_TOKENS, context: 512 }]);
      expect(check.argmaxAgreement).toBe(1);
      const shown = (
        await rows
          .nth(2 - i)
          .locator("td")
          .nth(2)
          .innerText()
      ).trim();
      expect(perplexity[0]?.pruned).toBeCloseTo(Number(shown), 1);
    }
    const receipt = JSON.parse(String(files.get("receipt.json"))) as { perplexity: unknown; recipe: { keep: number } };
    expect(receipt.perplexity).toEqual(ratios[2]?.perplexity);
    expect(receipt.recipe.keep).toBe(0.8);
  });

  test("saves the files of the zip into a chosen folder", async () => {
    await page.getByTestId("save-folder-nested").click();
    await expect(page.getByTestId("export-saved")).toContainText(/^Saved \d+ files to picked$/);
    const saved = Object.entries(await filesIn(page, "picked"));
    const expected = [...zipped].map(([name, bytes]) => [name, createHash("sha256").update(bytes).digest("hex")]);
    expect(saved.every(([path]) => /^[^/]+-pruned-nested\/[^/]+$/.test(path))).toBe(true);
    expect(saved.map(([path, { sha256 }]) => [path.slice(path.lastIndexOf("/") + 1), sha256]).sort()).toEqual(
      expected.sort(),
    );
  });

  test("is accessible in both themes, and stays while the forms are prepared", async () => {
    await page.getByTestId("export-prepare").click();
    await expect(page.getByTestId("export-onnx")).toHaveAttribute("data-ok", "true");
    await expect(page.getByTestId("save-zip-nested")).toBeEnabled();
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      const { violations } = await new AxeBuilder({ page }).include("section.export").analyze();
      expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).join()}`)).toEqual(
        [],
      );
    }
  });
});
