// What the export panel shows for each form: the runtime that checked it, the chosen dtype, and why a form cannot be saved.
import AxeBuilder from "@axe-core/playwright";
import { expect, test, type Page } from "@playwright/test";
import { finish, openStudio } from "./support/studio.ts";

test.describe.serial("the forms of an export", () => {
  let page: Page;
  test.beforeAll(async ({ browser }) => {
    page = await (await browser.newContext({ reducedMotion: "reduce" })).newPage();
    await openStudio(page, { steps: 4, tokens: 32, checkpointEvery: 4 });
    await page.getByTestId("play").click();
    await finish(page);
  });
  test.afterAll(() => page.context().close());

  /** Prepares an export and waits until it is done. */
  async function prepare(): Promise<void> {
    await page.getByTestId("export-prepare").click();
    await expect(page.getByTestId("export-progress")).toBeVisible();
    await expect(page.getByTestId("export-prepare")).toBeEnabled();
  }

  test("an ONNX file that was damaged on its way to the disk cannot be saved, and the others can", async () => {
    const worker = page.workers()[0];
    if (!worker) throw new Error("expected the studio to have a worker");
    await worker.evaluate(() => {
      const files = FileSystemFileHandle.prototype;
      const usual = files.createWritable;
      files.createWritable = async function (...options) {
        const stream = await usual.apply(this, options);
        if (this.name !== "model.onnx") return stream;
        const write = stream.write.bind(stream);
        stream.write = (chunk) => {
          // only the large matrices, so that the graph stays readable
          const weights = chunk instanceof Uint8Array && chunk.length > 200_000;
          return write(weights ? new Uint8Array(chunk.length).fill(0x3c) : chunk);
        };
        return stream;
      };
      Object.assign(files, { usual });
    });
    await prepare();
    await expect(page.getByTestId("export-masked")).toHaveAttribute("data-ok", "true");
    await expect(page.getByTestId("export-compact")).toHaveAttribute("data-ok", "true");
    await expect(page.getByTestId("export-onnx")).toHaveAttribute("data-ok", "false");
    await expect(page.getByTestId("export-onnx-refused")).toContainText(
      /Not available: its logits differ by up to [\d.e+]+/,
    );
    await expect(page.getByTestId("export-onnx-runtime")).toHaveText(/^onnxruntime-web/);
    await expect(page.getByTestId("save-zip-onnx")).toHaveCount(0);
    await expect(page.getByTestId("save-zip-compact")).toBeEnabled();
    await worker.evaluate(() => {
      const files = FileSystemFileHandle.prototype as FileSystemFileHandle & {
        usual: typeof FileSystemFileHandle.prototype.createWritable;
      };
      files.createWritable = files.usual;
    });
  });

  test("the dtype is chosen by name; for one that ONNX cannot have, that form says so", async () => {
    await page.getByLabel("Weights", { exact: true }).selectOption("BF16");
    await expect(page.getByTestId("export-of")).toContainText("The settings have changed. Prepare again.");
    await prepare();
    await expect(page.getByTestId("export-masked-dtype")).toHaveText("BF16");
    await expect(page.getByTestId("export-masked")).toHaveAttribute("data-ok", "true");
    await expect(page.getByTestId("export-onnx-refused")).toContainText("expected F32 or F16, got BF16");
    await expect(page.getByTestId("export-of")).not.toContainText("Prepare again");
  });

  test("rows and choices are accessible in both themes", async () => {
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      const { violations } = await new AxeBuilder({ page }).include("section.export").analyze();
      expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).join()}`)).toEqual(
        [],
      );
    }
  });

  test("shards of a chosen size, and all three forms in F32", async () => {
    await page.getByLabel("Weights", { exact: true }).selectOption("F32");
    await page.getByLabel("Largest file").selectOption("500 MB");
    await prepare();
    for (const form of ["masked", "compact", "onnx"]) {
      await expect(page.getByTestId(`export-${form}`)).toHaveAttribute("data-ok", "true");
      await expect(page.getByTestId(`export-${form}-dtype`)).toHaveText("F32");
      expect(Number(await page.getByTestId(`export-${form}-difference`).innerText())).toBeLessThan(1e-3);
    }
  });
});
