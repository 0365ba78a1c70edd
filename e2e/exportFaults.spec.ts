// Faults while an export is prepared and saved: stops, a full disk, a refused permission. Nothing half-written stays and nothing is
// lost; and exporting twice gives equal bytes.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect, test, type Page } from "@playwright/test";
import { type Files, filesIn, standInForPicker } from "./support/pickedFolder.ts";
import { chartWords, finish, openStudio } from "./support/studio.ts";

/** Milliseconds of every write while writing is slowed down: long enough to stop in the middle. */
const SLOW_MS = 250;

/** In the worker: slows every write down, or refuses to open files for writing; "usual" restores normal writing. */
async function makeWrites(page: Page, how: "usual" | "slow" | "refused"): Promise<void> {
  const worker = page.workers()[0];
  if (!worker) throw new Error("expected the studio's worker");
  await worker.evaluate(
    ([way, slowMs]) => {
      const writable = FileSystemWritableFileStream.prototype as {
        usual?: typeof FileSystemWritableFileStream.prototype.write;
      } & FileSystemWritableFileStream;
      const handle = FileSystemFileHandle.prototype as {
        usual?: typeof FileSystemFileHandle.prototype.createWritable;
      } & FileSystemFileHandle;
      const write = (writable.usual ??= writable.write);
      const open = (handle.usual ??= handle.createWritable);
      writable.write =
        way === "slow"
          ? async function (this: FileSystemWritableFileStream, data) {
              await new Promise((resolve) => setTimeout(resolve, slowMs));
              return write.call(this, data);
            }
          : write;
      handle.createWritable =
        way === "refused" ? () => Promise.reject(new DOMException("withdrawn", "NotAllowedError")) : open;
    },
    [how, SLOW_MS] as const,
  );
}

/** The files of the prepared forms, without zips, which are made from them on demand. */
async function formsOf(page: Page): Promise<Files> {
  const files = Object.entries(await filesIn(page, "exports"));
  return Object.fromEntries(files.filter(([path]) => !path.endsWith(".zip")));
}

async function prepared(page: Page): Promise<void> {
  await page.getByTestId("export-prepare").click();
  for (const form of ["masked", "compact", "onnx"])
    await expect(page.getByTestId(`export-${form}`)).toHaveAttribute("data-ok", "true");
  await expect(page.getByTestId("export-progress")).toHaveCount(0);
}

/** Saves a zip and returns its SHA-256. */
async function zipOf(page: Page, form: string): Promise<string> {
  const downloading = page.waitForEvent("download");
  await page.getByTestId(`save-zip-${form}`).click();
  const bytes = readFileSync(await (await downloading).path());
  await expect(page.getByTestId("export-saved")).toContainText(`-${form}.zip`);
  return createHash("sha256").update(bytes).digest("hex");
}

async function stopInTheMiddle(page: Page, task: "export" | "save"): Promise<void> {
  const progress = page.getByTestId(`${task}-progress`);
  await expect(progress.getByRole("status")).toHaveText(/[1-9][\d.]* (B|kB|MB) of/);
  await page.getByTestId(`${task}-cancel`).click();
  await expect(progress).toHaveCount(0);
}

test.describe.serial("an export", () => {
  let page: Page;
  let map = "";
  let firstZip = "";
  test.beforeAll(async ({ browser }) => {
    page = await browser.newPage();
    await standInForPicker(page);
    await openStudio(page, { steps: 2, tokens: 32, checkpointEvery: 2 });
    await page.getByTestId("play").click();
    await finish(page);
    await expect(page.getByTestId("perplexity-pruned-note")).toContainText("step 2");
    map = await chartWords(page, "map");
  });
  test.afterEach(async () => {
    await makeWrites(page, "usual");
    expect(await chartWords(page, "map")).toBe(map);
    await expect(page.getByTestId("export-prepare")).toBeEnabled();
  });
  test.afterAll(() => page.close());

  test("stopped while it is prepared leaves no file, and can be prepared again", async () => {
    await makeWrites(page, "slow");
    await page.getByTestId("export-prepare").click();
    await stopInTheMiddle(page, "export");
    await expect(page.getByTestId("export-error")).toHaveCount(0);
    expect(await filesIn(page, "exports")).toEqual({});
    await makeWrites(page, "usual");
    await prepared(page);
    firstZip = await zipOf(page, "compact");
  });

  test("stopped while a second one is prepared can still be saved", async () => {
    const before = await formsOf(page);
    await makeWrites(page, "slow");
    await page.getByTestId("export-prepare").click();
    await stopInTheMiddle(page, "export");
    await makeWrites(page, "usual");
    expect(await formsOf(page)).toEqual(before);
    expect(await zipOf(page, "compact")).toBe(firstZip);
  });

  test("stopped while a zip or a folder is saved leaves no half of either", async () => {
    const before = await filesIn(page, "exports");
    await makeWrites(page, "slow");
    await page.getByTestId("save-zip-masked").click();
    await stopInTheMiddle(page, "save");
    expect(await filesIn(page, "exports")).toEqual(before);
    await page.getByTestId("save-folder-masked").click();
    await stopInTheMiddle(page, "save");
    expect(await filesIn(page, "picked")).toEqual({});
    await expect(page.getByTestId("save-error")).toHaveCount(0);
  });

  test("refused by the folder says so, and an older export there stays complete", async () => {
    await page.getByTestId("save-folder-onnx").click();
    await expect(page.getByTestId("export-saved")).toContainText(/^Saved \d+ files to picked$/);
    const older = await filesIn(page, "picked");
    expect(Object.keys(older).join()).toContain("-pruned-onnx/onnx/model.onnx");
    await makeWrites(page, "refused");
    await page.getByTestId("save-folder-onnx").click();
    const error = page.getByTestId("save-error");
    await expect(error).toHaveAttribute("data-code", "storage");
    await expect(error).toContainText("NotAllowedError");
    await expect(error).toContainText("choose the folder again");
    expect(await filesIn(page, "picked")).toEqual(older);
    await makeWrites(page, "usual");
  });

  test("that was written twice has equal bytes, as a folder and as a zip", async () => {
    const older = await filesIn(page, "picked");
    await prepared(page);
    expect(await zipOf(page, "compact")).toBe(firstZip);
    await page.getByTestId("save-folder-onnx").click();
    await expect(page.getByTestId("export-saved")).toContainText(/^Saved \d+ files to picked$/);
    expect(await filesIn(page, "picked")).toEqual(older);
  });

  test("that does not fit states how much room it needs and how much there is, and the earlier one stays", async ({
    baseURL,
  }) => {
    const before = await formsOf(page);
    const used = await page.evaluate(async () => (await navigator.storage.estimate()).usage ?? 0);
    // a second export may use the room of the first one's zip, which is made again on demand
    const cdp = await page.context().newCDPSession(page);
    const origin = new URL(baseURL ?? "").origin;
    await cdp.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: used });
    await page.getByTestId("export-prepare").click();
    const error = page.getByTestId("export-error");
    await expect(error).toHaveAttribute("data-code", "storage");
    await expect(error).toContainText(
      /model\.safetensors failed \(QuotaExceededError\).*needs 7\.\d MB, and there is room for [0-6]\.\d MB.*free disk space/,
    );
    expect(await formsOf(page)).toEqual(before);
    await cdp.send("Storage.overrideQuotaForOrigin", { origin });
    expect(await zipOf(page, "compact")).toBe(firstZip);
    await prepared(page);
    await expect(error).toHaveCount(0);
  });
});
