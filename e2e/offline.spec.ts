// Without the network: a second visit loads and trains from the copy that the first one kept, and a new version is announced, never swapped in.
import { createServer } from "node:http";
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { expect, test, type Page } from "@playwright/test";
import { serveBuilt } from "../scripts/studio/serve.ts";
import { stepOf, trainTo } from "./support/studio.ts";

/** A built studio that this test serves itself, changes and takes away. */
const FOLDER = ".cache/offline-studio";

type Served = Awaited<ReturnType<typeof serveBuilt>>;

/**
 * Waits until the newest service worker serves. Chromium stops the one before as soon as its last page is left, and may never answer a visit
 * that it has already given to that one.
 */
async function newestServes(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const states = new Map<string, string>();
  session.on("ServiceWorker.workerVersionUpdated", ({ versions }) => {
    for (const { versionId, status } of versions) states.set(versionId, status);
  });
  await session.send("ServiceWorker.enable");
  await expect.poll(() => [...states.values()].filter((state) => state !== "redundant")).toEqual(["activated"]);
  await session.detach();
}

test.describe.serial("without the network", () => {
  let page: Page;
  let served: Served;
  test.beforeAll(async ({ browser }) => {
    cpSync("dist", FOLDER, { recursive: true });
    served = await serveBuilt(FOLDER);
    page = await (await browser.newContext({ serviceWorkers: "allow", reducedMotion: "reduce" })).newPage();
    await page.goto(served.address);
  });
  test.afterAll(async () => {
    await page.context().close();
    await served.close();
    rmSync(FOLDER, { recursive: true, force: true });
  });

  test("announces another version, and changes nothing under a page that is open", async () => {
    await expect(page.getByTestId("model-name")).toHaveText(/speeches/);
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
    await expect(page.getByTestId("new-version")).toHaveCount(0);
    await page.getByTestId("storage").click();
    await expect(page.getByTestId("storage-offline")).toContainText("loads and trains without the network");
    await expect(page.getByTestId("stored-page")).toContainText(/2\d\.\d MB/);
    await page.keyboard.press("Escape");
    const [html, worker] = [`${FOLDER}/index.html`, `${FOLDER}/serviceWorker.js`].map((file) => ({
      file,
      text: readFileSync(file, "utf8"),
    }));
    if (!html || !worker) throw new Error("expected two files");
    writeFileSync(html.file, html.text.replace(/assets\/index-[\w-]+\.js/, "assets/index-newer.js"));
    writeFileSync(worker.file, `${worker.text}\n// another version`);
    await page.evaluate(async () => (await navigator.serviceWorker.getRegistration())?.update());
    await expect(page.getByTestId("new-version")).toContainText("A new version of Espalier is available.");
    expect(await page.evaluate(async () => (await navigator.serviceWorker.getRegistration())?.waiting?.state)).toBe(
      "installed",
    );
    for (const { file, text } of [html, worker]) writeFileSync(file, text);
    await page.evaluate(async () => (await navigator.serviceWorker.getRegistration())?.update());
    // a worker that is still installing when the server goes away would make the next visit another test
    const installing = () =>
      page.evaluate(async () => (await navigator.serviceWorker.getRegistration())?.installing?.state ?? "none");
    await expect.poll(installing).toBe("none");
  });

  test("loads and trains once the server is gone", async () => {
    await served.close();
    await page.goto("about:blank");
    await newestServes(page);
    await page.goto(`${served.address}#steps=60&tokens=32&checkpointEvery=50`);
    await expect(page.getByTestId("model-name")).toHaveText(/speeches/);
    await expect(page.getByTestId("perplexity-dense-note")).toHaveText(/2,048 tokens$/);
    await trainTo(page, 2);
    expect((await stepOf(page)).of).toBe(60);
    await expect(page.getByTestId("notice")).toHaveCount(0);
  });

  test("waits once for a network that never answers", async () => {
    const asked: string[] = [];
    const silent = createServer(({ url = "" }) => void asked.push(url));
    await new Promise<void>((resolve) =>
      silent.listen(Number(new URL(served.address).port), "localhost", () => resolve()),
    );
    await page.goto("about:blank");
    await page.goto(served.address);
    await expect(page.getByTestId("model-name")).toHaveText(/speeches/);
    silent.closeAllConnections();
    silent.close();
    // the browser itself looks for a newer service worker
    expect(asked.filter((url) => !url.includes("serviceWorker.js"))).toEqual(["/"]);
  });
});
