// Writes the forms of an export, opens each again with a runtime that users have, and compares logits before it is offered.
import { EngineError, type ErrorCode, invariant } from "../../errors.ts";
import type { FloatDtype } from "../../dtype.ts";
import type { Folder } from "../../formats/files/folder.ts";
import { type LogitSample, sampleLogits } from "../../formats/receipt/logitSample.ts";
import type { OutputFile } from "../../formats/files/outputFile.ts";
import type { Form, FormCheck } from "../../formats/receipt/receipt.ts";
import { compareLogits } from "./compareLogits.ts";
import type { FormReader } from "./readBack.ts";

/** Where one form is written to and read back from. A file that fails half-way must not stay. */
export interface ExportTarget {
  write(file: OutputFile): Promise<void>;
  folder(): Promise<Folder>;
  /** Removes all that was written: the form is not offered. */
  discard(): Promise<void>;
}

/** One form, written, opened by a runtime and compared with the masked forward of the engine. */
export interface ExportedForm {
  form: Form;
  /** Element type of the weights in its files. */
  dtype: FloatDtype;
  files: readonly { name: string; bytes: number }[];
  bytes: number;
  /** What opened it; empty where nothing did. */
  runtime: string;
  version: string;
  /** Largest absolute logit difference; NaN where nothing could be compared. */
  largestDifference: number;
  /** Share of positions with the same largest logit. */
  equalArgmax: number;
  tokens: number;
  ok: boolean;
  /** Why it is not offered. */
  reason?: string;
  /** The kind of error behind the reason, where it was one. */
  code?: ErrorCode;
}

/** Errors that end the whole export; every other one is the reason why one form is not offered. */
const ENDS_ALL: readonly ErrorCode[] = ["cancelled", "storage", "device-lost"];

/** One form to be written. */
export interface PlannedForm {
  form: Form;
  place: ExportTarget;
  /** Element type of the weights in its files. */
  dtype: FloatDtype;
  files: () => Promise<OutputFile[]>;
  read: FormReader;
  /** What decides whether the form passes, where its weights were rounded on the way out: logits (T, V) with weights rounded alike. */
  rounded?: Float32Array;
  /** Those logits, or the expected ones, may differ by this share of the largest absolute logit. */
  limit: number;
}

export interface FormsPlan {
  /** Token ids to compare on. */
  ids: Uint32Array;
  /** The studio's own logits (T, V): what the difference that is told is measured against. */
  expected: Float32Array;
  /** Receipt and model card for each form, once the checks of those that passed are known. */
  records: (checks: FormCheck[], sample: LogitSample) => (form: Form) => OutputFile[];
  onProgress?: (doneBytes: number, ofBytes: number, note: string) => void;
  cancelled?: () => boolean;
}

/**
 * Writes, reads back and compares every form; receipt and model card go along with those that pass. A form that cannot be written or read,
 * or whose logits differ, is discarded and says why, and the others stay. Throws "cancelled", "storage" and "device-lost".
 */
export async function writeForms(forms: readonly PlannedForm[], plan: FormsPlan): Promise<ExportedForm[]> {
  const { ids, expected, cancelled = () => false } = plan;
  const planned = new Map<ExportedForm, PlannedForm>();
  const contents = new Map<ExportedForm, OutputFile[]>();
  for (const one of forms) {
    const delivery = unopened(one.form, one.dtype, ids.length);
    planned.set(delivery, one);
    await attempt(delivery, async () => contents.set(delivery, await one.files()));
  }
  const total = [...contents.values()].flat().reduce((sum, file) => sum + file.sizeBytes, 0);
  let written = 0;
  const put = (place: ExportTarget, delivery: ExportedForm, file: OutputFile): Promise<void> => {
    addFile(delivery, file);
    return place.write({
      ...file,
      stream: async function* () {
        for await (const chunk of file.stream()) {
          if (cancelled()) throw new EngineError("cancelled", "The export was stopped; no half-written file is left.");
          yield chunk;
          written += chunk.byteLength;
          plan.onProgress?.(Math.min(written, total), total, `${delivery.form}: ${file.name}`);
        }
      },
    });
  };

  for (const [delivery, files] of contents) {
    const { form, place, read, limit, rounded = expected } = plannedOf(planned, delivery);
    const before = written;
    await attempt(delivery, async () => {
      for (const file of files) await put(place, delivery, file);
      plan.onProgress?.(Math.min(written, total), total, `${form}: opening it again and comparing logits`);
      await compare(delivery, await read(await place.folder(), cancelled), { expected, rounded, limit }, ids);
    });
    written = before + files.reduce((sum, file) => sum + file.sizeBytes, 0);
    if (!delivery.ok) await place.discard();
  }

  const passed = [...planned.keys()].filter(({ ok }) => ok);
  const recordsOf = plan.records(passed.map(checkOf), sampleLogits(ids, expected));
  for (const delivery of passed) {
    for (const file of recordsOf(delivery.form)) {
      await plannedOf(planned, delivery).place.write(file);
      addFile(delivery, file);
    }
  }
  return [...planned.keys()];
}

/** A form of which nothing is known yet. */
function unopened(form: Form, dtype: FloatDtype, tokens: number): ExportedForm {
  const nothing = { files: [], bytes: 0, runtime: "", version: "", largestDifference: Number.NaN, equalArgmax: 0 };
  return { form, dtype, ...nothing, tokens, ok: false };
}

/** Counts a file that was written, perhaps in place of one of the same name. */
export function addFile(delivery: ExportedForm, { name, sizeBytes }: OutputFile): void {
  delivery.files = [...delivery.files.filter((file) => file.name !== name), { name, bytes: sizeBytes }];
  delivery.bytes = delivery.files.reduce((sum, { bytes }) => sum + bytes, 0);
}

function plannedOf(planned: ReadonlyMap<ExportedForm, PlannedForm>, delivery: ExportedForm): PlannedForm {
  const found = planned.get(delivery);
  invariant(found, "bug", `the ${delivery.form} form was not planned`);
  return found;
}

/** Does one form's work; what goes wrong there is why this form is not offered. */
export async function attempt(delivery: ExportedForm, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (thrown) {
    const { code, message } = EngineError.from(thrown);
    if (ENDS_ALL.includes(code)) throw thrown;
    Object.assign(delivery, { ok: false, reason: message, code });
  }
}

/** Every way in which the form computes its logits has to be within the limit of `rounded`; what is told is the worst against `expected`. */
async function compare(
  delivery: ExportedForm,
  form: Awaited<ReturnType<FormReader>>,
  { expected, rounded, limit }: { expected: Float32Array; rounded: Float32Array; limit: number },
  ids: Uint32Array,
): Promise<void> {
  const { runtime, version } = form;
  Object.assign(delivery, { runtime, version });
  try {
    const all = await form.logits(ids);
    const found = all.map((logits) => compareLogits(expected, logits, ids.length));
    const decisive = rounded === expected ? found : all.map((logits) => compareLogits(rounded, logits, ids.length));
    delivery.largestDifference = Math.max(...found.map(({ largestDifference }) => largestDifference)); // NaN stays NaN
    delivery.equalArgmax = Math.min(...found.map(({ equalArgmax }) => equalArgmax));
    const most = limit * Math.max(...decisive.map(({ largest }) => largest));
    const off = Math.max(...decisive.map(({ largestDifference }) => largestDifference));
    delivery.ok = off <= most;
    if (!delivery.ok)
      delivery.reason = `its logits differ by up to ${off.toPrecision(3)}${rounded === expected ? "" : ` from those of weights rounded to ${delivery.dtype}`}, more than ${most.toPrecision(3)}; prepare it again, and report it if it stays`;
  } finally {
    form.close();
  }
}

function checkOf({ form, dtype, runtime, version, tokens, largestDifference, equalArgmax }: ExportedForm): FormCheck {
  const found = { maxAbsLogitDifference: largestDifference, argmaxAgreement: equalArgmax };
  return { form, dtype, runtime, version, tokens, ...found };
}
