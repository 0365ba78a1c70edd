// The record of a finished run: what masks of each kind keep and cost, and that the bitsets unpack to the same masks.
import { describe, expect, it } from "vitest";
import { countParameters, readConfig } from "../../config/config.ts";
import { gateLayout } from "../../masks/gates.ts";
import { mlpMatrices } from "../../masks/mlpMatrices.ts";
import { packMask, weightsOf } from "../../masks/weightMasks.ts";
import { DEFAULT_WEIGHT_RECIPE } from "../../recipes/weightRecipe.ts";
import { unpackBits } from "../files/bitset.ts";
import { finishedRun } from "./finishedRun.ts";
import rawConfig from "../../../../golden/llama/config.json" with { type: "json" };

const config = readConfig(rawConfig);
const { blocks, total } = countParameters(config);
const text = { name: "t", sha256: "" };
const given = {
  ...{ id: "a", name: "a", finished: "2026-11-25T08:00:00.000Z", adapter: "test", calibration: text, msPerToken: null },
  made: { kind: "weights", recipe: DEFAULT_WEIGHT_RECIPE } as const,
  perplexity: { text, context: 16, tokens: 64, beginToken: false, dense: 20, pruned: 30 },
  model: { name: "m", fingerprint: "f", config, dtype: "F16" as const },
};

describe("a finished run", () => {
  it("counts gates: all of them make the dense model, and fewer cost what the budget predicts", () => {
    const { sizes } = gateLayout(config);
    const all = sizes.map((size) => new Uint8Array(size).fill(1));
    const dense = finishedRun({ ...given, masks: { kind: "gates", masks: all } }).record;
    expect(dense.kept.blockWeights).toEqual({ kept: blocks, of: blocks });
    expect(dense.kept.modelWeights).toEqual({ kept: total, of: total });
    expect(dense.kept.bytes).toBe(2 * total);
    const less = all.map((mask, i) => (i === 0 ? mask.map((_, gate) => (gate < 10 ? 1 : 0)) : mask));
    const run = finishedRun({ ...given, masks: { kind: "gates", masks: less } });
    const gone = (config.dModel - 10) * (config.heads + 2 * config.kvHeads) * config.headDim;
    expect(run.record.kept.blockWeights.kept).toBe(blocks - gone);
    expect(run.record.kept.bytes).toBe(2 * (total - gone));
    const { masks } = run;
    expect(masks.kind === "gates" && masks.masks.map((mask, i) => unpackBits(mask, sizes[i] ?? 0))).toEqual(less);
  });

  it("counts single weights", () => {
    const masks = mlpMatrices(config).map((matrix) =>
      packMask(
        matrix,
        Uint8Array.from({ length: weightsOf(matrix) }, (_, i) => i % 2),
      ),
    );
    const mlp = masks.reduce((sum, { matrix }) => sum + weightsOf(matrix), 0);
    const run = finishedRun({ ...given, masks: { kind: "weights", masks } });
    expect(run.record.kept.blockWeights).toEqual({ kept: blocks - mlp / 2, of: blocks });
    expect(run.record.kept.modelWeights).toEqual({ kept: total - mlp / 2, of: total });
    expect(run.record.kept.bytes).toBe(2 * total);
    expect(run.masks.kind === "weights" && run.masks.matrices.map(({ name }) => name)).toEqual(
      mlpMatrices(config).map(({ name }) => name),
    );
  });
});
