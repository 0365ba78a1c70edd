// The library of models: downloaded from a local server, kept, opened offline, repaired, stopped and removed; and folders.
import AxeBuilder from "@axe-core/playwright";
import { expect, test, type Page } from "@playwright/test";
import { type FaultyServer, filesFrom, serveFaulty } from "../scripts/test/faultyServer.ts";
import { openStudio } from "./support/studio.ts";

const WEIGHTS = "model.safetensors";
const GOLDEN = filesFrom("golden/llama", ["config.json", "tokenizer.json", WEIGHTS]);
const CARD = "---\nlicense: cc0-1.0\n---\n";
const BYTES = GOLDEN[WEIGHTS]!.length;

/** Size of the only file of this name among the downloaded models in the origin's private file system, cut to `cutTo` bytes where given. */
function storedBytes(page: Page, name: string, cutTo?: number): Promise<number> {
  return page.evaluate(
    async ({ name, cutTo }) => {
      const root = await (await navigator.storage.getDirectory()).getDirectoryHandle("models");
      for await (const folder of root.values()) {
        if (folder.kind !== "directory") continue;
        const file = await folder.getFileHandle(name);
        if (cutTo !== undefined) {
          const stream = await file.createWritable({ keepExistingData: true });
          await stream.truncate(cutTo);
          await stream.close();
        }
        return (await file.getFile()).size;
      }
      return -1;
    },
    { name, cutTo },
  );
}

test.describe.serial("the library", () => {
  let server: FaultyServer;
  let page: Page;
  let address = "";
  test.beforeAll(async ({ browser }) => {
    const files = Object.fromEntries(Object.entries(GOLDEN).map(([name, bytes]) => [`tiny/${name}`, bytes]));
    server = await serveFaulty({ ...files, "tiny/README.md": CARD });
    address = `${server.address}tiny/`;
    page = await (await browser.newContext({ reducedMotion: "reduce" })).newPage();
    await openStudio(page, { steps: 8, tokens: 32 });
  });
  test.afterAll(async () => {
    await page.context().close();
    await server.close();
  });

  async function showLibrary(): Promise<void> {
    await page.getByTestId("models").click();
    await expect(page.getByTestId("library")).toBeVisible();
  }
  async function fetchFrom(typed: string): Promise<void> {
    await page.getByTestId("hub-address").fill(typed);
    await page.getByTestId("hub-fetch").click();
  }
  async function expectGoldenOpen(): Promise<void> {
    await expect(page.getByTestId("library")).toHaveCount(0);
    await expect(page.getByTestId("model-name")).toHaveText("tiny");
    await expect(page.getByTestId("model-licence")).toHaveText("CC0-1.0");
  }
  const row = () => page.getByTestId("cached-model");

  test("opens by key, names the embedded model with size and licence, and closes by Escape", async () => {
    await page.getByTestId("models").focus();
    await page.keyboard.press("Enter");
    const embedded = page.getByTestId("embedded-model");
    await expect(embedded).toContainText("speeches-3.5M");
    await expect(embedded).toContainText("llama · 7.09 MB · MIT");
    await expect(embedded).toContainText("currently open");
    await expect(page.getByTestId("cached-model")).toHaveCount(0);
    expect((await new AxeBuilder({ page }).include("[data-testid=library]").analyze()).violations).toEqual([]);
    await page.keyboard.press("Escape");
    await expect(page.getByTestId("library")).toHaveCount(0);
    await expect(page.getByTestId("models")).toBeFocused();
  });

  test("shows what is wrong with an address, and keeps the open model", async () => {
    await showLibrary();
    for (const [typed, message] of [
      ["gpt2", "organisation/model"],
      [`${server.address}nothing/`, "There is no config.json at"],
    ] as const) {
      await fetchFrom(typed);
      await expect(page.getByTestId("open-error")).toContainText(message);
    }
    server.fault = () => ({ kind: "page", type: "text/html" });
    await fetchFrom(address);
    await expect(page.getByTestId("open-error")).toContainText("expected the file, got a web page (text/html)");
    server.fault = () => undefined;
    await expect(page.getByTestId("model-name")).toHaveText(/speeches/);
  });

  test("stops a download half-way, and lists it as incomplete", async () => {
    server.slowMs = 400;
    await fetchFrom(address);
    await expect(page.getByTestId("opening-bytes")).toHaveText(/^[2-5]\d\d kB of 7\d\d kB, \d+ s left/);
    await page.getByTestId("open-cancel").click();
    await expect(page.getByTestId("opening")).toHaveCount(0);
    await expect(page.getByTestId("open-error")).toHaveCount(0);
    await expect(row()).toContainText(/\d kB of 7\d\d kB downloaded/);
    await expect(page.getByTestId("model-name")).toHaveText(/speeches/);
    server.slowMs = 0;
  });

  test("resumes where it stopped, and opens the model", async () => {
    const before = server.requests.length;
    await row().getByTestId("row-open").click();
    await expectGoldenOpen();
    const resumed = server.requests
      .slice(before)
      .filter(({ path, range }) => path.endsWith(WEIGHTS) && range?.last !== 63);
    expect(resumed.map(({ range }) => range?.first)).toEqual([expect.any(Number)]);
    expect(resumed[0]?.range?.first).toBeGreaterThan(0);
  });

  test("opens it after a reload without the network", async () => {
    await page.reload();
    await expect(page.getByTestId("model-name")).toHaveText(/speeches/);
    const before = server.requests.length;
    await showLibrary();
    await expect(row()).toContainText("llama");
    await expect(row()).toContainText("CC0-1.0");
    await page.context().setOffline(true);
    await row().getByTestId("row-open").click();
    await expectGoldenOpen();
    await page.context().setOffline(false);
    expect(server.requests.length).toBe(before);
  });

  test("downloads a broken file again", async () => {
    await page.reload();
    await expect(page.getByTestId("model-name")).toHaveText(/speeches/);
    expect(await storedBytes(page, WEIGHTS, 1000)).toBe(1000);
    await showLibrary();
    await row().getByTestId("row-open").click();
    await expectGoldenOpen();
    expect(await storedBytes(page, WEIGHTS)).toBe(BYTES);
  });

  test("remembers a picked folder, and opens it again by its handle", async () => {
    // a test cannot use the browser's picker, so a folder of the private file system stands in
    await page.evaluate(
      async (files) => {
        const root = await navigator.storage.getDirectory();
        const folder = await root.getDirectoryHandle("my-model", { create: true });
        for (const [name, text] of Object.entries(files)) {
          const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
          const stream = await (await folder.getFileHandle(name, { create: true })).createWritable();
          await stream.write(bytes);
          await stream.close();
        }
        window.showDirectoryPicker = () => Promise.resolve(folder);
      },
      Object.fromEntries(Object.entries(GOLDEN).map(([name, bytes]) => [name, Buffer.from(bytes).toString("base64")])),
    );
    await page.getByTestId("open-folder").click();
    await expect(page.getByTestId("model-name")).toHaveText("my-model");
    await page.reload();
    await expect(page.getByTestId("model-name")).toHaveText(/speeches/);
    await showLibrary();
    const folder = page.getByTestId("picked-folder");
    await expect(folder).toContainText("a folder on this machine");
    await folder.getByTestId("row-open").click();
    await expect(page.getByTestId("model-name")).toHaveText("my-model");
  });

  test("removes a model and shows how much was freed", async () => {
    await showLibrary();
    await row().getByTestId("remove").click();
    await expect(row()).toContainText(/Remove and free 7\d\d kB\?/);
    await row().getByTestId("remove-confirm").click();
    await expect(page.getByTestId("removed")).toHaveText(/^Removed tiny: 7\d\d kB freed\.$/);
    await expect(row()).toHaveCount(0);
  });
});
