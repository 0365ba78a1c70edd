// Measures one large model in the studio's worker: opened, trained for two steps, read, pruned and exported, with the memory that each takes.
import { mkdtempSync, rmSync, statSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Headless, openHeadless } from "../../src/cli/host/chromium.ts";
import { EXPORT_PAGE, measuredPart, pickFiles } from "../export/exportHeap.ts";
import { type CountedBuffers, countBuffers } from "../gpuBuffers.ts";
import type { LargeCase } from "./cases.ts";

/** A part of the work: how long it took, and the largest JavaScript heap of the worker meanwhile, garbage included. */
interface LargePart {
  what: string;
  seconds: number;
  heapBytes: number;
  /** GPU buffers at most until the end of this part. */
  gpuBytes: number;
}

export interface LargeFigure {
  name: string;
  /** Of the model's file or folder. */
  fileBytes: number;
  storage: LargeCase["storage"];
  tokens: number;
  plan: { totalBytes: number; weights: number; recompute: string };
  parts: readonly LargePart[];
  /** GPU buffers at most before the export, and with it. */
  gpuBytes: number;
  gpuBytesWithExport: number;
  /** (measured - planned) / planned. */
  offPlan: number;
  /** Largest heap of the worker over all parts. */
  heapBytes: number;
  pageHeapBytes: number;
  exportBytes: number;
  perplexity: { dense: number; pruned: number };
}

/** Throws where a part fails, and where the export does not pass its check. */
export async function measureLarge(given: LargeCase, log: (line: string) => void): Promise<LargeFigure> {
  const { name, tokens, storage, form } = given;
  const path = await given.model();
  // what the page stores lies on the disk, as a user's does
  const profile = mkdtempSync(join(tmpdir(), "espalier-large-"));
  const headless = await openHeadless({ ...EXPORT_PAGE, profile });
  try {
    const watch = await watchParts(headless, log);
    const { page } = headless;
    await pickFiles(headless, path);
    const plan = await watch.part("open", () =>
      page.evaluate(([one, choice]) => window.exporting.open(one, choice), [
        name,
        { precision: storage, trainingTokens: tokens, evaluationTokens: tokens },
      ] as const),
    );
    if (!plan) throw new Error(`${name}: expected a memory plan, got none`);
    for (const which of ["first step", "second step"])
      await watch.part(which, () => page.evaluate((of) => window.exporting.step(of, 2), tokens));
    const read = (subject: "dense" | "pruned"): Promise<number> =>
      watch.part(`perplexity, ${subject}`, () =>
        page.evaluate(([one, of]) => window.exporting.perplexity(one, of), [subject, tokens] as const),
      );
    const perplexity = { dense: await read("dense"), pruned: await read("pruned") };
    const before = await watch.gpuBytes();
    const [check] = await watch.part("export", () => page.evaluate((one) => window.exporting.prepare([one]), form));
    if (!check?.ok) throw new Error(`${name}: the export did not pass its check: ${check?.reason ?? "no answer"}`);
    const { totalBytes, parts, recompute } = plan.plan;
    return {
      ...{ name, fileBytes: bytesAt(path), storage, tokens },
      plan: { totalBytes, weights: parts.weights, recompute: `${recompute.blocks} blocks` },
      parts: watch.parts,
      ...{ gpuBytes: before, gpuBytesWithExport: await watch.gpuBytes(), offPlan: before / totalBytes - 1 },
      heapBytes: Math.max(...watch.parts.map(({ heapBytes }) => heapBytes)),
      pageHeapBytes: await page.evaluate(
        () => (performance as { memory?: { usedJSHeapSize: number } }).memory?.usedJSHeapSize ?? 0,
      ),
      ...{ exportBytes: check.bytes, perplexity },
    };
  } finally {
    await headless.close();
    rmSync(profile, { recursive: true, force: true });
  }
}

interface PartWatch {
  parts: LargePart[];
  /** The most that GPU buffers have taken so far. */
  gpuBytes(): Promise<number>;
  part<T>(what: string, work: () => Promise<T>): Promise<T>;
}

async function watchParts(headless: Headless, log: (line: string) => void): Promise<PartWatch> {
  const { page } = headless;
  const worker = page.workers()[0] ?? (await page.waitForEvent("worker"));
  // before the worker opens its device
  await worker.evaluate(countBuffers);
  const gpuBytes = (): Promise<number> =>
    worker.evaluate(() => (globalThis as unknown as { counted: CountedBuffers }).counted.most);
  const parts: LargePart[] = [];
  return {
    parts,
    gpuBytes,
    part: async (what, work) => {
      const { seconds, peak, value } = await measuredPart(headless, work);
      parts.push({ what, seconds, heapBytes: peak.bytes, gpuBytes: await gpuBytes() });
      log(`${what}: ${seconds.toFixed(1)} s, heap up to ${(peak.bytes / 1e6).toFixed(0)} MB`);
      return value;
    },
  };
}

function bytesAt(path: string): number {
  if (!statSync(path).isDirectory()) return statSync(path).size;
  return readdirSync(path).reduce((sum, name) => sum + statSync(join(path, name)).size, 0);
}
