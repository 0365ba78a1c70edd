// Golden checks of weight pruning: keep-masks, counts, updated weights, loss and perplexity of every method and pattern in the case.
import type { Ctx } from "../ctx.ts";
import { invariant } from "../errors.ts";
import type { Model } from "../model/load.ts";
import { type Check, check, worstDifference } from "../ops/registry/parity.ts";
import { readMatrix } from "../prune/weights/blockPruner.ts";
import { pruneWeights, type PrunedWeights } from "../prune/weights/pruneWeights.ts";
import { isKept, keptOfMasks, type WeightMasks, weightsOf } from "../masks/weightMasks.ts";
import { WEIGHT_METHODS, type WeightMethod } from "../recipes/weightRecipe.ts";
import type { GoldenCase, GoldenPruning } from "./case.ts";
import { forward, GOLDEN_LIMITS, lossCheck, perplexityCheck } from "./model.ts";

/** Prunes a copy of the model by each method and pattern and compares it. */
export async function checkWeightPruning(
  ctx: Ctx,
  golden: GoldenCase,
  pruning: GoldenPruning,
  model: Model,
): Promise<Check[]> {
  const sequences = await calibrationOf(golden, pruning.calibration);
  const ids = await golden.ids("ids");
  const checks: Check[] = [];
  for (const [key, expected] of Object.entries(pruning.weights)) {
    const { method, pattern } = methodOf(key);
    const pruned = await pruneWeights(ctx, model, { recipe: { method, pattern }, sequences });
    try {
      const { kept, of } = keptOfMasks(pruned.masks);
      const { loss } = await forward(ctx, pruned.model, ids);
      checks.push(
        ...(await maskCheck(pruning, key, pruned.masks)),
        ...(await updateCheck(ctx, pruning, key, pruned)),
        check(`${key} kept`, Math.abs(kept - expected.kept) + Math.abs(of - expected.of), GOLDEN_LIMITS.exact),
        lossCheck(`${key} loss`, loss, expected.loss),
        await perplexityCheck(ctx, golden, pruned.model, { name: `${key} perplexity`, expected: expected.perplexity }),
      );
    } finally {
      pruned.model.free();
    }
  }
  return checks;
}

function methodOf(key: string): { method: WeightMethod; pattern: string } {
  const [name, pattern = ""] = key.split(" ");
  const method = WEIGHT_METHODS.find((known) => known === name);
  invariant(
    method,
    "unsupported",
    `golden case: weights: expected one of ${WEIGHT_METHODS.join(", ")} with a pattern, got "${key}"`,
  );
  return { method, pattern };
}

/** The rows of a tensor of ids. */
async function calibrationOf(golden: GoldenCase, name: string): Promise<Uint32Array[]> {
  const ids = await golden.ids(name);
  const [rows = 1] = golden.file.tensors.get(name)?.shape ?? [];
  const tokens = ids.length / rows;
  return Array.from({ length: rows }, (_, row) => ids.slice(row * tokens, (row + 1) * tokens));
}

/** From "dass 2:4" to "dass.2:4.0.gate". */
const tensorName = (key: string, { block, part }: WeightMasks[number]["matrix"]): string =>
  `${key.replace(" ", ".")}.${block}.${part}`;

/** The share of mask entries that differ; no check if the case has no masks for this method and pattern. */
async function maskCheck({ file }: GoldenPruning, key: string, masks: WeightMasks): Promise<Check[]> {
  let different = 0;
  let of = 0;
  for (const mask of masks) {
    const name = tensorName(key, mask.matrix);
    if (!file.tensors.has(name)) return [];
    const expected = await file.readTensor(name);
    of += weightsOf(mask.matrix);
    expected.forEach((bit, i) => (different += (bit === 1) === isKept(mask, i) ? 0 : 1));
  }
  return [check(`${key} masks`, different / of, GOLDEN_LIMITS.keepMask)];
}

/** The worst difference among the matrices whose updated weights the case has. */
async function updateCheck(
  ctx: Ctx,
  { file }: GoldenPruning,
  key: string,
  { masks, model }: PrunedWeights,
): Promise<Check[]> {
  let worst: number | undefined;
  for (const { matrix } of masks) {
    const name = `${tensorName(key, matrix)}.weight`;
    const block = model.weights.blocks[matrix.block];
    if (!block || !file.tensors.has(name)) continue;
    const found = await readMatrix(ctx, block, matrix);
    worst = Math.max(worst ?? 0, worstDifference(found, await file.readFloat32(name)));
  }
  return worst === undefined ? [] : [check(`${key} weights`, worst, GOLDEN_LIMITS.updatedWeights)];
}
