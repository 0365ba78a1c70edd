// A tab that nobody looks at: another one is before it, so the browser gives it no frames and takes its wake lock. Training goes on, ends and is saved.
import { createServer, type AddressInfo } from "node:net";
import { chromium, expect, test, type Page } from "@playwright/test";
import { chromiumFlags, chromiumLaunch } from "../scripts/chromium/chromium.ts";
import { chartWords, finish, openStudio, stepOf } from "./support/studio.ts";

/** Screen wake locks that the page asked for: how many, and how many it has now. */
interface Locks {
  asked: number;
  held: number;
}

/** In the page, before its own scripts: keeps every wake lock. */
function keepLocks(): void {
  const locks: WakeLockSentinel[] = [];
  const request = navigator.wakeLock.request.bind(navigator.wakeLock);
  navigator.wakeLock.request = async (type) => {
    const lock = await request(type);
    locks.push(lock);
    return lock;
  };
  Object.assign(globalThis, { locks });
}

const locksOf = (page: Page): Promise<Locks> =>
  page.evaluate(() => {
    const { locks } = globalThis as typeof globalThis & { locks: WakeLockSentinel[] };
    return { asked: locks.length, held: locks.filter(({ released }) => !released).length };
  });

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** The percentage in the tab's title. */
const shownPercent = async (page: Page): Promise<number> =>
  Number(/^(\d+) %/.exec(await page.title())?.[1] ?? Number.NaN);

test("a hidden tab goes on training, and its run is measured and saved", async ({ baseURL }) => {
  const port = await freePort();
  const browser = await chromium.launch(chromiumLaunch([...chromiumFlags(), `--remote-debugging-port=${port}`]));
  try {
    // Playwright keeps its own pages visible and focused whatever is before them; those of a browser that it joins are as they are
    const joined = await chromium.connectOverCDP(`http://127.0.0.1:${port}`, { noDefaults: true });
    const [context] = joined.contexts();
    if (!context) throw new Error("expected the browser's context");
    const page = await context.newPage();
    await page.addInitScript(keepLocks);
    await openStudio(page, { steps: 50, tokens: 16, checkpointEvery: 100 }, baseURL);
    const other = await context.newPage();
    const visibility = () => page.evaluate(() => document.visibilityState);

    await page.bringToFront();
    await expect.poll(visibility).toBe("visible");
    await page.getByTestId("play").click();
    await expect.poll(() => locksOf(page)).toEqual({ asked: 1, held: 1 });
    await other.bringToFront();
    await expect.poll(visibility).toBe("hidden");
    await expect.poll(() => locksOf(page)).toEqual({ asked: 1, held: 0 });
    const { step } = await stepOf(page);
    const percent = await shownPercent(page);
    await expect.poll(async () => (await stepOf(page)).step).toBeGreaterThan(step + 3);
    await expect.poll(() => shownPercent(page)).toBeGreaterThan(Number.isNaN(percent) ? 0 : percent);

    await page.bringToFront();
    await expect.poll(visibility).toBe("visible");
    await expect.poll(() => locksOf(page)).toEqual({ asked: 2, held: 1 });
    const shown = (await stepOf(page)).step;
    await expect
      .poll(async () => Number(/up to step (\d+)/.exec(await chartWords(page, "curves"))?.[1]))
      .toBeGreaterThanOrEqual(shown - 1);

    await other.bringToFront();
    await finish(page);
    await expect(page.getByTestId("perplexity-pruned-note")).toContainText("step 50");
    await expect(page.getByTestId("run-row")).toHaveCount(1);
    expect(await visibility()).toBe("hidden");
    await expect.poll(() => page.title()).toBe("Espalier");
    expect(await locksOf(page)).toEqual({ asked: 2, held: 0 });
    await page.bringToFront();
    await expect.poll(() => chartWords(page, "curves")).toContain("up to step 49:");
  } finally {
    await browser.close();
  }
});
