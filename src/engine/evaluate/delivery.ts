// Writes the forms of an export, opens each again with a runtime that users have, and compares logits before it is offered.
import type { Ctx } from "../ctx.ts";
import { EngineError, type ErrorCode, invariant } from "../errors.ts";
import type { FloatDtype } from "../formats/dtype.ts";
import { exportCompact } from "../formats/exportCompact.ts";
import type { ExportSource } from "../formats/exportFiles.ts";
import { exportMasked } from "../formats/exportMasked.ts";
import type { Folder } from "../formats/folder.ts";
import { compareSample, type LogitSample, sampleLogits } from "../formats/logitSample.ts";
import { modelCardFile } from "../formats/modelCard.ts";
import { exportOnnx } from "../formats/onnx/exportOnnx.ts";
import { onnxDtype } from "../formats/onnx/onnxWeights.ts";
import type { OutputFile } from "../formats/outputFile.ts";
import { buildReceipt, type Form, type FormCheck, type ReceiptInput, receiptFile } from "../formats/receipt.ts";
import type { OpenedModel } from "../model/open.ts";
import type { Masks } from "../prune/gates.ts";
import { compareLogits } from "./compareLogits.ts";
import { engineReader, type FormReader, maskedLogits } from "./readBack.ts";

/** Where one form is written to and read back from. A file that fails half-way must not stay. */
export interface Place {
  write(file: OutputFile): Promise<void>;
  folder(): Promise<Folder>;
  /** Removes all that was written: the form is not offered. */
  discard(): Promise<void>;
}

/** One form, written, opened by a runtime and compared with the masked forward of the engine. */
export interface Delivery {
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

/** Logits may differ by this share of the largest absolute logit: the order of sums differs between forms, nothing else does. */
export const DELIVERY_LIMIT = 2e-4;
/** The same where weights were rounded to another dtype on the way out: a few roundings (2^-11, 2^-8) of each weight. */
const ROUNDED_LIMIT: Record<FloatDtype, number> = { F32: DELIVERY_LIMIT, F16: 2.5e-3, BF16: 2e-2 };

const EXPORTS: Record<Form, (source: ExportSource) => Promise<OutputFile[]>> = {
  masked: exportMasked,
  compact: exportCompact,
  onnx: exportOnnx,
};

/** Errors that end the whole export; every other one is the reason why one form is not offered. */
const ENDS_ALL: readonly ErrorCode[] = ["cancelled", "storage", "device-lost"];

export interface DeliveryOptions {
  /** Token ids to compare on. */
  ids: Uint32Array;
  receipt: Omit<ReceiptInput, "checks" | "config" | "masks" | "dtype" | "precision" | "sample">;
  /** Opens the ONNX form; needed where it is among the places, because the engine does not run ONNX. */
  openOnnx?: FormReader;
  /** Element type of the exported weights; the model's own where it is left out. */
  dtype?: FloatDtype;
  /** Largest weights file in bytes; one file where it is left out. */
  shardBytes?: number;
  /** What the pruned model's logits were where the masks come from; `ids` then have to begin with its ids. */
  sample?: LogitSample;
  onProgress?: (doneBytes: number, ofBytes: number, note: string) => void;
  cancelled?: () => boolean;
}

/**
 * Writes, reads back and compares every form in `places`; receipt and model card go along with those that pass. A form that cannot be
 * written or read, or whose logits differ, is discarded and says why, and the others stay. Throws "shape" before anything is written where
 * the masked model's logits are not those of `options.sample` (the masks were made for other weights), "cancelled", "storage" and
 * "device-lost".
 */
export async function deliver(
  ctx: Ctx,
  opened: OpenedModel,
  masks: Masks,
  places: ReadonlyMap<Form, Place>,
  options: DeliveryOptions,
): Promise<Delivery[]> {
  const { folder, config, dtype } = opened;
  const { ids, dtype: chosen, shardBytes, cancelled = () => false } = options;
  const expected = await maskedLogits(ctx, opened.model, masks, ids);
  if (options.sample) checkSample(options.sample, expected, config.vocab);
  const source = { folder, config, masks, ...(chosen ? { dtype: chosen } : {}), ...(shardBytes ? { shardBytes } : {}) };
  const limit = chosen && chosen !== dtype ? ROUNDED_LIMIT[chosen] : DELIVERY_LIMIT;
  const { precision } = opened.model;
  // The engine holds the form's weights as the model's are held; another runtime does not round them.
  const onnxLimit = precision === "f16" ? Math.max(limit, ROUNDED_LIMIT.F16) : limit;

  const deliveries: Delivery[] = [];
  const contents = new Map<Delivery, OutputFile[]>();
  for (const form of places.keys()) {
    const delivery = unopened(form, form === "onnx" ? onnxDtype(dtype, chosen) : (chosen ?? dtype), ids.length);
    deliveries.push(delivery);
    await attempt(delivery, async () => contents.set(delivery, await EXPORTS[form](source)));
  }
  const total = [...contents.values()].flat().reduce((sum, file) => sum + file.sizeBytes, 0);
  let written = 0;
  const put = (place: Place, delivery: Delivery, file: OutputFile): Promise<void> => {
    addFile(delivery, file);
    return place.write({
      ...file,
      stream: async function* () {
        for await (const chunk of file.stream()) {
          if (cancelled()) throw new EngineError("cancelled", "The export was stopped; no half-written file is left.");
          yield chunk;
          written += chunk.byteLength;
          options.onProgress?.(Math.min(written, total), total, `${delivery.form}: ${file.name}`);
        }
      },
    });
  };

  for (const [delivery, files] of contents) {
    const { form } = delivery;
    const place = placeOf(places, form);
    const before = written;
    await attempt(delivery, async () => {
      for (const file of files) await put(place, delivery, file);
      options.onProgress?.(Math.min(written, total), total, `${form}: opening it again and comparing logits`);
      const { version } = options.receipt;
      const reader = form === "onnx" ? options.openOnnx : engineReader(ctx, form, { version, precision });
      invariant(reader, "bug", "the ONNX form needs a runtime to open it, and none was given");
      await compare(
        delivery,
        await reader(await place.folder(), cancelled),
        expected,
        ids,
        form === "onnx" ? onnxLimit : limit,
      );
    });
    written = before + files.reduce((sum, file) => sum + file.sizeBytes, 0);
    if (!delivery.ok) await place.discard();
  }

  const passed = deliveries.filter(({ ok }) => ok);
  const sample = sampleLogits(ids, expected);
  const checks = passed.map(checkOf);
  const receipt = buildReceipt({ ...options.receipt, config, masks, dtype, precision, checks, sample });
  for (const delivery of passed) {
    for (const file of [receiptFile(receipt), modelCardFile(receipt, delivery.form)]) {
      await placeOf(places, delivery.form).write(file);
      addFile(delivery, file);
    }
  }
  return deliveries;
}

/** A form of which nothing is known yet. */
function unopened(form: Form, dtype: FloatDtype, tokens: number): Delivery {
  const nothing = { files: [], bytes: 0, runtime: "", version: "", largestDifference: Number.NaN, equalArgmax: 0 };
  return { form, dtype, ...nothing, tokens, ok: false };
}

function addFile(delivery: Delivery, { name, sizeBytes }: OutputFile): void {
  delivery.files = [...delivery.files, { name, bytes: sizeBytes }];
  delivery.bytes += sizeBytes;
}

function placeOf(places: ReadonlyMap<Form, Place>, form: Form): Place {
  const place = places.get(form);
  invariant(place, "bug", `no place for the ${form} form`);
  return place;
}

/** Does one form's work; what goes wrong there is why this form is not offered. */
async function attempt(delivery: Delivery, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (thrown) {
    const { code, message } = EngineError.from(thrown);
    if (ENDS_ALL.includes(code)) throw thrown;
    Object.assign(delivery, { ok: false, reason: message, code });
  }
}

/** Every way in which the form computes its logits has to be within the limit; the worst of them is told. */
async function compare(
  delivery: Delivery,
  form: Awaited<ReturnType<FormReader>>,
  expected: Float32Array,
  ids: Uint32Array,
  limit: number,
): Promise<void> {
  const { runtime, version } = form;
  Object.assign(delivery, { runtime, version });
  try {
    const found = (await form.logits(ids)).map((logits) => compareLogits(expected, logits, ids.length));
    delivery.largestDifference = Math.max(...found.map(({ largestDifference }) => largestDifference)); // NaN stays NaN
    delivery.equalArgmax = Math.min(...found.map(({ equalArgmax }) => equalArgmax));
    const most = limit * Math.max(...found.map(({ largest }) => largest));
    delivery.ok = delivery.largestDifference <= most;
    if (!delivery.ok)
      delivery.reason = `its logits differ by up to ${delivery.largestDifference.toPrecision(3)}, more than ${most.toPrecision(3)}; prepare it again, and report it if it stays`;
  } finally {
    form.close();
  }
}

function checkOf({ form, dtype, runtime, version, tokens, largestDifference, equalArgmax }: Delivery): FormCheck {
  const found = { maxAbsLogitDifference: largestDifference, argmaxAgreement: equalArgmax };
  return { form, dtype, runtime, version, tokens, ...found };
}

function checkSample(sample: LogitSample, logits: Float32Array, vocab: number): void {
  const { difference, largest } = compareSample(sample, logits, vocab);
  invariant(
    difference <= DELIVERY_LIMIT * largest,
    "shape",
    `the pruned model's logits differ by up to ${difference.toPrecision(3)} from those in the receipt: these weights are not the ones that the masks were made for; open that model`,
  );
}
