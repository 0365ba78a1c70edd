// The GGUF forms of golden models, read back with our reader: every value, the widths, and what is refused.
import { describe, expect, it } from "vitest";
import { type Dtype, toFloat32 } from "../../../dtype.ts";
import { readConfig, type ModelConfig } from "../../../config/config.ts";
import { modelTensors } from "../../../config/tensors.ts";
import { loadTokenizer } from "../../../tokenizer/tokenizer.ts";
import { indexLists } from "../../../masks/compact.ts";
import type { Masks } from "../../../masks/gates.ts";
import { cutReader } from "../../../prune/gates/cutReader.ts";
import { goldenMasks, inventedMasks, loadFolder } from "../../export/export.fixture.ts";
import { exportMasked } from "../../export/exportMasked.ts";
import { type Folder, readJson } from "../../files/folder.ts";
import { memorySource } from "../../files/memoryFolder.ts";
import { collect, outputFolder } from "../../files/outputFile.ts";
import { openWeights } from "../../safetensors/safetensors.ts";
import { ggufFolder } from "../ggufFolder.ts";
import { readGgufHeader } from "../header.ts";
import { readGgufExport, type StoredModel } from "../readGgufExport.ts";
import { exportGguf, exportMaskedGguf } from "./exportGguf.ts";
import type { GgufExport } from "./ggufRecord.ts";

const origin = { name: "golden", licence: "mit", version: "1", recipe: { method: "disp" }, keep: 0.5 };

async function modelAt(name: string): Promise<{ folder: Folder; config: ModelConfig; masks: Masks }> {
  const folder = loadFolder(`golden/${name}`);
  const config = readConfig(await readJson(await folder.open("config.json")));
  return { folder, config, masks: await goldenMasks(config, `golden/${name}`) };
}

const fileOf = async ({ files: [file] }: GgufExport) => memorySource("model.gguf", await collect(file!));

/** The tensors that `weights` and `expected` have, by name. */
async function expectEqual(
  config: ModelConfig,
  found: { readFloat32(name: string): Promise<Float32Array> },
  expected: { readFloat32(name: string): Promise<Float32Array> },
): Promise<void> {
  for (const { name } of modelTensors(config)) {
    const [a, b] = [await found.readFloat32(name), await expected.readFloat32(name)];
    if (config.family === "gemma" && name.includes("norm")) a.forEach((v, i) => expect(v).toBeCloseTo(b[i]!, 6));
    else expect(a, name).toEqual(b);
  }
}

/** The last two rows of every matrix are read alone as they are in the whole matrix. */
async function expectRows(config: ModelConfig, weights: StoredModel["weights"]): Promise<void> {
  for (const { name } of modelTensors(config)) {
    const { shape, dtype } = weights.info(name);
    const [rows = 0, cols] = shape;
    if (cols === undefined) continue;
    const first = Math.max(0, rows - 2);
    const bytes = await weights.readRows?.(name, first, rows - first);
    const all = await weights.readFloat32(name);
    expect(bytes && toFloat32(bytes, dtype as Dtype), name).toEqual(all.slice(first * cols));
  }
}

/** The weights with zeros in all pruned places but s4, which is cut. */
async function cutByWidth({ folder, config, masks }: Awaited<ReturnType<typeof modelAt>>) {
  const masked = await openWeights(outputFolder("m", await exportMasked({ folder, config, masks })));
  const full = masks.map((mask, vector) => (vector % 5 === 3 ? mask : mask.map(() => 1)));
  return cutReader(masked, config.family, indexLists(full));
}

describe.each(["llama", "llama3", "qwen2", "qwen3"])("compact GGUF of golden/%s", (name) => {
  it("has the cut weights in F32, and each block its width", async () => {
    const model = await modelAt(name);
    const exported = await exportGguf(model, { origin });
    const source = await fileOf(exported);
    const read = await readGgufExport(source);
    const widths = indexLists(model.masks).filter((_, vector) => vector % 5 === 3);
    expect(read.lists?.filter((_, vector) => vector % 5 === 3).map(({ length }) => length)).toEqual(
      widths.map(({ length }) => length),
    );
    await expectEqual(model.config, read.weights, await cutByWidth(model));
    await expectEqual(model.config, exported.stored.weights, read.weights);
    await expectRows(read.config, read.weights);
    const { metadata } = await readGgufHeader(source);
    expect(metadata.get("general.architecture")).toBe(name === "qwen3" ? "openelm" : "deci");
    expect(metadata.get("general.license")).toBe("mit");
    expect(metadata.get("general.base_model.0.name")).toBe("golden");
    expect(metadata.get("espalier.recipe")).toBe('{"method":"disp"}');
    expect(exported.record.blockWeights.kept).toBeLessThan(exported.record.blockWeights.of);
  });

  it("stores in Q4_0 what it says that it stores, in widths of whole blocks", async () => {
    const model = await modelAt(name);
    const exported = await exportGguf(model, { origin, type: "Q4_0" });
    const read = await readGgufExport(await fileOf(exported));
    await expectEqual(model.config, read.weights, exported.stored.weights);
    const kept = indexLists(model.masks).filter((_, vector) => vector % 5 === 3);
    const widths = kept.map(({ length }) => Math.ceil(length / 32) * 32);
    expect(read.lists?.filter((_, vector) => vector % 5 === 3).map(({ length }) => length)).toEqual(widths);
    const added = widths.reduce((sum, width, block) => sum + width - kept[block]!.length, 0);
    expect(exported.record.addedDimensions).toBe(added);
    expect(exported.record.notes.join()).toMatch(/in Q8_0 instead of Q4_0 .*token_embd\.weight/);
  });
});

describe.each(["llama", "mistral", "qwen2", "qwen3", "gemma", "phi"])("masked GGUF of golden/%s", (name) => {
  it("is the masked form in the model's own architecture", async () => {
    const model = await modelAt(name);
    const source = await fileOf(await exportMaskedGguf(model, { origin }));
    const masked = await openWeights(outputFolder("m", await exportMasked(model)));
    await expectEqual(model.config, (await readGgufExport(source)).weights, masked);
    if (name === "llama3") return;
    const folder = await ggufFolder(source);
    const { context, ...config } = readConfig(await readJson(await folder.open("config.json")));
    const { context: full, ...expected } = model.config;
    expect(config).toEqual(expected);
    expect(context).toBe(Math.min(full, expected.window ?? full));
    const tokenizers = await Promise.all(
      [folder, model.folder].map(async (one) => loadTokenizer(await readJson(await one.open("tokenizer.json")), {})),
    );
    const text = "Gentlemen of the Senate: it's 1863, and\n\nthe \u{1f40b} é  is  free.";
    expect(tokenizers[0]!.encode(text)).toEqual(tokenizers[1]!.encode(text));
  });
});

it("leaves out attention that the masks empty, but in the first block, and writes no MLP of width 0", async () => {
  const model = await modelAt("llama");
  const masks = inventedMasks(model.config);
  for (const vector of [0, 1, 3, 5 + 1, 10 + 1, 10 + 4]) masks[vector]!.fill(0);
  const exported = await exportGguf({ ...model, masks }, { origin });
  const source = await fileOf(exported);
  const { metadata, tensors } = await readGgufHeader(source);
  expect(metadata.get("deci.attention.head_count")).toEqual([4, 0, 0]);
  expect((metadata.get("deci.feed_forward_length") as number[]).map((width) => width === 1)).toEqual([
    true,
    false,
    true,
  ]);
  expect([...tensors.keys()].filter((tensor) => /^blk\.[12]\.attn_/.test(tensor))).toEqual([]);
  expect(exported.record.withoutAttention).toBe(2);
  const read = await readGgufExport(source);
  const values = await read.weights.readFloat32("model.layers.1.self_attn.o_proj.weight");
  expect(values.every((value) => value === 0)).toBe(true);
  await expectRows(read.config, read.weights);
});

it.each([
  ["mistral", /config\.json: sliding_window: expected none, .* got 32\. Export gguf-masked/],
  ["gemma", /config\.json: model_type: expected one of llama, mistral, qwen2, qwen3, .* got gemma/],
  ["phi", /got phi/],
  ["opt", /got opt/],
])("refuses the compact form of %s by the field's name", async (name, reason) => {
  await expect(exportGguf(await modelAt(name), { origin })).rejects.toThrow(reason);
});

it.each<[Partial<ModelConfig>, RegExp]>([
  [{ tiedHead: false }, /tie_word_embeddings: expected true, because llama\.cpp's openelm has no head/],
  [{ rope: { theta: 1e4, scaling: { type: "linear", factor: 2 } } }, /rope_scaling: expected none/],
  [{ rope: { theta: 1e4, scaling: { type: "dynamic", factor: 2, context: 64 } } }, /rope_scaling: expected none/],
])("refuses what openelm does not compute: %j", async (change, reason) => {
  const model = await modelAt("qwen3");
  await expect(exportGguf({ ...model, config: { ...model.config, ...change } }, { origin })).rejects.toThrow(reason);
});

it.each(["qwen2", "gemma", "phi"])(
  "refuses factors of RoPE's frequencies, which llama.cpp's %s does not read",
  async (name) => {
    const model = await modelAt(name);
    const scaling = { type: "llama3", factor: 8, lowFreqFactor: 1, highFreqFactor: 4, originalContext: 64 } as const;
    const config = { ...model.config, rope: { theta: 1e4, ...model.config.rope, scaling } };
    const reason = /rope_scaling: expected none, linear or yarn, because llama\.cpp's \w+ has no factors/;
    await expect(exportMaskedGguf({ ...model, config }, { origin })).rejects.toThrow(reason);
  },
);

it("refuses OPT, which llama.cpp does not run, in both forms", async () => {
  await expect(exportMaskedGguf(await modelAt("opt"), { origin })).rejects.toThrow(
    /a family whose GGUF files are written/,
  );
});
