// The export of a model whose single weights are pruned: the masked form, compared with the pruned model on the GPU.
import type { Ctx } from "../../ctx.ts";
import { invariant } from "../../errors.ts";
import { exportWeights } from "../../formats/export/exportWeights.ts";
import { receiptFile } from "../../formats/receipt/receipt.ts";
import { weightCardFile } from "../../formats/card/weightCard.ts";
import { buildWeightReceipt, type WeightReceiptInput } from "../../formats/receipt/weightReceipt.ts";
import type { Model } from "../../model/load.ts";
import type { OpenedModel } from "../../model/open.ts";
import { readMatrix } from "../../prune/weights/blockPruner.ts";
import type { WeightMasks } from "../../masks/weightMasks.ts";
import { checkSample, LOGIT_LIMIT, type ExportGatesOptions, ROUNDED_LOGIT_LIMIT } from "./exportGates.ts";
import { type ExportedForm, writeForms, type ExportTarget } from "./writeForms.ts";
import { engineReader, logitsOf } from "./readBack.ts";

export interface PrunedWeightsOptions extends Omit<ExportGatesOptions, "receipt" | "openOnnx"> {
  receipt: Omit<WeightReceiptInput, "checks" | "config" | "masks" | "dtype" | "precision" | "sample">;
}

/** The pruned model on the GPU, the masks that it was pruned by, and where its masked form is written. */
interface WeightsExport {
  model: Model;
  masks: WeightMasks;
  target: ExportTarget;
}

/** Writes the masked form, reads it back and compares its logits; receipt and model card are added. Throws what `exportGates` throws. */
export async function exportPrunedWeights(
  ctx: Ctx,
  opened: OpenedModel,
  { model, masks, target }: WeightsExport,
  options: PrunedWeightsOptions,
): Promise<ExportedForm> {
  const { folder, config, dtype: own } = opened;
  const { ids, dtype: chosen, shardBytes, sample, onProgress, cancelled } = options;
  const { precision } = model;
  // recovered weights are already in opened.weights, SparseGPT's updates among them
  const updates = options.receipt.recipe.method === "sparsegpt" && !opened.recovered;
  const dtype = chosen ?? own;
  const expected = await logitsOf(ctx, model, ids);
  if (sample) checkSample(sample, expected, config.vocab);
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
  const form = {
    ...{ form: "masked" as const, target, dtype },
    files: () => exportWeights(source),
    read: engineReader(ctx, "masked", { version: options.receipt.version, precision }),
    // Updated weights are f32 on the GPU. They are rounded to the dtype of the file, and again to the precision that it is read back at.
    limit: Math.max(
      dtype !== own || updates ? ROUNDED_LOGIT_LIMIT[dtype] : LOGIT_LIMIT,
      updates && precision === "f16" ? ROUNDED_LOGIT_LIMIT.F16 : 0,
    ),
  };
  const [exported] = await writeForms([form], {
    ...{ ids, expected },
    records: (checks, sampled) => {
      const receipt = buildWeightReceipt({
        ...options.receipt,
        config,
        masks,
        dtype: own,
        precision,
        checks,
        sample: sampled,
      });
      return () => [receiptFile(receipt), weightCardFile(receipt)];
    },
    ...(onProgress ? { onProgress } : {}),
    ...(cancelled ? { cancelled } : {}),
  });
  invariant(exported, "bug", "the export of one form returned none");
  return exported;
}
