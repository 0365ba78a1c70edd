// A GPU device that is destroyed in the middle of work: the page says so, gets a device again, and the work resumes or can be done again. It
// happens when the worker reads back for the nth time, so each loss comes at the same place.
import { expect, test, type Page } from "@playwright/test";
import { openForSoak } from "../bench/soak/scenarios.ts";

/** How many read-backs are left until the loss, and how many there were. */
interface Fuse {
  fuse: number;
  readBacks: number;
}

const recipe = {
  ...{ ratioMode: "every", steps: 12, tokens: 16, checkpointEvery: 2 },
  ...{ calibrationSequences: 2, calibrationTokens: 16 },
};

/** Between two looks at whether the page still measures in the background. */
const QUIET_MS = 1000;

/** In the worker: keeps the devices that make buffers, and destroys them all at the read-back that `fuse` counts down to. */
function keepDevices(): void {
  const devices = new Set<GPUDevice>();
  const state: Fuse = { fuse: 0, readBacks: 0 };
  const create = GPUDevice.prototype.createBuffer;
  GPUDevice.prototype.createBuffer = function (given) {
    devices.add(this);
    return create.call(this, given);
  };
  const map = GPUBuffer.prototype.mapAsync;
  GPUBuffer.prototype.mapAsync = function (...given) {
    state.fuse -= 1;
    state.readBacks += 1;
    if (state.fuse === 0) {
      for (const device of devices) device.destroy();
      devices.clear();
    }
    return map.apply(this, given);
  };
  Object.assign(globalThis, { state });
}

test.describe("a lost device", () => {
  let page: Page;
  test.beforeAll(async ({ browser, baseURL }) => {
    page = await browser.newPage();
    page.on("worker", (worker) => void worker.evaluate(keepDevices));
    await openForSoak(page, { recipe }, baseURL ?? "");
  });
  test.afterAll(() => page.close());

  const banner = () => page.getByTestId("device-lost");

  /** Waits until nothing is measured in the background, whose read-backs would be counted. */
  async function quiet(): Promise<void> {
    const readBacks = () =>
      page.workers()[0]?.evaluate(() => (globalThis as unknown as { state: Fuse }).state.readBacks);
    await expect
      .poll(async () => {
        const before = await readBacks();
        await page.waitForTimeout(QUIET_MS);
        return (await readBacks()) === before;
      })
      .toBe(true);
  }

  /** Loses the device at the nth read-back from now, in the work that `start` begins, and waits for the page to say so. */
  async function loseIn(start: () => Promise<unknown>, readBack: number): Promise<void> {
    await quiet();
    await page.workers()[0]?.evaluate((count) => {
      (globalThis as unknown as { state: Fuse }).state.fuse = count;
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

  test("in a text, twice in a row: it can be written again", async () => {
    for (const readBack of [3, 2]) {
      await loseIn(press("generate"), readBack);
      await reopen();
    }
    await press("generate")();
    await expect(page.getByTestId("text-pruned")).toHaveText(/\S{3}/);
    await expect(page.getByTestId("text-error")).toHaveCount(0);
  });
});
