// The heap of the engine's worker: V8's own numbers, asked for in the browser's debugging protocol.
import type { CDPSession } from "playwright";

/** The name of the worker in exportPage.ts and src/main.tsx. */
const WORKER = "espalier";

/** Bytes; as V8 names them. */
export interface HeapUsage {
  usedSize: number;
  embedderHeapUsedSize: number;
  backingStorageSize: number;
}

interface WorkerHeap {
  /** Ends when the garbage is collected. */
  collect: () => Promise<void>;
  usage: () => Promise<HeapUsage>;
}

/** Follows the first engine's worker of a page, which may start later. Its messages go through the page's session `cdp`. */
export async function openWorkerHeap(cdp: CDPSession): Promise<WorkerHeap> {
  const started = new Promise<string>((resolve) => {
    cdp.on("Target.attachedToTarget", ({ sessionId, targetInfo }) => {
      if (targetInfo.type === "worker" && targetInfo.title === WORKER) resolve(sessionId);
    });
  });
  const waiting = new Map<number, (result: unknown) => void>();
  cdp.on("Target.receivedMessageFromTarget", ({ message }) => {
    const { id = 0, result } = JSON.parse(message) as { id?: number; result?: unknown };
    waiting.get(id)?.(result);
    waiting.delete(id);
  });
  await cdp.send("Target.setAutoAttach", { autoAttach: true, waitForDebuggerOnStart: false, flatten: false });
  let asked = 0;
  const ask = async (method: string): Promise<unknown> => {
    const sessionId = await started;
    const id = ++asked;
    const answer = new Promise<unknown>((resolve) => waiting.set(id, resolve));
    await cdp.send("Target.sendMessageToTarget", { sessionId, message: JSON.stringify({ id, method }) });
    return answer;
  };
  return {
    collect: async () => {
      await ask("HeapProfiler.collectGarbage");
    },
    usage: async () => (await ask("Runtime.getHeapUsage")) as HeapUsage,
  };
}
