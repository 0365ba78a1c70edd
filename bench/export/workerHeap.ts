// How much memory a page's worker holds: V8's own numbers, polled while the worker is busy.
import type { Page } from "playwright";

/** Milliseconds between two polls; a worker answers when its current computation has ended. */
const EVERY_MS = 20;

/** The name of the worker in exportPage.ts and src/main.tsx. */
const WORKER = "espalier";

export interface HeapPeak {
  /** Largest sum of JavaScript objects and array buffers in one answer, in bytes. */
  bytes: number;
  /** The two parts of that sum. */
  objects: number;
  buffers: number;
  /** Polls that were answered. */
  samples: number;
}

interface HeapUsage {
  usedSize: number;
  embedderHeapUsedSize: number;
  backingStorageSize: number;
}

/**
 * Watches the page's worker until the returned function is called, which returns the peak. With `collect`, garbage is collected before
 * every poll: the peak is then the memory that is still needed, and the worker is slower. Without it the peak is what the browser holds.
 */
export async function watchWorkerHeap(page: Page, collect = false): Promise<() => Promise<HeapPeak>> {
  const cdp = await page.context().newCDPSession(page);
  const worker = new Promise<string>((resolve) => {
    cdp.on("Target.attachedToTarget", ({ sessionId, targetInfo }) => {
      if (targetInfo.type === "worker" && targetInfo.title === WORKER) resolve(sessionId);
    });
  });
  await cdp.send("Target.setAutoAttach", { autoAttach: true, waitForDebuggerOnStart: false, flatten: false });
  const sessionId = await worker;
  const peak: HeapPeak = { bytes: 0, objects: 0, buffers: 0, samples: 0 };
  let answered: () => void = () => undefined;
  cdp.on("Target.receivedMessageFromTarget", ({ sessionId: from, message }) => {
    const { result } = JSON.parse(message) as { result?: HeapUsage };
    if (from !== sessionId || !result) return;
    const objects = result.usedSize + result.embedderHeapUsedSize;
    const buffers = result.backingStorageSize;
    peak.samples += 1;
    if (objects + buffers > peak.bytes) Object.assign(peak, { bytes: objects + buffers, objects, buffers });
    answered();
  });
  let id = 0;
  const send = async (method: string): Promise<void> => {
    await cdp.send("Target.sendMessageToTarget", { sessionId, message: JSON.stringify({ id: ++id, method }) });
  };
  // garbage of an earlier task does not count here
  await send("HeapProfiler.collectGarbage");
  let watching = true;
  const poll = async (): Promise<void> => {
    while (watching) {
      const answer = new Promise<void>((resolve) => (answered = resolve));
      if (collect) await send("HeapProfiler.collectGarbage");
      await send("Runtime.getHeapUsage");
      await answer;
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
