// Writes the forms of an export, opens each again in a runtime that users have, and compares its logits before it is offered.
import { EngineError, type ErrorCode, invariant } from "../../errors.ts";
import type { WeightType } from "../../dtype.ts";
import type { Folder } from "../../formats/files/folder.ts";
import { type LogitSample, sampleLogits } from "../../formats/receipt/logitSample.ts";
import type { OutputFile } from "../../formats/files/outputFile.ts";
import type { FormCheck, GgufRecord, LlamaCheck } from "../../formats/receipt/receiptTypes.ts";
import type { Form } from "../../formats/files/forms.ts";
import { compareLogits } from "./compareLogits.ts";
import type { FormReader, OpenedForm } from "./readBack.ts";

/** Where one form is written to and read back from. A partly written file must be removed. */
export interface ExportTarget {
  write(file: OutputFile): Promise<void>;
  folder(): Promise<Folder>;
  /** Removes everything that was written, because the form is not offered. */
  discard(): Promise<void>;
}

/** One form: written, opened by a runtime, and compared with the masked model in the engine. */
export interface ExportedForm {
  form: Form;
  /** Element type of the weights in its files. */
  dtype: WeightType;
  /** Perplexity of what the file stores, where its weights are rounded to a type that is not a float. */
  perplexity?: number;
  /** What a GGUF file stores. */
  gguf?: GgufRecord;
  /** A GGUF file in llama.cpp. */
  llama?: LlamaCheck;
  files: readonly { name: string; bytes: number }[];
  bytes: number;
  /** The runtime that opened it; empty if it could not be opened. */
  runtime: string;
  version: string;
  /** Largest absolute logit difference; NaN if nothing could be compared. */
  largestDifference: number;
  /** Share of positions with the same largest logit. */
  equalArgmax: number;
  tokens: number;
  ok: boolean;
  /** Why it is not offered. */
  reason?: string;
  /** The error's code, if the reason was an error. */
  code?: ErrorCode;
}

/** Errors that end the entire export; any other error only means that one form is not offered. */
const FATAL: readonly ErrorCode[] = ["cancelled", "storage", "device-lost"];

/** One form to be written. */
export interface PlannedForm {
  form: Form;
  target: ExportTarget;
  /** Element type of the weights in its files, if it is known before they are made. */
  dtype?: WeightType;
  files: () => Promise<OutputFile[]>;
  /** Of a GGUF form: what its files store. */
  written?: () => Promise<{ dtype: WeightType; gguf: GgufRecord }>;
  read: FormReader;
  /** Logits (T, V) with weights rounded as the form stores them. They decide whether it passes; default: `expected` does. */
  rounded?: () => Promise<Float32Array | undefined>;
  /** How far the form's logits may differ from those, as a share of the largest absolute logit. */
  limit: number;
  /** Compares it in another runtime as well. logits: of what the form stores. */
  checkAgain?: (folder: Folder, logits: Float32Array) => Promise<{ llama: LlamaCheck; refused?: string }>;
}

interface FormsPlan {
  /** Token ids to compare on. */
  ids: Uint32Array;
  /** The engine's logits (T, V) of the pruned model; the reported difference is the difference from these. */
  expected: Float32Array;
  /** Makes the receipt and model card of a form, once the checks of all forms that passed are known. */
  records: (checks: FormCheck[], sample: LogitSample) => (form: Form) => OutputFile[];
  onProgress?: (doneBytes: number, ofBytes: number, note: string) => void;
  cancelled?: () => boolean;
}

/**
 * Writes every form, reads it back and compares its logits; receipt and model card are added to those that pass. A form that cannot be
 * written or read, or whose logits differ, is discarded with a reason, and the others stay. Throws "cancelled", "storage" and "device-lost".
 */
export async function writeForms(forms: readonly PlannedForm[], plan: FormsPlan): Promise<ExportedForm[]> {
  const { ids, expected, cancelled = () => false } = plan;
  const planned = new Map<ExportedForm, PlannedForm>();
  const contents = new Map<ExportedForm, OutputFile[]>();
  for (const form of forms) {
    const exported = unopened(form, ids.length);
    planned.set(exported, form);
    await attempt(exported, async () => {
      contents.set(exported, await form.files());
      Object.assign(exported, await form.written?.());
    });
  }
  const total = [...contents.values()].flat().reduce((sum, file) => sum + file.sizeBytes, 0);
  let written = 0;
  const put = (target: ExportTarget, exported: ExportedForm, file: OutputFile): Promise<void> => {
    addFile(exported, file);
    return target.write({
      ...file,
      stream: async function* () {
        for await (const chunk of file.stream()) {
          if (cancelled())
            throw new EngineError("cancelled", "The export was stopped; no partly written file is left.");
          yield chunk;
          written += chunk.byteLength;
          plan.onProgress?.(Math.min(written, total), total, `${exported.form}: ${file.name}`);
        }
      },
    });
  };

  for (const [exported, files] of contents) {
    const plannedForm = plannedOf(planned, exported);
    const { form, target, read, limit } = plannedForm;
    const before = written;
    await attempt(exported, async () => {
      for (const file of files) await put(target, exported, file);
      plan.onProgress?.(Math.min(written, total), total, `${form}: opening it again and comparing logits`);
      const rounded = (await plannedForm.rounded?.()) ?? expected;
      await compare(exported, await read(await target.folder(), cancelled), { ids, expected, rounded, limit });
      if (!exported.ok || !plannedForm.checkAgain) return;
      plan.onProgress?.(Math.min(written, total), total, `${form}: comparing it in llama.cpp`);
      const { llama, refused } = await plannedForm.checkAgain(await target.folder(), rounded);
      Object.assign(exported, { llama, ...(refused === undefined ? {} : { ok: false, reason: refused }) });
    });
    written = before + files.reduce((sum, file) => sum + file.sizeBytes, 0);
    if (!exported.ok) await target.discard();
  }

  const passed = [...planned.keys()].filter(({ ok }) => ok);
  const recordsOf = plan.records(passed.map(checkOf), sampleLogits(ids, expected));
  for (const exported of passed) {
    for (const file of recordsOf(exported.form)) {
      await plannedOf(planned, exported).target.write(file);
      addFile(exported, file);
    }
  }
  return [...planned.keys()];
}

/** The result of a form before anything is written or compared. */
function unopened({ form, dtype = "F32" }: PlannedForm, tokens: number): ExportedForm {
  const nothing = { files: [], bytes: 0, runtime: "", version: "", largestDifference: Number.NaN, equalArgmax: 0 };
  return { form, dtype, ...nothing, tokens, ok: false };
}

/** Counts a written file; it replaces one of the same name. */
export function addFile(exported: ExportedForm, { name, sizeBytes }: OutputFile): void {
  exported.files = [...exported.files.filter((file) => file.name !== name), { name, bytes: sizeBytes }];
  exported.bytes = exported.files.reduce((sum, { bytes }) => sum + bytes, 0);
}

function plannedOf(planned: ReadonlyMap<ExportedForm, PlannedForm>, exported: ExportedForm): PlannedForm {
  const found = planned.get(exported);
  invariant(found, "bug", `the ${exported.form} form was not planned`);
  return found;
}

/** Does one form's work; an error becomes the reason why this form is not offered, unless it ends the entire export. */
export async function attempt(exported: ExportedForm, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (thrown) {
    const { code, message } = EngineError.from(thrown);
    if (FATAL.includes(code)) throw thrown;
    Object.assign(exported, { ok: false, reason: message, code });
  }
}

interface Comparison {
  ids: Uint32Array;
  expected: Float32Array;
  rounded: Float32Array;
  limit: number;
}

/** All logits that the form computes must be within the limit of `rounded`; the difference that is reported is the worst from `expected`. */
async function compare(
  exported: ExportedForm,
  form: OpenedForm,
  { ids, expected, rounded, limit }: Comparison,
): Promise<void> {
  const { runtime, version } = form;
  Object.assign(exported, { runtime, version });
  try {
    const all = await form.logits(ids);
    const found = all.map((logits) => compareLogits(expected, logits, ids.length));
    const decisive = rounded === expected ? found : all.map((logits) => compareLogits(rounded, logits, ids.length));
    exported.largestDifference = Math.max(...found.map(({ largestDifference }) => largestDifference)); // NaN stays NaN
    exported.equalArgmax = Math.min(...found.map(({ equalArgmax }) => equalArgmax));
    const most = limit * Math.max(...decisive.map(({ largest }) => largest));
    const off = Math.max(...decisive.map(({ largestDifference }) => largestDifference));
    exported.ok = off <= most;
    const from = rounded === expected ? "" : ` from those of weights rounded to ${exported.dtype}`;
    if (exported.ok && form.perplexity) exported.perplexity = await form.perplexity();
    if (!exported.ok)
      exported.reason = `its logits differ by up to ${off.toPrecision(3)}${from}, more than ${most.toPrecision(3)}. Prepare it again; if that does not help, report it.`;
  } finally {
    form.close();
  }
}

function checkOf(exported: ExportedForm): FormCheck {
  const { form, dtype, runtime, version, tokens, largestDifference, equalArgmax, perplexity, gguf, llama } = exported;
  return {
    ...{ form, dtype, runtime, version, tokens },
    ...{ maxAbsLogitDifference: largestDifference, argmaxAgreement: equalArgmax },
    ...(perplexity === undefined ? {} : { perplexity }),
    ...(gguf ? { gguf } : {}),
    ...(llama ? { llama } : {}),
  };
}
