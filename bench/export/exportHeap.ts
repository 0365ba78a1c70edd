// Memory of the worker and time of an export: a form is prepared (written, read back, compared) and saved as a zip.
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Headless } from "../../src/cli/host/chromium.ts";
import type { Form } from "../../src/engine/index.ts";
import { type HeapPeak, watchWorkerHeap } from "./heapPeak.ts";

/** The page that `openHeadless` opens for `measureExport`. */
export const EXPORT_PAGE = { page: "bench/export/exportPage.html", name: "exporting" };

interface MeasuredPart {
  seconds: number;
  peak: HeapPeak;
}

interface ExportFigure {
  form: Form;
  /** All files of the form. */
  bytes: number;
  zipBytes: number;
  prepare: MeasuredPart;
  zip: MeasuredPart;
}

/** Picks the files of a model: a folder's, or one file. */
export async function pickFiles({ page }: Headless, path: string): Promise<void> {
  const names = statSync(path).isDirectory() ? readdirSync(path).filter((name) => !name.startsWith(".")) : [""];
  await page.setInputFiles(
    "#files",
    names.map((name) => join(path, name)),
  );
}

/** Opens the model of `folder` in the page and trains one step. Comes before `measureExport`. */
export async function openForExport(headless: Headless, folder: string): Promise<void> {
  await pickFiles(headless, folder);
  await headless.page.evaluate(async () => {
    await window.exporting.open("model");
    await window.exporting.step(8);
  });
}

/** Does `work` and watches the worker's memory. `collect`: see `watchWorkerHeap`. */
export async function measuredPart<T>(
  { page }: Headless,
  work: () => Promise<T>,
  collect = false,
): Promise<MeasuredPart & { value: T }> {
  const stop = await watchWorkerHeap(page, collect);
  const began = performance.now();
  const value = await work();
  return { seconds: (performance.now() - began) / 1000, peak: await stop(), value };
}

/** Measures one form. `collect`: see `watchWorkerHeap`. Throws where the export does not pass its check. */
export async function measureExport(headless: Headless, form: Form, collect = false): Promise<ExportFigure> {
  const { page } = headless;
  const part = <T>(work: () => Promise<T>): Promise<MeasuredPart & { value: T }> =>
    measuredPart(headless, work, collect);
  const { value: checks, ...prepare } = await part(() => page.evaluate((one) => window.exporting.prepare([one]), form));
  const [check] = checks;
  if (!check?.ok) throw new Error(`the ${form} export did not pass its check: ${check?.reason ?? "no answer"}`);
  const { value: zipBytes, ...zip } = await part(() => page.evaluate((one) => window.exporting.zip(one), form));
  return { form, bytes: check.bytes, zipBytes, prepare, zip };
}

export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;

/** The figure as a line of text. */
export function exportLine({ form, bytes, prepare, zip }: ExportFigure): string {
  const part = ({ seconds, peak }: MeasuredPart): string =>
    `${seconds.toFixed(1)} s, heap up to ${megabytes(peak.bytes)}`;
  return `${form}, ${megabytes(bytes)}: prepared in ${part(prepare)}; zip in ${part(zip)}`;
}
