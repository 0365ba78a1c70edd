// A GPU device that is lost in the middle of each kind of work, on one page: the page says so, gets a device again, and the work is done
// again or resumes. A device is destroyed when the worker reads back for the nth time, so each loss comes at the same place.
import { expect, test, type Page } from "@playwright/test";
import { filesIn } from "./support/pickedFolder.ts";
import { openForSoak } from "../bench/soak/scenarios.ts";

const recipe = {
  ...{ ratioMode: "every", steps: 12, tokens: 16, checkpointEvery: 2 },
  ...{ calibrationSequences: 2, calibrationTokens: 16 },
};

/** In the worker: keeps the devices that make buffers, and destroys them all at the read-back that `fuse` counts down to. */
function keepDevices(): void {
  const devices = new Set<GPUDevice>();
  const state = { fuse: 0 };
  const create = GPUDevice.prototype.createBuffer;
  GPUDevice.prototype.createBuffer = function (given) {
    devices.add(this);
    return create.call(this, given);
  };
  const map = GPUBuffer.prototype.mapAsync;
  GPUBuffer.prototype.mapAsync = function (...given) {
    state.fuse -= 1;
    if (state.fuse === 0) {
      for (const device of devices) device.destroy();
      devices.clear();
    }
    return map.apply(this, given);
  };
  Object.assign(globalThis, { state });
}

test.describe.serial("a lost device", () => {
  let page: Page;
  test.beforeAll(async ({ browser, baseURL }) => {
    page = await browser.newPage();
    page.on("worker", (worker) => void worker.evaluate(keepDevices));
    await openForSoak(page, { recipe }, baseURL ?? "");
  });
  test.afterAll(() => page.close());

  const banner = () => page.getByTestId("device-lost");

  /** Loses the device at the nth read-back from now, in the work that `start` begins, and waits for the page to say so. */
  async function loseIn(start: () => Promise<unknown>, readBack: number): Promise<void> {
    const worker = page.workers()[0];
    await worker?.evaluate((count) => {
      (globalThis as unknown as { state: { fuse: number } }).state.fuse = count;
    }, readBack);
    await start();
    await expect(banner()).toHaveAttribute("data-code", "device-lost");
  }

  /** Opens the device again; nothing on the page calls the loss a fault of the program. */
  async function reopen(): Promise<void> {
    await page.getByTestId("reopen-device").click();
    await expect(banner()).toHaveCount(0);
    await expect(page.getByText("Something went wrong that should not")).toHaveCount(0);
  }

  const press = (testId: string) => () => page.getByTestId(testId).click();

  test("in a training: it resumes from its checkpoint, and its last masks are measured", async () => {
    // after its first checkpoints
    await loseIn(press("play"), 16);
    await reopen();
    await expect(page.getByTestId("run-phase")).toHaveText("done");
    await expect(page.getByTestId("perplexity-pruned-note")).toContainText("step 12");
  });

  test("twice in a row: while it is opened again, it can be opened once more", async () => {
    await loseIn(press("generate"), 3);
    await loseIn(press("reopen-device"), 1);
    await expect(page.getByTestId("reopen-device")).toBeEnabled();
    await reopen();
    await press("generate")();
    await expect(page.getByTestId("text-pruned")).toHaveText(/\S{3}/);
    await expect(page.getByTestId("text-error")).toHaveCount(0);
  });

  test("in the curve over the ratios: it is filled once it is asked for again", async () => {
    await page.getByTestId("evaluation-tokens").selectOption({ index: 1 });
    await loseIn(press("curve-start"), 3);
    await reopen();
    await press("curve-start")();
    await expect(page.getByTestId("curve-error")).toHaveCount(0);
    await expect(page.locator("[data-chart=ratio-curve] [data-keep]")).not.toHaveCount(0);
  });

  for (const [what, start, readBack, done] of [
    ["an export", "export-prepare", 4, "export-compact"],
    ["a nested export", "nested-prepare", 4, "export-nested"],
    ["the self-check", "self-check-start", 9, "self-check"],
  ] as const)
    test(`in ${what}: it can be started again`, async () => {
      await loseIn(press(start), readBack);
      await reopen();
      await press(start)();
      const ended = page.getByTestId(done);
      if (start === "self-check-start") await expect(ended).toContainText(/\d+ of \d+ cases/);
      else await expect(ended).toHaveAttribute("data-ok", "true");
    });

  test("in pruning single weights: it can be started again", async () => {
    await page.getByTestId("method").selectOption("dass");
    await loseIn(press("weights-prune"), 2);
    await reopen();
    await press("weights-prune")();
    await expect(page.getByTestId("weights-kept")).toHaveText(/50\.0 %/);
  });

  test("a frozen tab: a training goes on when it is shown again", async () => {
    await page.getByTestId("method").selectOption("disp");
    const cdp = await page.context().newCDPSession(page);
    await press("play")();
    await cdp.send("Page.setWebLifecycleState", { state: "frozen" });
    await cdp.send("Page.setWebLifecycleState", { state: "active" });
    await expect(page.getByTestId("run-phase")).toHaveText("done");
  });

  test("a worker that ends in an export: the page says so, and after a reload nothing of the export is left", async () => {
    await press("export-prepare")();
    await expect(page.getByTestId("export-progress")).toBeVisible();
    const [worker] = page.workers();
    await worker?.evaluate(() => self.close());
    await expect(page.getByTestId("worker-dead")).toContainText("Reload the page");
    await page.reload();
    await expect(page.getByTestId("perplexity-dense-note")).toHaveText(/\d tokens$/);
    await expect.poll(async () => Object.keys(await filesIn(page, "exports"))).toEqual([]);
  });
});
