// Golden checks of weight pruning: keep-masks, counts, loss and perplexity of every method and pattern that the case has numbers for.
import type { Ctx } from "../ctx.ts";
import { invariant } from "../errors.ts";
import type { Model } from "../model/load.ts";
import { type Check, check } from "../ops/parity.ts";
import { pruneWeights } from "../prune/pruneWeights.ts";
import { isKept, keptOfMasks, type WeightMasks, weightsOf } from "../prune/weightMasks.ts";
import type { ScoredMethod } from "../prune/weightScores.ts";
import type { GoldenCase } from "./case.ts";
import { forward, LIMITS, lossCheck, perplexityCheck } from "./model.ts";

const METHODS: readonly ScoredMethod[] = ["magnitude", "wanda", "dass"];

/** Prunes a copy for each entry of golden.json's `weights` and compares it. */
export async function checkWeightPruning(ctx: Ctx, golden: GoldenCase, model: Model): Promise<Check[]> {
  const sequences = await calibrationOf(golden);
  const ids = await golden.ids("ids");
  const checks: Check[] = [];
  for (const [key, expected] of Object.entries(golden.info.weights ?? {})) {
    const [name, pattern = ""] = key.split(" ");
    const method = METHODS.find((known) => known === name);
    invariant(method, "unsupported", `golden.json: weights: "${key}" is none of ${METHODS.join(", ")} and a pattern`);
    const pruned = await pruneWeights(ctx, model, sequences, { method, pattern });
    try {
      const { kept, of } = keptOfMasks(pruned.masks);
      const { loss } = await forward(ctx, pruned.model, ids);
      const different = await maskDifference(golden, `${method}.${pattern}`, pruned.masks);
      if (different !== undefined) checks.push(check(`${key} masks`, different, LIMITS.keepMask));
      checks.push(
        check(`${key} kept`, Math.abs(kept - expected.kept) + Math.abs(of - expected.of), LIMITS.exact),
        lossCheck(`${key} loss`, loss, expected.loss),
        await perplexityCheck(ctx, golden, pruned.model, `${key} perplexity`, expected.perplexity),
      );
    } finally {
      pruned.model.free();
    }
  }
  return checks;
}

/** The rows of calibration.ids. */
async function calibrationOf(golden: GoldenCase): Promise<Uint32Array[]> {
  const ids = await golden.ids("calibration.ids");
  const [rows = 1] = golden.file.tensors.get("calibration.ids")?.shape ?? [];
  const tokens = ids.length / rows;
  return Array.from({ length: rows }, (_, row) => ids.slice(row * tokens, (row + 1) * tokens));
}

/** Share of the entries that differ; undefined where the case has no masks for this method and pattern. */
async function maskDifference(golden: GoldenCase, prefix: string, masks: WeightMasks): Promise<number | undefined> {
  let different = 0;
  let of = 0;
  for (const mask of masks) {
    const { block, part } = mask.matrix;
    const name = `${prefix}.${block}.${part}`;
    if (!golden.has(name)) return undefined;
    const expected = await golden.mask(name);
    of += weightsOf(mask.matrix);
    expected.forEach((bit, i) => (different += (bit === 1) === isKept(mask, i) ? 0 : 1));
  }
  return different / of;
}
