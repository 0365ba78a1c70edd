// Masked and compact exports of the golden LLaMA (F32) and the embedded model (F16), read back through our own loaders and checked bitwise.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { readConfig, type ModelConfig } from "../../config/config.ts";
import { budgetOf, compactBytes, countsOf, keptTotalWeights, keptWeights } from "../../masks/budget.ts";
import { keptIndices } from "../../masks/compact.ts";
import { gateLayout, type Masks } from "../../masks/gates.ts";
import { tensorGates } from "../../masks/tensorGates.ts";
import { dtypeBytes, toFloat32 } from "../../dtype.ts";
import { exportCompact } from "./exportCompact.ts";
import { exportMasked } from "./exportMasked.ts";
import { readJson, type Folder } from "../files/folder.ts";
import { memoryFolder, memorySource } from "../files/memoryFolder.ts";
import { checkedStream, collect, outputFolder, textFile, type OutputFile } from "../files/outputFile.ts";
import { readCompact } from "./readCompact.ts";
import { openWeights, readSafetensors, writeSafetensors, type Weights } from "../safetensors/safetensors.ts";

function diskFolder(path: string): Folder {
  const names = readdirSync(path);
  return memoryFolder(path, Object.fromEntries(names.map((name) => [name, readFileSync(`${path}/${name}`)])));
}

interface Case {
  folder: Folder;
  config: ModelConfig;
  masks: Masks;
  weights: Weights;
}

async function loadCase(path: string, masksOf: (config: ModelConfig) => Promise<Masks> | Masks): Promise<Case> {
  const folder = diskFolder(path);
  const config = readConfig(await readJson(await folder.open("config.json")));
  return { folder, config, masks: await masksOf(config), weights: await openWeights(folder) };
}

async function goldenMasks(config: ModelConfig): Promise<Masks> {
  const file = await readSafetensors(memorySource("golden", readFileSync("golden/llama/golden.safetensors")));
  return Promise.all(
    gateLayout(config).sizes.map(async (_, i) => Uint8Array.from(await file.readFloat32(`hard.mask.${i}`))),
  );
}

/** About half of each vector, all different. */
function inventedMasks(config: ModelConfig): Masks {
  return gateLayout(config).sizes.map((size, vector) =>
    Uint8Array.from({ length: size }, (_, gate) => (Math.sin(gate * 7.3 + vector) > -0.1 ? 1 : 0)),
  );
}

async function hashes(files: readonly OutputFile[]): Promise<Record<string, string>> {
  const entries = files.map(async (file) => [
    file.name,
    createHash("sha256")
      .update(await collect(file))
      .digest("hex"),
  ]);
  return Object.fromEntries(await Promise.all(entries)) as Record<string, string>;
}

describe.each([
  { name: "golden LLaMA in F32", path: "golden/llama", masksOf: goldenMasks },
  { name: "embedded model in F16", path: "public/model", masksOf: inventedMasks },
])("$name", ({ path, masksOf }) => {
  let source: Case;
  beforeAll(async () => {
    source = await loadCase(path, masksOf);
  });

  it("masked: zero exactly where a vector prunes, every other bit as it was", async () => {
    const { weights, config, masks } = source;
    const masked = await openWeights(outputFolder("masked", await exportMasked(source)));
    expect([...masked.names].sort()).toEqual([...weights.names].sort());
    let zeroed = 0;
    for (const name of weights.names) {
      const { dtype, shape } = weights.info(name);
      expect(masked.info(name)).toMatchObject({ dtype, shape });
      const [before, after] = [await weights.readBytes(name), await masked.readBytes(name)];
      const gates = tensorGates(config.family, name);
      const [rows = 0, cols = 1] = shape;
      const [rowMask, colMask] = [gates?.rows, gates?.cols].map((vector) => masks[vector ?? -1]);
      const size = dtypeBytes(dtype);
      const expected = before.slice();
      for (let row = 0; row < rows; row++) {
        for (let col = 0; col < cols; col++) {
          if (rowMask?.[row] !== 0 && colMask?.[col] !== 0) continue;
          expected.fill(0, (row * cols + col) * size, (row * cols + col + 1) * size);
          zeroed++;
        }
      }
      expect(Buffer.from(after).equals(expected), name).toBe(true);
    }
    const budget = budgetOf(config);
    // q, k, v, o, gate, up and down together lose all that the budget counts as pruned.
    expect(zeroed).toBe(budget.blockWeights - keptWeights(budget, countsOf(masks)));
  });

  it("masked: config and tokenizer are the source's, byte for byte, and no other file goes along", async () => {
    const files = await exportMasked(source);
    const names = [
      "config.json",
      "model.safetensors",
      "generation_config.json",
      "tokenizer.json",
      "tokenizer_config.json",
    ];
    expect(files.map((file) => file.name)).toEqual(names);
    for (const file of files) {
      if (file.name === "model.safetensors") continue;
      expect(Buffer.from(await collect(file)).equals(readFileSync(`${path}/${file.name}`))).toBe(true);
    }
  });

  it("compact: cut weights, index lists and masks come back", async () => {
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

  it("compact: the code that transformers loads it by goes along, and config.json names it", async () => {
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

  it("in shards: the same tensors as in one file, for both forms", async () => {
    for (const write of [exportMasked, exportCompact]) {
      const [one, shards] = [await write(source), await write({ ...source, shardBytes: 100_000 })];
      expect(shards.filter(({ name }) => name.endsWith(".safetensors")).length).toBeGreaterThan(4);
      const [whole, dealt] = [
        await openWeights(outputFolder("one", one)),
        await openWeights(outputFolder("shards", shards)),
      ];
      expect([...dealt.names].sort()).toEqual([...whole.names].sort());
      for (const name of whole.names) {
        expect(dealt.info(name)).toMatchObject({ dtype: whole.info(name).dtype, shape: whole.info(name).shape });
        expect(Buffer.from(await dealt.readBytes(name)).equals(await whole.readBytes(name)), name).toBe(true);
      }
    }
    const { masks } = await readCompact(
      outputFolder("shards", await exportCompact({ ...source, shardBytes: 100_000 })),
    );
    expect(masks).toEqual(source.masks);
  });

  it("compact: has the parameters and bytes that the budget promises", async () => {
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

  it("gives the same bytes again", async () => {
    for (const write of [exportMasked, exportCompact])
      expect(await hashes(await write(source))).toEqual(await hashes(await write(source)));
  });

  it("converts to another dtype and says so in the config", async () => {
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

it("counts the golden masks as PyTorch does", async () => {
  const { config, masks } = await loadCase("golden/llama", goldenMasks);
  const golden = JSON.parse(readFileSync("golden/llama/golden.json", "utf8")) as {
    hard: { kept_block_weights: number };
  };
  expect(keptWeights(budgetOf(config), countsOf(masks))).toBe(golden.hard.kept_block_weights);
});

describe("what does not fit", () => {
  let source: Case;
  beforeAll(async () => {
    source = await loadCase("golden/llama", goldenMasks);
  });

  /** The compact export with one file changed. */
  async function tampered(change: (json: Record<string, unknown>) => unknown): Promise<Folder> {
    const files = await exportCompact(source);
    const text = new TextDecoder().decode(await collect(files[0] ?? textFile("", "")));
    const json = JSON.parse(text) as Record<string, unknown>;
    return outputFolder("compact", [textFile("config.json", JSON.stringify(change(json))), ...files.slice(1)]);
  }

  it.each([
    [
      "a list of another length",
      (j: Record<string, unknown>) => withWidth(j, 0, 1),
      /espalier\.s1: expected 1 indices in I32/,
    ],
    [
      "a width beyond the model",
      (j: Record<string, unknown>) => withWidth(j, 3, 999),
      /expected 1 to 176 in block 0, got 999/,
    ],
    ["a missing section", (j: Record<string, unknown>) => ({ ...j, espalier: undefined }), /not a compact export/],
    [
      "a later format",
      (j: Record<string, unknown>) => ({ ...j, espalier: { format: 2 } }),
      /expected 1, got 2; update/,
    ],
    [
      "another base",
      (j: Record<string, unknown>) => ({ ...j, model_type: "llama" }),
      /expected espalier_llama, got llama/,
    ],
    [
      "other sizes",
      (j: Record<string, unknown>) => ({ ...j, head_dim: 8 }),
      /q_proj\.weight: expected the cut shape 32 x/,
    ],
  ])("refuses a compact folder with %s", async (_, change, message) => {
    await expect(readCompact(await tampered(change))).rejects.toThrow(message);
  });

  it("refuses index lists that are not ascending", async () => {
    const files = await exportCompact(source);
    const whole = await openWeights(outputFolder("compact", files));
    const streams = whole.names.map((name) => ({
      ...whole.info(name),
      async *chunks() {
        const bytes = await whole.readBytes(name);
        yield name.endsWith("0.espalier.s5") ? new Uint8Array(new Int32Array(bytes.buffer).reverse().buffer) : bytes;
      },
    }));
    const name = "model.safetensors";
    const sizeBytes = files[1]?.sizeBytes ?? 0;
    const changed: OutputFile = { name, sizeBytes, stream: () => writeSafetensors(streams, { format: "pt" }) };
    const folder = outputFolder("compact", [...files.slice(0, 1), changed]);
    await expect(readCompact(folder)).rejects.toThrow(/layers\.0\.espalier\.s5: expected ascending indices/);
  });

  it("refuses masks of another model, and weights that are not the config's, before anything is written", async () => {
    await expect(exportMasked({ ...source, masks: source.masks.slice(1) })).rejects.toThrow(/expected 15 masks/);
    const config = { ...source.config, kvHeads: 4 };
    await expect(exportCompact({ ...source, config })).rejects.toThrow(/k_proj\.weight: expected 64 x 64/);
    const empty = source.masks.map((mask, i) => (i === 7 ? new Uint8Array(mask.length) : mask));
    await expect(exportCompact({ ...source, masks: empty })).rejects.toThrow(/s3 of block 1: expected at least one/);
  });

  it("refuses to round a weight to infinity", async () => {
    const huge = new Uint8Array(Float32Array.from({ length: 64 }, () => 7e4).buffer);
    const streams = source.weights.names.map((name) => ({
      ...source.weights.info(name),
      chunks: async function* () {
        yield name === "model.norm.weight" ? huge : await source.weights.readBytes(name);
      },
    }));
    const parts: Uint8Array[] = [];
    for await (const chunk of writeSafetensors(streams)) parts.push(chunk);
    const config = readFileSync("golden/llama/config.json");
    const folder = memoryFolder("huge", { "config.json": config, "model.safetensors": Buffer.concat(parts) });
    const [, file = textFile("", "")] = await exportMasked({ ...source, folder, dtype: "F16" });
    await expect(collect(file)).rejects.toThrow(/model\.norm\.weight: 70000 does not fit F16; export as BF16 or F32/);
  });
});

function withWidth(json: Record<string, unknown>, k: number, width: number): unknown {
  const espalier = json.espalier as { widths: number[][] };
  const widths = espalier.widths.map((row, block) => (block === 0 ? row.map((n, i) => (i === k ? width : n)) : row));
  return { ...json, espalier: { ...espalier, widths } };
}

it("holds one tensor at a time while it writes", async () => {
  const source = await loadCase("public/model", inventedMasks);
  const [, file = textFile("", "")] = await exportMasked(source);
  let largest = 0;
  for await (const chunk of checkedStream(file)) largest = Math.max(largest, chunk.length);
  expect(largest).toBe(2048 * 192 * 2);
  expect(file.sizeBytes).toBeGreaterThan(7_000_000);
});
