// GGUF as the fourth form: sizes before anything is written, the check in llama.cpp, which is loaded only for it, and a file that fails it.
import AxeBuilder from "@axe-core/playwright";
import { expect, test, type Page } from "@playwright/test";
import { filesIn } from "./support/pickedFolder.ts";
import { finish, openStudio } from "./support/studio.ts";

test.describe.serial("an export to GGUF", () => {
  let page: Page;
  /** Addresses of llama.cpp that the page has fetched. */
  const fetched: string[] = [];
  test.beforeAll(async ({ browser }) => {
    page = await (await browser.newContext({ reducedMotion: "reduce" })).newPage();
    page.context().on("request", (request) => {
      if (/llama/i.test(request.url())) fetched.push(request.url());
    });
    await openStudio(page, { steps: 4, tokens: 32, checkpointEvery: 4 });
    await page.getByTestId("play").click();
    await finish(page);
    await expect(page.getByTestId("perplexity-pruned-note")).toContainText("step 4");
  });
  test.afterAll(() => page.context().close());

  async function prepare(): Promise<void> {
    await page.getByTestId("export-prepare").click();
    await expect(page.getByTestId("export-progress")).toBeVisible();
    await expect(page.getByTestId("export-prepare")).toBeEnabled({ timeout: 120_000 });
  }

  test("the sizes of all forms are read before anything is written", async () => {
    await page.getByTestId("export-sizes").locator("summary").press("Enter");
    const rows = page.getByTestId("size-row");
    await expect(rows).toHaveCount(13);
    await expect(rows.filter({ hasText: /^GGUF Q4_0/ })).toHaveText(
      /[\d.]+ MB\d\d\.\d %, \d+ MLP dimensions of zeros to round widths up/,
    );
    await expect(rows.filter({ hasText: /^GGUF F16/ })).toHaveText(/\d\d\.\d %$/);
    expect(await filesIn(page, "exports")).toEqual({});
    expect(fetched).toEqual([]);
  });

  test("a quantised file is measured, opened by llama.cpp from this origin, and offered", async () => {
    await page.getByLabel("GGUF, for llama.cpp").selectOption("Q8_0");
    await prepare();
    const row = page.getByTestId("export-gguf");
    await expect(row).toHaveAttribute("data-ok", "true");
    await expect(page.getByTestId("export-gguf-dtype")).toHaveText("Q8_0");
    await expect(page.getByTestId("export-gguf-perplexity")).toHaveText(/^\d+\.\d\d$/);
    await expect(page.getByTestId("export-gguf-llama")).toHaveText(
      /^same next token \d+\.\d % of 16, log-probabilities within [\d.e−-]+; \d+ tokens of the text are equal \(b\d+-\w+\)$/,
    );
    await expect(row).toContainText("llama-cli -m model.gguf");
    await expect(page.getByTestId("export-gguf-masked")).toHaveCount(0);
    await expect(page.getByTestId("save-zip-gguf")).toBeEnabled();
    const { origin } = new URL(page.url());
    expect(fetched.some((url) => url.endsWith(".wasm"))).toBe(true);
    expect(fetched.filter((url) => new URL(url.replace(/^blob:/, "")).origin !== origin)).toEqual([]);
  });

  test("rows and sizes are accessible in both themes", async () => {
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      const { violations } = await new AxeBuilder({ page }).include("section.export").analyze();
      expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).join()}`)).toEqual(
        [],
      );
    }
  });

  test("a file that llama.cpp computes otherwise is refused, and the others can be saved", async () => {
    const worker = page.workers()[0];
    if (!worker) throw new Error("expected the studio to have a worker");
    await worker.evaluate(() => {
      const workers = Worker.prototype;
      const usual = workers.postMessage as (this: Worker, message: unknown, transfer: Transferable[]) => void;
      workers.postMessage = function (this: Worker, message: { type: string; bytes: Uint8Array }, transfer: unknown) {
        if (message.type === "part") message.bytes.fill(0x11, message.bytes.length - 1_000_000);
        usual.call(this, message, transfer as Transferable[]);
      };
    });
    await prepare();
    await expect(page.getByTestId("export-gguf")).toHaveAttribute("data-ok", "false");
    await expect(page.getByTestId("export-gguf-refused")).toContainText(
      /Not available: llama\.cpp \(wllama, wasm\) computes other probabilities than the engine/i,
    );
    await expect(page.getByTestId("save-zip-gguf")).toHaveCount(0);
    await expect(page.getByTestId("export-compact")).toHaveAttribute("data-ok", "true");
    const left = Object.keys(await filesIn(page, "exports"));
    expect(left.filter((path) => path.endsWith(".gguf"))).toEqual([]);
  });
});
