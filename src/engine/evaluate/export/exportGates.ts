// The exports of a structurally pruned model: its forms, what they are compared with, and the receipt and card that go along.
import type { Ctx } from "../../ctx.ts";
import { EngineError, invariant } from "../../errors.ts";
import type { FloatDtype } from "../../dtype.ts";
import { exportCompact } from "../../formats/export/exportCompact.ts";
import type { ExportSource } from "../../formats/export/exportFiles.ts";
import { exportMasked } from "../../formats/export/exportMasked.ts";
import { compareSample, type LogitSample } from "../../formats/receipt/logitSample.ts";
import { modelCardFile } from "../../formats/card/modelCard.ts";
import { exportOnnx } from "../../formats/onnx/exportOnnx.ts";
import { onnxDtype } from "../../formats/onnx/onnxWeights.ts";
import type { OutputFile } from "../../formats/files/outputFile.ts";
import { buildReceipt, type Form, type ReceiptInput, receiptFile } from "../../formats/receipt/receipt.ts";
import type { OpenedModel } from "../../model/open.ts";
import type { Masks } from "../../masks/gates.ts";
import { type ExportedForm, writeForms, type ExportTarget, type PlannedForm } from "./writeForms.ts";
import { engineReader, type FormReader, maskedLogits, roundedLogits } from "./readBack.ts";

/** Logits may differ by this share of the largest absolute logit: the order of sums differs between forms, nothing else does. */
export const LOGIT_LIMIT = 2e-4;
/** The same where weights were rounded on one side only: a few roundings (2^-11, 2^-8) of each weight. */
export const ROUNDED_LOGIT_LIMIT: Record<FloatDtype, number> = { F32: LOGIT_LIMIT, F16: 2.5e-3, BF16: 2e-2 };

const EXPORTS: Record<Form, (source: ExportSource) => Promise<OutputFile[]>> = {
  masked: exportMasked,
  compact: exportCompact,
  onnx: exportOnnx,
};

export interface ExportGatesOptions {
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
export async function exportGates(
  ctx: Ctx,
  opened: OpenedModel,
  masks: Masks,
  places: ReadonlyMap<Form, ExportTarget>,
  options: ExportGatesOptions,
): Promise<ExportedForm[]> {
  const { folder, config, dtype } = opened;
  const { ids, dtype: chosen, shardBytes, cancelled = () => false } = options;
  const expected = await maskedLogits(ctx, opened.model, masks, ids);
  if (options.sample) checkSample(options.sample, expected, config.vocab);
  const source = { folder, config, masks, ...(chosen ? { dtype: chosen } : {}), ...(shardBytes ? { shardBytes } : {}) };
  const { precision } = opened.model;
  const rounded = chosen && (await roundedLogits(ctx, opened, masks, { ids, dtype: chosen, cancelled }));
  // The engine holds the form's weights as the model's are held; another runtime does not round them.
  const onnxLimit = precision === "f16" ? ROUNDED_LOGIT_LIMIT.F16 : LOGIT_LIMIT;

  const forms = [...places].map(([form, place]): PlannedForm => {
    const { version } = options.receipt;
    const read = form === "onnx" ? (options.openOnnx ?? noRuntime) : engineReader(ctx, form, { version, precision });
    const written = form === "onnx" ? onnxDtype(dtype, chosen) : (chosen ?? dtype);
    return {
      form,
      place,
      dtype: written,
      files: () => EXPORTS[form](source),
      read,
      ...(rounded ? { rounded } : {}),
      limit: form === "onnx" ? onnxLimit : LOGIT_LIMIT,
    };
  });
  return writeForms(forms, {
    ...{ ids, expected },
    records: (checks, sample) => {
      const receipt = buildReceipt({ ...options.receipt, config, masks, dtype, precision, checks, sample });
      return (form) => [receiptFile(receipt), modelCardFile(receipt, form)];
    },
    ...(options.onProgress ? { onProgress: options.onProgress } : {}),
    ...(options.cancelled ? { cancelled: options.cancelled } : {}),
  });
}

const noRuntime: FormReader = async () => {
  throw new EngineError("bug", "the ONNX form needs a runtime to open it, and none was given");
};

/** Throws "shape" where the logits are not those of the sample: the masks are another model's. */
export function checkSample(sample: LogitSample, logits: Float32Array, vocab: number): void {
  const { difference, largest } = compareSample(sample, logits, vocab);
  invariant(
    difference <= LOGIT_LIMIT * largest,
    "shape",
    `the pruned model's logits differ by up to ${difference.toPrecision(3)} from those in the receipt: these weights are not the ones that the masks were made for; open that model`,
  );
}
