// What a soak reads from a page: bytes and buffers of the GPU, the heaps of page and worker after a collection, and stored bytes.
import type { CDPSession, Page, Worker } from "playwright";
import { type CountedBuffers, countBuffers } from "../gpuBuffers.ts";

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
  const heapOfWorker = await workerHeap(cdp);
  return async () => {
    const gpu = await worker?.evaluate(() => (globalThis as unknown as { counted: CountedBuffers }).counted);
    if (!gpu) throw new Error("expected the engine's worker to count its buffers, got none");
    await cdp.send("HeapProfiler.collectGarbage");
    const { usedSize } = await cdp.send("Runtime.getHeapUsage");
    const stored = await page.evaluate(async () => {
      const { usageDetails = {} } = (await navigator.storage.estimate()) as StorageEstimate & {
        usageDetails?: { indexedDB?: number; fileSystem?: number };
      };
      return { indexedDb: usageDetails.indexedDB ?? 0, opfs: usageDetails.fileSystem ?? 0 };
    });
    return {
      ...{ gpuBytes: gpu.bytes, gpuBuffers: gpu.buffers },
      ...{ pageHeap: usedSize, workerHeap: await heapOfWorker(), ...stored },
    };
  };
}

/** Reads the heap of the page's first worker after a collection. Its messages go through the page's own session. */
async function workerHeap(cdp: CDPSession): Promise<() => Promise<number>> {
  let sessionId = "";
  let nextId = 1;
  const waiting = new Map<number, (result: { usedSize?: number }) => void>();
  cdp.on("Target.attachedToTarget", (event) => {
    if (event.targetInfo.type === "worker") sessionId ||= event.sessionId;
  });
  cdp.on("Target.receivedMessageFromTarget", ({ message }) => {
    const { id = 0, result = {} } = JSON.parse(message) as { id?: number; result?: { usedSize?: number } };
    waiting.get(id)?.(result);
    waiting.delete(id);
  });
  await cdp.send("Target.setAutoAttach", { autoAttach: true, waitForDebuggerOnStart: false, flatten: false });
  const send = async (method: string): Promise<{ usedSize?: number }> => {
    const id = nextId++;
    const answered = new Promise<{ usedSize?: number }>((resolve) => waiting.set(id, resolve));
    await cdp.send("Target.sendMessageToTarget", { sessionId, message: JSON.stringify({ id, method }) });
    return answered;
  };
  return async () => {
    await send("HeapProfiler.collectGarbage");
    return (await send("Runtime.getHeapUsage")).usedSize ?? 0;
  };
}
