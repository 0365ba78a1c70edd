// Writes the forms of an export, opens each again with the loader that users have, and compares logits before it is offered.
import type { Ctx } from "../ctx.ts";
import { EngineError, invariant } from "../errors.ts";
import { exportCompact } from "../formats/exportCompact.ts";
import { exportMasked } from "../formats/exportMasked.ts";
import type { FloatDtype } from "../formats/dtype.ts";
import type { Folder } from "../formats/folder.ts";
import { compareSample, type LogitSample, sampleLogits } from "../formats/logitSample.ts";
import { modelCardFile } from "../formats/modelCard.ts";
import type { OutputFile } from "../formats/outputFile.ts";
import { readCompact } from "../formats/readCompact.ts";
import { buildReceipt, type FormCheck, type ReceiptInput, receiptFile } from "../formats/receipt.ts";
import { decoderForward } from "../model/decoder.ts";
import { loadModel, type Model } from "../model/load.ts";
import type { OpenedModel } from "../model/open.ts";
import { readConfig } from "../model/config.ts";
import { checkWeights } from "../model/weights.ts";
import { openWeights } from "../formats/safetensors.ts";
import { readJson } from "../formats/folder.ts";
import { masked } from "../model/selection.ts";
import { flatten, gateLayout, type Masks } from "../prune/gates.ts";
import { argmax } from "./sampler.ts";

export type DeliveredForm = "masked" | "compact";

/** Where one form is written to and read back from. A file that fails half-way must not stay. */
export interface Place {
  write(file: OutputFile): Promise<void>;
  folder(): Promise<Folder>;
}

export interface Delivery {
  form: DeliveredForm;
  files: readonly { name: string; bytes: number }[];
  bytes: number;
  /** Largest absolute logit difference against the masked forward of the engine. */
  largestDifference: number;
  equalArgmax: number;
  tokens: number;
  ok: boolean;
  reason?: string;
}

/** Logits may differ by this share of the largest absolute logit: the order of sums differs between forms, nothing else does. */
export const DELIVERY_LIMIT = 2e-4;
/** The same where weights were rounded to another dtype on the way out: a few roundings (2^-11, 2^-8) of each weight. */
const ROUNDED_LIMIT: Record<FloatDtype, number> = { F32: DELIVERY_LIMIT, F16: 2.5e-3, BF16: 2e-2 };

export interface DeliveryOptions {
  /** Token ids to compare on. */
  ids: Uint32Array;
  receipt: Omit<ReceiptInput, "checks" | "config" | "masks" | "dtype" | "sample">;
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
 * Writes, reads back and compares every form in `places`; receipt and model card go along. Throws "shape" before anything is written where
 * the masked model's logits are not those of `options.sample`: the masks were made for other weights.
 */
export async function deliver(
  ctx: Ctx,
  opened: OpenedModel,
  masks: Masks,
  places: ReadonlyMap<DeliveredForm, Place>,
  options: DeliveryOptions,
): Promise<Delivery[]> {
  const { folder, config, dtype } = opened;
  const expected = await maskedLogits(ctx, opened.model, masks, options.ids);
  if (options.sample) checkSample(options.sample, expected, config.vocab);
  const { dtype: chosen, shardBytes } = options;
  const source = { folder, config, masks, ...(chosen ? { dtype: chosen } : {}), ...(shardBytes ? { shardBytes } : {}) };
  const limit = chosen && chosen !== dtype ? ROUNDED_LIMIT[chosen] : DELIVERY_LIMIT;
  const contents = new Map<DeliveredForm, OutputFile[]>();
  for (const form of places.keys()) {
    contents.set(form, await (form === "masked" ? exportMasked : exportCompact)(source));
  }
  const total = [...contents.values()].flat().reduce((sum, file) => sum + file.sizeBytes, 0);
  let written = 0;
  const put = async (place: Place, file: OutputFile): Promise<void> => {
    await place.write({
      ...file,
      stream: async function* () {
        for await (const chunk of file.stream()) {
          if (options.cancelled?.())
            throw new EngineError("cancelled", "The export was stopped; no half-written file is left.");
          yield chunk;
          written += chunk.byteLength;
          options.onProgress?.(Math.min(written, total), total, file.name);
        }
      },
    });
  };

  const deliveries: Delivery[] = [];
  for (const [form, place] of places) {
    const files = contents.get(form) ?? [];
    for (const file of files) await put(place, file);
    deliveries.push(await readBack(ctx, form, await place.folder(), files, expected, { ids: options.ids, limit }));
  }
  const checks = deliveries.map(({ form, tokens, largestDifference, equalArgmax }): FormCheck => {
    return {
      form,
      runtime: "Espalier engine (WebGPU)",
      version: options.receipt.version,
      tokens,
      maxAbsLogitDifference: largestDifference,
      argmaxAgreement: equalArgmax,
    };
  });
  if (deliveries.every(({ ok }) => ok)) {
    const receipt = buildReceipt({
      ...options.receipt,
      config,
      masks,
      dtype,
      checks,
      sample: sampleLogits(options.ids, expected),
    });
    for (const [i, [form, place]] of [...places].entries()) {
      const extra = [receiptFile(receipt), modelCardFile(receipt, form)];
      for (const file of extra) await place.write(file);
      const delivery = deliveries[i];
      if (delivery) {
        delivery.files = [...delivery.files, ...extra.map(({ name, sizeBytes }) => ({ name, bytes: sizeBytes }))];
        delivery.bytes += extra.reduce((sum, file) => sum + file.sizeBytes, 0);
      }
    }
  }
  return deliveries;
}

function checkSample(sample: LogitSample, logits: Float32Array, vocab: number): void {
  const { difference, largest } = compareSample(sample, logits, vocab);
  invariant(
    difference <= DELIVERY_LIMIT * largest,
    "shape",
    `the pruned model's logits differ by up to ${difference.toPrecision(3)} from those in the receipt: these weights are not the ones that the masks were made for; open that model`,
  );
}

async function maskedLogits(ctx: Ctx, model: Model, masks: Masks, ids: Uint32Array): Promise<Float32Array> {
  const layout = gateLayout(model.config);
  const gates = ctx.persistent("export masks", [layout.length], { data: flatten(layout, masks) });
  try {
    return await logitsOf(ctx, { ...model, selection: masked(gates, layout) }, ids);
  } finally {
    ctx.free(gates);
  }
}

async function logitsOf(ctx: Ctx, model: Model, ids: Uint32Array): Promise<Float32Array> {
  const logits = ctx.step(() => {
    const tokens = ctx.upload(ids, [ids.length], "ids");
    const start = ctx.upload(new Uint32Array(1), [1], "start");
    return decoderForward(ctx, model.config, model.weights, tokens, { selection: model.selection, start });
  });
  return ctx.read(logits);
}

async function readBack(
  ctx: Ctx,
  form: DeliveredForm,
  folder: Folder,
  files: readonly OutputFile[],
  expected: Float32Array,
  { ids, limit }: { ids: Uint32Array; limit: number },
): Promise<Delivery> {
  const base = {
    form,
    files: files.map(({ name, sizeBytes }) => ({ name, bytes: sizeBytes })),
    bytes: files.reduce((sum, file) => sum + file.sizeBytes, 0),
    tokens: ids.length,
  };
  try {
    const model = await reload(ctx, form, folder);
    try {
      const { largestDifference, largest, equalArgmax } = compareLogits(
        expected,
        await logitsOf(ctx, model, ids),
        ids.length,
      );
      const ok = largestDifference <= limit * largest;
      const reason = `its logits differ by up to ${largestDifference.toPrecision(3)}, more than ${(limit * largest).toPrecision(3)}`;
      return { ...base, largestDifference, equalArgmax, ok, ...(ok ? {} : { reason }) };
    } finally {
      model.free();
    }
  } catch (error) {
    return {
      ...base,
      largestDifference: Number.NaN,
      equalArgmax: 0,
      ok: false,
      reason: EngineError.from(error).message,
    };
  }
}

/** What a user's program would do: only the folder that was written is looked at. */
async function reload(ctx: Ctx, form: DeliveredForm, folder: Folder): Promise<Model> {
  if (form === "compact") {
    const { config, lists, weights } = await readCompact(folder);
    return loadModel(ctx, config, weights, { lists });
  }
  const config = readConfig(await readJson(await folder.open("config.json")));
  const weights = await openWeights(folder);
  checkWeights(config, weights);
  return loadModel(ctx, config, weights);
}

/** Largest absolute difference, largest absolute expected value, and the share of rows with the same largest entry. */
export function compareLogits(
  expected: Float32Array,
  found: Float32Array,
  rows: number,
): { largestDifference: number; largest: number; equalArgmax: number } {
  if (expected.length !== found.length) return { largestDifference: Number.NaN, largest: 0, equalArgmax: 0 };
  let largestDifference = 0;
  let largest = 0;
  for (const [i, value] of expected.entries()) {
    const difference = Math.abs(value - (found[i] ?? Number.NaN));
    if (Number.isNaN(difference)) return { largestDifference: Number.NaN, largest, equalArgmax: 0 };
    largestDifference = Math.max(largestDifference, difference);
    largest = Math.max(largest, Math.abs(value));
  }
  const width = expected.length / rows;
  let equal = 0;
  for (let row = 0; row < rows; row++) {
    const range = [row * width, (row + 1) * width] as const;
    if (argmax(expected.subarray(...range)) === argmax(found.subarray(...range))) equal++;
  }
  return { largestDifference, largest, equalArgmax: equal / rows };
}
