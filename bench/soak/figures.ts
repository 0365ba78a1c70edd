// What a soak reads from a page: bytes and buffers of the GPU, the heaps of page and worker after a collection, and stored bytes.
import type { Page, Worker } from "playwright";
import { type CountedBuffers, countBuffers } from "../gpuBuffers.ts";
import { openWorkerHeap } from "../workerHeap.ts";

export interface Figures {
  /** Of buffers that are not destroyed. */
  gpuBytes: number;
  gpuBuffers: number;
  /** JavaScript heaps after a collection, bytes. */
  pageHeap: number;
  workerHeap: number;
  /** Stored by the origin, bytes. */
  indexedDb: number;
  opfs: number;
}

export const FIGURES = ["gpuBytes", "gpuBuffers", "pageHeap", "workerHeap", "indexedDb", "opfs"] as const;

/** Follows the workers of a page; call it before the page is opened. Returns what reads the figures. */
export async function watchFigures(page: Page): Promise<() => Promise<Figures>> {
  let worker: Worker | undefined;
  page.on("worker", (started) => {
    // the first is the engine's; others check exports
    if (worker) return;
    worker = started;
    void started.evaluate(countBuffers);
  });
  const cdp = await page.context().newCDPSession(page);
  const heap = await openWorkerHeap(cdp);
  return async () => {
    const gpu = await worker?.evaluate(() => (globalThis as unknown as { counted: CountedBuffers }).counted);
    if (!gpu) throw new Error("expected the engine's worker to count its buffers, got none");
    await cdp.send("HeapProfiler.collectGarbage");
    const { usedSize } = await cdp.send("Runtime.getHeapUsage");
    await heap.collect();
    const ofWorker = await heap.usage();
    const stored = await page.evaluate(async () => {
      const { usageDetails = {} } = (await navigator.storage.estimate()) as StorageEstimate & {
        usageDetails?: { indexedDB?: number; fileSystem?: number };
      };
      return { indexedDb: usageDetails.indexedDB ?? 0, opfs: usageDetails.fileSystem ?? 0 };
    });
    return {
      ...{ gpuBytes: gpu.bytes, gpuBuffers: gpu.buffers },
      ...{ pageHeap: usedSize, workerHeap: ofWorker.usedSize, ...stored },
    };
  };
}
