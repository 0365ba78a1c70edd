// Faults at a chosen moment of a command: the worker's devices are destroyed, or the worker ends, always at the same place of the work.
import { expect, type Page, type Worker } from "@playwright/test";
import type { Command } from "../../src/worker/protocol.ts";

/** The nth time that a command reads back (`mapAsync`) or makes a buffer (`createBuffer`). */
interface Moment {
  command: Command["type"];
  call?: "mapAsync" | "createBuffer";
  nth: number;
}

/** What the worker knows of the fault. */
interface Fuse extends Required<Moment> {
  fault: "device" | "worker";
  /** Whether the command has come. */
  burns: boolean;
  /** What the next adapter says of itself; empty: what it is. */
  adapter: string;
}

/** In the worker: keeps its devices, and counts what the command of the fuse does. */
function plantFuse(): void {
  const devices = new Set<GPUDevice>();
  const fuse: Fuse = { command: "cancel", call: "mapAsync", nth: 0, fault: "device", burns: false, adapter: "" };
  // before the listener that begins the work
  const heard = ({ data }: MessageEvent<Command>): void => void (fuse.burns ||= data.type === fuse.command);
  addEventListener("message", heard, { capture: true });
  const called = (call: Fuse["call"]): void => {
    if (!fuse.burns || fuse.call !== call) return;
    fuse.nth -= 1;
    if (fuse.nth !== 0) return;
    if (fuse.fault === "worker") return close();
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

/** Prepares the workers of a page for faults. Call it before the page is opened. */
export function plantFuses(page: Page): void {
  page.on("worker", (worker) => void worker.evaluate(plantFuse));
}

type Planted = typeof globalThis & { fuse: Fuse };

function workerOf(page: Page): Worker {
  const [worker] = page.workers();
  if (!worker) throw new Error("expected the studio's worker");
  return worker;
}

async function light(page: Page, fuse: Moment & Pick<Fuse, "fault">): Promise<void> {
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
  await light(page, { ...moment, fault: "device" });
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
