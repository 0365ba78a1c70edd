// How much memory a page's worker holds: V8's own numbers, asked for over and over while the worker works.
import type { Page } from "playwright";

/** Milliseconds between two questions; a worker in the middle of a computation answers when it is through. */
const EVERY_MS = 20;

/** The name that src/main.tsx gives its worker. */
const WORKER = "espalier";

export interface HeapPeak {
  /** Largest sum of JavaScript objects and array buffers in one answer, in bytes. */
  bytes: number;
  /** Its two parts. */
  objects: number;
  buffers: number;
  /** Questions that were answered. */
  samples: number;
}

interface HeapUsage {
  usedSize: number;
  embedderHeapUsedSize: number;
  backingStorageSize: number;
}

/**
 * Begins to watch the page's worker of the studio; the returned function ends it and tells the peak so far. `collect` looks only at what is
 * still needed: garbage is collected before every question, which slows the worker down. Without it the peak is what the browser really
 * holds.
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
  // what an earlier task left behind is not this one's
  await send("HeapProfiler.collectGarbage");
  let watching = true;
  const ask = async (): Promise<void> => {
    while (watching) {
      const answer = new Promise<void>((resolve) => (answered = resolve));
      if (collect) await send("HeapProfiler.collectGarbage");
      await send("Runtime.getHeapUsage");
      await answer;
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    }
  };
  const asking = ask();
  // a browser that closes in the middle is told of when the watch ends
  asking.catch(() => undefined);
  return async () => {
    watching = false;
    await asking;
    await cdp.detach();
    return { ...peak };
  };
}
