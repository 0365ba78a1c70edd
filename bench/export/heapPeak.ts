// How much memory a page's worker holds at most, polled while the worker is busy.
import type { Page } from "playwright";
import { type HeapUsage, openWorkerHeap } from "../workerHeap.ts";

/** Milliseconds between two polls; a worker answers when its current computation has ended. */
const EVERY_MS = 20;
/** A poll that collects garbage takes about 15 ms. A longer one may have met garbage that was made after the collection: it does not count. */
const POLL_MS = 100;

export interface HeapPeak {
  /** Largest sum of JavaScript objects and array buffers in one answer, in bytes. */
  bytes: number;
  /** The two parts of that sum. */
  objects: number;
  buffers: number;
  /** Polls that count. */
  samples: number;
}

/**
 * Watches the page's worker until the returned function is called, which returns the peak. With `collect`, garbage is collected before
 * every poll: the peak is then the memory that is still needed, and the worker is slower. Without it the peak is what the browser holds.
 */
export async function watchWorkerHeap(page: Page, collect = false): Promise<() => Promise<HeapPeak>> {
  const cdp = await page.context().newCDPSession(page);
  const heap = await openWorkerHeap(cdp);
  const peak: HeapPeak = { bytes: 0, objects: 0, buffers: 0, samples: 0 };
  // garbage of an earlier task does not count here
  await heap.collect();
  let watching = true;
  const poll = async (): Promise<void> => {
    while (watching) {
      const began = performance.now();
      if (collect) await heap.collect();
      const usage = await heap.usage();
      if (!collect || performance.now() - began <= POLL_MS) count(peak, usage);
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    }
  };
  const polling = poll();
  // if the browser closes meanwhile, the error is thrown when the watch ends
  polling.catch(() => undefined);
  return async () => {
    watching = false;
    await polling;
    await cdp.detach();
    return { ...peak };
  };
}

function count(peak: HeapPeak, { usedSize, embedderHeapUsedSize, backingStorageSize }: HeapUsage): void {
  const objects = usedSize + embedderHeapUsedSize;
  const bytes = objects + backingStorageSize;
  peak.samples += 1;
  if (bytes > peak.bytes) Object.assign(peak, { bytes, objects, buffers: backingStorageSize });
}
