// The export of a model whose single weights are pruned: the masked form, compared with the pruned model on the GPU.
import type { Ctx } from "../../ctx.ts";
import { invariant } from "../../errors.ts";
import type { FloatDtype } from "../../dtype.ts";
import { exportWeights, type WeightSource } from "../../formats/export/exportWeights.ts";
import { maskedTensors } from "../../formats/gguf/write/editedTensors.ts";
import { exportEditedGguf } from "../../formats/gguf/write/exportGguf.ts";
import { receiptFile } from "../../formats/receipt/receipt.ts";
import { weightCardFile } from "../../formats/card/weightCard.ts";
import {
  buildWeightReceipt,
  keptShares,
  type WeightForm,
  type WeightReceiptInput,
} from "../../formats/receipt/weightReceipt.ts";
import type { Model } from "../../model/load.ts";
import type { Precision } from "../../tensor.ts";
import type { OpenedModel } from "../../model/open.ts";
import { requireOwnWeights } from "../../model/ownWeights.ts";
import { readMatrix } from "../../prune/weights/blockPruner.ts";
import { keptOfMasks, type WeightMasks } from "../../masks/weightMasks.ts";
import { plannedGguf } from "./ggufForms.ts";
import {
  checkSample,
  LOGIT_LIMIT,
  type ExportGatesOptions,
  precisionLimit,
  ROUNDED_LOGIT_LIMIT,
  typeChoice,
} from "./exportGates.ts";
import { type ExportedForm, writeForms, type ExportTarget, type PlannedForm } from "./writeForms.ts";
import { engineReader, logitsOf } from "./readBack.ts";

export interface PrunedWeightsOptions extends Omit<ExportGatesOptions, "receipt" | "openOnnx"> {
  receipt: Omit<WeightReceiptInput, "checks" | "config" | "masks" | "dtype" | "precision" | "sample">;
}

/** The pruned model on the GPU, the masks that it was pruned by, and where one of its forms is written. */
interface WeightsExport {
  model: Model;
  masks: WeightMasks;
  target: ExportTarget;
  /** Default: masked. */
  form?: WeightForm;
}

/** Writes the form, reads it back and compares its logits; receipt and model card are added. Throws what `exportGates` throws. */
export async function exportPrunedWeights(
  ctx: Ctx,
  opened: OpenedModel,
  { model, masks, target, form = "masked" }: WeightsExport,
  options: PrunedWeightsOptions,
): Promise<ExportedForm> {
  requireOwnWeights(opened.model, "An export of pruned single weights");
  const { folder, config, dtype: own } = opened;
  const { ids, dtype: chosen, shardBytes, sample, sampleLimit, onProgress, cancelled } = options;
  const { precision } = model;
  // recovered weights are already in opened.weights, SparseGPT's updates among them
  const updates = options.receipt.recipe.method === "sparsegpt" && !opened.recovered;
  const dtype = chosen ?? own;
  const expected = await logitsOf(ctx, model, ids);
  if (sample) checkSample(sample, expected, config.vocab, sampleLimit);
  const updated = async (matrix: WeightMasks[number]["matrix"]): Promise<Float32Array<ArrayBuffer>> => {
    const block = model.weights.blocks[matrix.block];
    invariant(block, "bug", `the pruned model has no block ${matrix.block}`);
    return readMatrix(ctx, block, matrix);
  };
  const source = {
    ...{ folder, config, masks },
    ...(opened.recovered ? { recoveredWeights: opened.weights } : {}),
    ...(updates ? { updated } : {}),
    ...(chosen ? { dtype: chosen } : {}),
    ...(shardBytes ? { shardBytes } : {}),
  };
  const limit = updates ? updatedLimit(dtype, precision) : dtype === own ? LOGIT_LIMIT : ROUNDED_LOGIT_LIMIT[dtype];
  const planned =
    form === "masked"
      ? {
          ...{ form, target, dtype, limit },
          files: () => exportWeights(source),
          read: engineReader(ctx, "masked", { version: options.receipt.version, precision }),
        }
      : maskedGguf(
          ctx,
          opened,
          { source, target, precision, limit: updates && precision === "f16" ? limit : LOGIT_LIMIT },
          options,
        );
  const [exported] = await writeForms([planned], {
    ...{ ids, expected },
    records: (checks, sampled) => {
      const found = { checks, sample: sampled };
      const receipt = buildWeightReceipt({ ...options.receipt, config, masks, dtype: own, precision, ...found });
      return () => [receiptFile(receipt), weightCardFile(receipt, form)];
    },
    ...(onProgress ? { onProgress } : {}),
    ...(cancelled ? { cancelled } : {}),
  });
  invariant(exported, "bug", "the export of one form returned none");
  return exported;
}

/** Writes each form to its target, one after the other. Throws what `exportPrunedWeights` throws. */
export async function exportWeightForms(
  ctx: Ctx,
  opened: OpenedModel,
  { targets, ...pruned }: Omit<WeightsExport, "target" | "form"> & { targets: ReadonlyMap<WeightForm, ExportTarget> },
  options: PrunedWeightsOptions,
): Promise<ExportedForm[]> {
  const exported: ExportedForm[] = [];
  for (const [form, target] of targets)
    exported.push(await exportPrunedWeights(ctx, opened, { ...pruned, target, form }, options));
  return exported;
}

/** Updated weights are f32 on the GPU. They are rounded to the dtype of the file, and again to the precision that it is read back at. */
const updatedLimit = (dtype: FloatDtype, precision: Precision): number =>
  Math.max(ROUNDED_LOGIT_LIMIT[dtype], precisionLimit(precision));

/** The plan of the gguf-masked form. source: with the masks, and with the updated values where the method has any. */
function maskedGguf(
  ctx: Ctx,
  { weights }: OpenedModel,
  { source, ...plan }: { source: WeightSource; target: ExportTarget; precision: Precision; limit: number },
  { ids, receipt, perplexityOf, openLlama, text, cancelled = () => false, ...options }: PrunedWeightsOptions,
): PlannedForm {
  const { modelName, licence, version, recipe } = receipt;
  const { config, masks, updated } = source;
  const { kept, of } = keptShares(config, keptOfMasks(masks)).blockWeights;
  const choice = {
    origin: { name: modelName, licence, version, recipe, keep: kept / of },
    ...typeChoice(options.ggufType ?? options.dtype),
  };
  const edited = maskedTensors(weights, config, masks, updated);
  const changed = updated ? new Set(masks.map(({ matrix }) => matrix.name)) : weights.changed;
  return plannedGguf(ctx, {
    ...{ form: "gguf-masked", ...plan, ids, version, perplexityOf, openLlama, text, cancelled },
    engineLimit: precisionLimit(plan.precision),
    write: () => exportEditedGguf(source, { weights, edited, masks: { weights: masks }, changed }, choice),
  });
}
