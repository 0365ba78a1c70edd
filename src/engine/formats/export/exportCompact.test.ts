// The compact form of the golden LLaMA (F32) and the embedded model (F16), read back with our loader and compared bit for bit.
import { beforeAll, describe, expect, it } from "vitest";
import { budgetOf, compactBytes, countsOf, keptTotalWeights } from "../../masks/budget.ts";
import { keptIndices } from "../../masks/compact.ts";
import { tensorGates } from "../../masks/tensorGates.ts";
import { dtypeBytes, toFloat32 } from "../../dtype.ts";
import { EXPORT_CASES, type ExportCase, loadCase } from "./export.fixture.ts";
import { exportCompact } from "./exportCompact.ts";
import { readJson } from "../files/folder.ts";
import { outputFolder } from "../files/outputFile.ts";
import { readCompact } from "./readCompact.ts";

describe.each(EXPORT_CASES)("$name", ({ path, masksOf }) => {
  let source: ExportCase;
  beforeAll(async () => {
    source = await loadCase(path, masksOf);
  });

  it("cut weights, index lists and masks are read back", async () => {
    const { weights, config, masks } = source;
    const files = await exportCompact(source);
    const compact = await readCompact(outputFolder("compact", files));
    expect(compact.config).toEqual(config);
    expect(compact.masks).toEqual(masks);
    expect(compact.lists).toEqual(masks.map(keptIndices));
    const counts = countsOf(masks);
    const [s1 = 0, s2 = 0, s3 = 0, s4 = 0, s5 = 0] = counts.slice(5);
    const dq = config.heads * config.headDim;
    const shape = (linear: string): readonly number[] => compact.weights.info(`model.layers.1.${linear}.weight`).shape;
    expect(shape("self_attn.q_proj")).toEqual([dq, s1]);
    expect(shape("self_attn.v_proj")).toEqual([config.kvHeads * config.headDim, s1]);
    expect(shape("self_attn.o_proj")).toEqual([s2, dq]);
    expect(shape("mlp.up_proj")).toEqual([s4, s3]);
    expect(shape("mlp.down_proj")).toEqual([s5, s4]);
    for (const name of weights.names) {
      const { dtype, shape: full } = weights.info(name);
      expect(compact.weights.info(name).dtype).toBe(dtype);
      const gates = tensorGates(config.family, name);
      const before = toFloat32(await weights.readBytes(name), dtype);
      const [rowMask, colMask] = [gates?.rows, gates?.cols].map((vector) => masks[vector ?? -1]);
      const cols = full[1] ?? 1;
      const kept = before.filter((_, i) => rowMask?.[Math.floor(i / cols)] !== 0 && colMask?.[i % cols] !== 0);
      expect(Buffer.from((await compact.weights.readFloat32(name)).buffer).equals(Buffer.from(kept.buffer)), name).toBe(
        true,
      );
    }
  });
});

describe.each(EXPORT_CASES)("files and sizes of $name", ({ path, masksOf }) => {
  let source: ExportCase;
  beforeAll(async () => {
    source = await loadCase(path, masksOf);
  });

  it("includes the Python file for transformers, and config.json names it", async () => {
    const files = await exportCompact(source);
    expect(files.map((file) => file.name)).toEqual([
      "config.json",
      "model.safetensors",
      "generation_config.json",
      "tokenizer.json",
      "tokenizer_config.json",
      "modeling_espalier.py",
    ]);
    const folder = outputFolder("compact", files);
    expect(await readJson(await folder.open("config.json"))).toMatchObject({
      model_type: "espalier_llama",
      architectures: ["EspalierLlamaForCausalLM"],
      auto_map: {
        AutoConfig: "modeling_espalier.EspalierLlamaConfig",
        AutoModelForCausalLM: "modeling_espalier.EspalierLlamaForCausalLM",
      },
    });
  });
  it("has the parameters and bytes that the budget predicts", async () => {
    const { config, masks, weights } = source;
    const { weights: cut } = await readCompact(outputFolder("compact", await exportCompact(source)));
    const budget = budgetOf(config);
    const bytes = dtypeBytes(weights.info("model.embed_tokens.weight").dtype);
    expect(cut.sizeBytes).toBe(compactBytes(budget, countsOf(masks), bytes));
    const parameters = cut.names
      .filter((name) => !name.includes("espalier"))
      .map((name) => cut.info(name).shape.reduce((a, b) => a * b));
    expect(parameters.reduce((a, b) => a + b)).toBe(keptTotalWeights(budget, countsOf(masks)));
  });

  it("converts to another dtype and updates the config", async () => {
    const files = await exportCompact({ ...source, dtype: "BF16" });
    const folder = outputFolder("bf16", files);
    const { weights: cut } = await readCompact(folder);
    expect(cut.info("model.norm.weight").dtype).toBe("BF16");
    expect(cut.info("model.layers.0.espalier.s1").dtype).toBe("I32");
    const json = (await readJson(await folder.open("config.json"))) as Record<string, unknown>;
    expect(json.dtype ?? json.torch_dtype).toBe("bfloat16");
    const [exact, rounded] = await Promise.all([source.weights, cut].map((w) => w.readFloat32("model.norm.weight")));
    exact?.forEach((value, i) =>
      expect(Math.abs((rounded?.[i] ?? NaN) - value)).toBeLessThanOrEqual(Math.abs(value) / 256),
    );
  });
});
