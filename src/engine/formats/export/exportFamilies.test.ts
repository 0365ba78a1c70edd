// Masked and compact exports of the families whose names and biases differ from LLaMA's: every tensor, bit for bit.
import { describe, expect, it } from "vitest";
import { goldenCases } from "../../config/goldenCases.fixture.ts";
import { blockLinears, modelTensors } from "../../config/tensors.ts";
import { budgetOf, compactBytes, countsOf, keptTotalWeights } from "../../masks/budget.ts";
import { tensorGates } from "../../masks/tensorGates.ts";
import { elementCount } from "../../dtype.ts";
import { exportCompact } from "./exportCompact.ts";
import { type ExportCase, inventedMasks, loadCase } from "./export.fixture.ts";
import { exportMasked } from "./exportMasked.ts";
import { collect, outputFolder } from "../files/outputFile.ts";
import { readCompact } from "./readCompact.ts";
import { separated } from "../safetensors/fused.ts";
import { openWeights, type Weights } from "../safetensors/safetensors.ts";

const sourceOf = (name: string): Promise<ExportCase> => loadCase(`golden/${name}`, inventedMasks);

// the other families have tests of their own
describe.each(goldenCases("llama", "llama3", "mistral", "gemma"))("%s", (name) => {
  it("masked: zero exactly where a vector prunes, all other bits unchanged", async () => {
    const source = await sourceOf(name);
    const [before, after] = [source.weights, await openMasked(source)];
    expect([...after.names].sort()).toEqual([...before.names].sort());
    const zeroed = new Set<string>();
    for (const tensor of before.names) {
      const gates = tensorGates(source.config.family, tensor);
      const cols = before.info(tensor).shape[1] ?? 1;
      const [rowMask, colMask] = [gates?.rows, gates?.cols].map((vector) => source.masks[vector ?? -1]);
      const expected = (await before.readFloat32(tensor)).map((value, i) => {
        const kept = rowMask?.[Math.floor(i / cols)] !== 0 && colMask?.[i % cols] !== 0;
        if (!kept) zeroed.add(tensor);
        return kept ? value : 0;
      });
      expect(Buffer.from((await after.readBytes(tensor)).buffer).equals(Buffer.from(expected.buffer)), tensor).toBe(
        true,
      );
    }
    const biases = blockLinears(source.config).filter(
      ({ role, biased }) => biased && ["o", "up", "down"].includes(role),
    );
    const cut = [...zeroed].filter((tensor) => tensor.endsWith(".bias"));
    expect(cut).toHaveLength(source.config.layers * biases.length);
  });

  it("compact: widths, parameters and bytes are what the budget predicts", async () => {
    const source = await sourceOf(name);
    const { config, masks } = source;
    const compact = await readCompact(outputFolder("compact", await exportCompact(source)));
    expect([compact.config, compact.masks]).toEqual([config, masks]);
    const counts = countsOf(masks);
    for (const { name: linear, role, biased } of blockLinears(config)) {
      const rows = { q: undefined, k: undefined, v: undefined, o: counts[6], up: counts[8], down: counts[9] }[role];
      const at = (kind: string) => compact.weights.info(`${layerPrefix(config)}1.${linear}.${kind}`).shape[0];
      if (rows !== undefined) expect([at("weight"), biased ? at("bias") : rows]).toEqual([rows, rows]);
    }
    const values = modelTensors(config).reduce(
      (sum, tensor) => sum + elementCount(compact.weights.info(tensor.name).shape),
      0,
    );
    expect(values).toBe(keptTotalWeights(budgetOf(config), counts));
    expect(compact.weights.sizeBytes).toBe(compactBytes(budgetOf(config), counts, 4));
  });
});

it("phi3: files have q, k, v and gate, up as one matrix each, in both forms", async () => {
  const source = await sourceOf("phi3");
  const [dense, masked, compact] = await Promise.all(
    [source.folder, outputFolder("m", await exportMasked(source)), outputFolder("c", await exportCompact(source))].map(
      openWeights,
    ),
  );
  expect([...(masked?.names ?? [])].sort()).toEqual([...(dense?.names ?? [])].sort());
  const [s1, , s3, s4] = countsOf(source.masks);
  expect(compact?.info("model.layers.0.self_attn.qkv_proj.weight").shape).toEqual([32, s1]);
  expect(compact?.info("model.layers.0.mlp.gate_up_proj.weight").shape).toEqual([2 * (s4 ?? 0), s3]);
  expect(compact?.names.some((name) => name.includes("q_proj"))).toBe(false);
});

it("gemma2: softcaps are written as the floats that transformers accepts", async () => {
  const files = await exportCompact(await sourceOf("gemma2"));
  const [config] = await Promise.all(files.filter(({ name }) => name === "config.json").map(collect));
  expect(new TextDecoder().decode(config)).toMatch(
    /"attn_logit_softcapping": 1\.5,\n[^]*"final_logit_softcapping": 4\.0,\n/,
  );
});

const openMasked = async (source: ExportCase): Promise<Weights> =>
  openWeights(await separated(outputFolder("masked", await exportMasked(source)), source.config));

const layerPrefix = ({ family }: ExportCase["config"]): string =>
  family === "opt" ? "model.decoder.layers." : "model.layers.";
