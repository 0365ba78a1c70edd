// How much memory a page's worker holds: V8's own numbers, polled while the worker is busy.
import type { Page } from "playwright";

/** Milliseconds between two polls; a worker answers when its current computation has ended. */
const EVERY_MS = 20;
/** A poll that collects garbage takes about 15 ms. A longer one may have met garbage that was made after the collection: it does not count. */
const POLL_MS = 100;

/** The name of the worker in exportPage.ts and src/main.tsx. */
const WORKER = "espalier";

export interface HeapPeak {
  /** Largest sum of JavaScript objects and array buffers in one answer, in bytes. */
  bytes: number;
  /** The two parts of that sum. */
  objects: number;
  buffers: number;
  /** Polls that count. */
  samples: number;
}

interface HeapUsage {
  usedSize: number;
  embedderHeapUsedSize: number;
  backingStorageSize: number;
}

/** A worker's own session of the browser's debugging protocol. */
interface Session {
  /** Returns the answer of the worker. */
  ask: <T>(method: string) => Promise<T>;
  detach: () => Promise<void>;
}

/**
 * Watches the page's worker until the returned function is called, which returns the peak. With `collect`, garbage is collected before
 * every poll: the peak is then the memory that is still needed, and the worker is slower. Without it the peak is what the browser holds.
 */
export async function watchWorkerHeap(page: Page, collect = false): Promise<() => Promise<HeapPeak>> {
  const { ask, detach } = await attach(page);
  const peak: HeapPeak = { bytes: 0, objects: 0, buffers: 0, samples: 0 };
  // garbage of an earlier task does not count here
  await ask("HeapProfiler.collectGarbage");
  let watching = true;
  const poll = async (): Promise<void> => {
    while (watching) {
      const began = performance.now();
      if (collect) await ask("HeapProfiler.collectGarbage");
      const usage = await ask<HeapUsage>("Runtime.getHeapUsage");
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
    await detach();
    return { ...peak };
  };
}

function count(peak: HeapPeak, { usedSize, embedderHeapUsedSize, backingStorageSize }: HeapUsage): void {
  const objects = usedSize + embedderHeapUsedSize;
  const bytes = objects + backingStorageSize;
  peak.samples += 1;
  if (bytes > peak.bytes) Object.assign(peak, { bytes, objects, buffers: backingStorageSize });
}

async function attach(page: Page): Promise<Session> {
  const cdp = await page.context().newCDPSession(page);
  const worker = new Promise<string>((resolve) => {
    cdp.on("Target.attachedToTarget", ({ sessionId, targetInfo }) => {
      if (targetInfo.type === "worker" && targetInfo.title === WORKER) resolve(sessionId);
    });
  });
  await cdp.send("Target.setAutoAttach", { autoAttach: true, waitForDebuggerOnStart: false, flatten: false });
  const sessionId = await worker;
  const waiting = new Map<number, (result: unknown) => void>();
  cdp.on("Target.receivedMessageFromTarget", ({ sessionId: from, message }) => {
    const { id, result } = JSON.parse(message) as { id?: number; result?: unknown };
    if (from !== sessionId || id === undefined) return;
    waiting.get(id)?.(result);
    waiting.delete(id);
  });
  let asked = 0;
  const ask = async <T>(method: string): Promise<T> => {
    const id = ++asked;
    const answer = new Promise<unknown>((resolve) => waiting.set(id, resolve));
    await cdp.send("Target.sendMessageToTarget", { sessionId, message: JSON.stringify({ id, method }) });
    return (await answer) as T;
  };
  return { ask, detach: () => cdp.detach() };
}
