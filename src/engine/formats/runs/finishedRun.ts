// Makes the record of a finished run: measurements, what its masks keep and cost, and the masks as bitsets.
import type { ModelConfig } from "../../config/config.ts";
import { budgetOf, countsOf, keptTotalWeights, keptWeights } from "../../masks/budget.ts";
import type { Masks } from "../../masks/gates.ts";
import { keptOfMasks, type WeightMasks, weightsOf } from "../../masks/weightMasks.ts";
import { packBits, packWords } from "../files/bitset.ts";
import { dtypeBytes, type FloatDtype } from "../../dtype.ts";
import type { Share } from "../receipt/receiptTypes.ts";
import { RUN_FORMAT, type Run, type RunMasks, type RunRecord } from "./runRecord.ts";
import { keptShares } from "../receipt/weightReceipt.ts";

/** What a record cannot compute. */
export interface FinishedRunInput extends Omit<RunRecord, "format" | "model" | "kept"> {
  model: { name: string; fingerprint: string; config: ModelConfig; dtype: FloatDtype };
  masks: { kind: "gates"; masks: Masks } | { kind: "weights"; masks: WeightMasks };
}

/**
 * Counts what is kept and packs the masks. `kept.bytes` is the size of the weights in the model's dtype: for gates the kept ones,
 * without index lists; for single weights all of them, because zeros are stored too.
 */
export function finishedRun({ model, masks, ...given }: FinishedRunInput): Run {
  const { config, dtype, name, fingerprint } = model;
  const kept = masks.kind === "gates" ? keptOfGates(config, masks.masks) : keptShares(config, keptOfMasks(masks.masks));
  const { blockWeights, modelWeights } = kept;
  const stored = masks.kind === "gates" ? modelWeights.kept : modelWeights.of;
  return {
    record: {
      format: RUN_FORMAT,
      ...given,
      model: { name, modelType: config.modelType, fingerprint },
      kept: { blockWeights, modelWeights, bytes: stored * dtypeBytes(dtype) },
    },
    masks: packed(masks),
  };
}

function keptOfGates(config: ModelConfig, masks: Masks): { blockWeights: Share; modelWeights: Share } {
  const budget = budgetOf(config);
  const counts = countsOf(masks);
  return {
    blockWeights: { kept: keptWeights(budget, counts), of: budget.blockWeights },
    modelWeights: { kept: keptTotalWeights(budget, counts), of: budget.totalWeights },
  };
}

function packed(given: FinishedRunInput["masks"]): RunMasks {
  if (given.kind === "gates") {
    return { kind: "gates", sizes: given.masks.map(({ length }) => length), masks: given.masks.map(packBits) };
  }
  const matrices = given.masks.map(({ matrix, bits }) => {
    return { name: matrix.name, shape: matrix.shape, mask: packWords(bits, weightsOf(matrix)) };
  });
  return { kind: "weights", matrices };
}
