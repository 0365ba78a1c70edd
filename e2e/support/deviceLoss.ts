// Faults at a chosen moment of a command, always at the same place of the work: the GPU process crashes, the worker's devices are destroyed, or
// the worker ends.
import { type CDPSession, expect, type LaunchOptions, type Page, type Worker } from "@playwright/test";
import { chromiumFlags, chromiumLaunch } from "../../scripts/chromium/chromium.ts";
import type { Command } from "../../src/worker/protocol.ts";

/**
 * A browser that starts its GPU process again however often it crashed, and gives the page an adapter each time. Without both switches Chromium
 * gives none after the second crash.
 */
export const CRASHABLE: LaunchOptions = chromiumLaunch([
  ...chromiumFlags(),
  "--disable-gpu-process-crash-limit",
  "--disable-domain-blocking-for-3d-apis",
]);

/** The worker asks for this when its GPU process is to crash. */
const CRASH = "/crash-the-gpu-process";

/** The nth time that a command reads back (`mapAsync`) or makes a buffer (`createBuffer`). */
interface Moment {
  command: Command["type"];
  call?: "mapAsync" | "createBuffer";
  nth: number;
  /** The GPU process crashes (default), or the worker's devices are destroyed, as by a driver that resets. */
  fault?: "crash" | "destroy";
}

/** What the worker knows of the fault. */
interface Fuse extends Required<Omit<Moment, "fault">> {
  fault: "crash" | "destroy" | "worker";
  /** Where a crash is asked for. */
  crash: string;
  /** Whether the command has come. */
  burns: boolean;
  /** What the next adapter says of itself; empty: what it is. */
  adapter: string;
}

/** In the worker: keeps its devices, and counts what the command of the fuse does. */
function plantFuse(crash: string): void {
  const devices = new Set<GPUDevice>();
  const fuse: Fuse = { command: "cancel", call: "mapAsync", nth: 0, fault: "crash", crash, burns: false, adapter: "" };
  // before the listener that begins the work
  const heard = ({ data }: MessageEvent<Command>): void => void (fuse.burns ||= data.type === fuse.command);
  addEventListener("message", heard, { capture: true });
  const called = (call: Fuse["call"]): void => {
    if (!fuse.burns || fuse.call !== call) return;
    fuse.nth -= 1;
    if (fuse.nth !== 0) return;
    if (fuse.fault === "worker") return close();
    if (fuse.fault === "crash") {
      // the worker waits here until the process is gone, so that the crash is always at this place
      const request = new XMLHttpRequest();
      request.open("GET", fuse.crash, false);
      request.send();
      return;
    }
    for (const device of devices) device.destroy();
    devices.clear();
  };
  const create = GPUDevice.prototype.createBuffer;
  GPUDevice.prototype.createBuffer = function (given) {
    devices.add(this);
    called("createBuffer");
    return create.call(this, given);
  };
  const map = GPUBuffer.prototype.mapAsync;
  GPUBuffer.prototype.mapAsync = function (...given) {
    called("mapAsync");
    return map.apply(this, given);
  };
  const request = GPU.prototype.requestAdapter;
  GPU.prototype.requestAdapter = async function (...given) {
    const adapter = await request.apply(this, given);
    if (!adapter || fuse.adapter === "") return adapter;
    const { vendor, subgroupMinSize, subgroupMaxSize } = adapter.info;
    const info = { vendor, architecture: fuse.adapter, description: "", subgroupMinSize, subgroupMaxSize };
    return Object.defineProperty(adapter, "info", { value: info });
  };
  Object.assign(globalThis, { fuse });
}

/** The id of the GPU process; undefined while there is none. */
async function gpuProcess(cdp: CDPSession): Promise<number | undefined> {
  const { processInfo } = await cdp.send("SystemInfo.getProcessInfo");
  return processInfo.find(({ type }) => type === "GPU")?.id;
}

/** Crashes the GPU process of the page's browser; resolves when it is gone. */
export async function crashGpuProcess(page: Page): Promise<void> {
  const cdp = await page.context().browser()?.newBrowserCDPSession();
  if (!cdp) throw new Error("expected the page's browser");
  const before = await gpuProcess(cdp);
  // no answer is sent, as the process is gone
  cdp.send("Browser.crashGpuProcess").catch(() => undefined);
  await expect.poll(() => gpuProcess(cdp), "the GPU process").not.toBe(before);
  await cdp.detach();
}

/** Prepares the workers of a page for faults. Call it before the page is opened. */
export async function plantFuses(page: Page): Promise<void> {
  page.on("worker", (worker) => void worker.evaluate(plantFuse, CRASH));
  await page.route(`**${CRASH}`, async (route) => {
    await crashGpuProcess(page);
    await route.fulfill({ body: "" });
  });
}

type Planted = typeof globalThis & { fuse: Fuse };

function workerOf(page: Page): Worker {
  const [worker] = page.workers();
  if (!worker) throw new Error("expected the studio's worker");
  return worker;
}

async function light(page: Page, fuse: Omit<Moment, "fault"> & Pick<Fuse, "fault">): Promise<void> {
  await workerOf(page).evaluate(
    (next) => void Object.assign((globalThis as Planted).fuse, { call: "mapAsync", burns: false }, next),
    fuse,
  );
}

/** From the next device on, the adapter says that it is another one; empty: what it is. */
export async function nameAdapter(page: Page, adapter: string): Promise<void> {
  await workerOf(page).evaluate((name) => void ((globalThis as Planted).fuse.adapter = name), adapter);
}

const banner = (page: Page) => page.getByTestId("device-lost");

/** Nothing says that a task is running. */
const expectAtRest = (page: Page): Promise<void> => expect(page.locator(".task-progress")).toHaveCount(0);

/** Loses the device in the work that `start` begins: the banner alone says so, and nothing seems to go on. */
export async function loseIn(page: Page, moment: Moment, start: () => Promise<unknown>): Promise<void> {
  await light(page, { fault: "crash", ...moment });
  await start();
  const left = () => workerOf(page).evaluate(() => (globalThis as Planted).fuse.nth);
  await expect.poll(left, `read-backs or buffers of ${moment.command} until the loss`).toBeLessThanOrEqual(0);
  await expect(banner(page)).toHaveAttribute("data-code", "device-lost");
  await expect(banner(page)).toContainText("reopen the GPU");
  await expect(page.getByRole("alert")).toHaveCount(1);
  await expectAtRest(page);
}

/** Opens the GPU again. Errors of the lost device are gone, and the dense model is measured. */
export async function reopen(page: Page): Promise<void> {
  await page.getByTestId("reopen-device").click();
  await expect(banner(page)).toHaveCount(0);
  await expect(page.getByTestId("perplexity-dense-note")).toHaveText(/\d tokens$/);
  await expectAtRest(page);
  await expect(page.getByRole("alert")).toHaveCount(0);
}

/** Loses the device at each of these moments of the same work, one after the other, and gets it again each time. */
export async function loseAndReopen(
  page: Page,
  moments: readonly Moment[],
  start: () => Promise<unknown>,
): Promise<void> {
  for (const moment of moments) {
    await loseIn(page, moment, start);
    await reopen(page);
  }
}

/** Ends the worker in the work that `start` begins: the page says so once and how to go on, and nothing seems to go on. */
export async function endWorkerIn(page: Page, moment: Moment, start: () => Promise<unknown>): Promise<void> {
  await light(page, { ...moment, fault: "worker" });
  await start();
  await expect(page.getByTestId("worker-dead")).toContainText(/^GPU work has ended\..*Reload the page/);
  await expect(page.getByRole("alert")).toHaveCount(1);
  await expectAtRest(page);
}
