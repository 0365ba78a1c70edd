// Models that came as GGUF, masked: header and kept values stay, and pruned values are zeros, in every type.
import { describe, expect, it } from "vitest";
import { readConfig } from "../../../config/config.ts";
import { packMask } from "../../../masks/weightMasks.ts";
import { mlpMatrices } from "../../../masks/mlpMatrices.ts";
import { separated } from "../../safetensors/fused.ts";
import { openWeights } from "../../safetensors/safetensors.ts";
import { inventedMasks, loadFolder } from "../../export/export.fixture.ts";
import { exportMasked } from "../../export/exportMasked.ts";
import { readJson } from "../../files/folder.ts";
import { memorySource } from "../../files/memoryFolder.ts";
import { collect, outputFolder } from "../../files/outputFile.ts";
import { ggufFolder } from "../ggufFolder.ts";
import { readGgufHeader } from "../header.ts";
import { ggufOfFolder, ggufPartsOfFolder } from "../models.fixture.ts";
import type { QuantType } from "../types.ts";
import { overlaid } from "../../../recover/overlay.ts";
import { gateLayout } from "../../../masks/gates.ts";
import { dequantized } from "../dequantize.ts";
import { gatedTensors, maskedTensors } from "./editedTensors.ts";
import { exportEditedGguf, exportMaskedGguf } from "./exportGguf.ts";
import { ggufOutputFile, type MetadataEntry } from "./ggufFile.ts";
import { maskGguf } from "./maskGguf.ts";
import { quantize } from "./quantize.ts";

const origin = { name: "m", licence: "mit", version: "1", recipe: {}, keep: 0.5 };

async function opened(name: string, parts?: number) {
  const original = loadFolder(`golden/${name}`);
  const files =
    parts === undefined
      ? { "m.gguf": await ggufOfFolder(original) }
      : await ggufPartsOfFolder(original, { count: parts, stem: "m" });
  const sources = Object.entries(files).map(([file, bytes]) => memorySource(file, bytes));
  const folder = await ggufFolder(...sources);
  const config = readConfig(await readJson(await folder.open("config.json")));
  return { folder, config, files, masks: inventedMasks(config) };
}

const NEWER = ["gemma2", "gemma3_text", "phi3", "olmo2", "smollm3", "granite"];

describe.each(["llama", "qwen2", "qwen3", "gemma", "phi", ...NEWER])("golden/%s as F32", (name) => {
  it("comes back as the same file with zeros", async () => {
    const { folder, config, files, masks } = await opened(name);
    const exported = await exportMaskedGguf({ folder, config, masks }, { origin });
    const [file] = exported.files;
    expect([file?.name, file?.sizeBytes, exported.type]).toEqual(["model.gguf", files["m.gguf"]?.length, "F32"]);
    const bytes = await collect(file!);
    const { tensors } = await readGgufHeader(memorySource("m.gguf", bytes));
    const dataStart = [...tensors.values()][0]!.begin;
    expect(bytes.subarray(0, dataStart)).toEqual(files["m.gguf"]?.subarray(0, dataStart));
    const found = await openWeights(await ggufFolder(memorySource("m.gguf", bytes)));
    const masked = outputFolder("m", await exportMasked({ folder, config, masks }));
    const expected = await openWeights(await separated(masked, config));
    for (const tensor of expected.names) {
      const values = await found.readFloat32(tensor);
      expect(values, tensor).toEqual(await expected.readFloat32(tensor));
      expect(await exported.stored.weights.readFloat32(tensor), tensor).toEqual(values);
    }
  });
});

it("keeps the parts of a split model", async () => {
  const { folder, config, masks } = await opened("llama", 3);
  const { files } = await exportMaskedGguf({ folder, config, masks }, { origin });
  expect(files.map(({ name }) => name)).toEqual([1, 2, 3].map((i) => `m-0000${i}-of-00003.gguf`));
  const parts = await Promise.all(files.map(async (file) => memorySource(file.name, await collect(file))));
  const found = await openWeights(await ggufFolder(...parts));
  const expected = await openWeights(outputFolder("m", await exportMasked({ folder, config, masks })));
  for (const tensor of expected.names)
    expect(await found.readFloat32(tensor), tensor).toEqual(await expected.readFloat32(tensor));
});

it("zeroes single weights", async () => {
  const { folder, config } = await opened("llama");
  const masks = mlpMatrices(config).map((matrix) =>
    packMask(
      matrix,
      Uint8Array.from({ length: matrix.shape[0] * matrix.shape[1] }, (_, i) => ((i * 7) % 4 < 2 ? 1 : 0)),
    ),
  );
  const weights = await openWeights(folder);
  const edited = maskedTensors(weights, config, masks);
  const { files } = await exportEditedGguf(
    { folder, config },
    { weights, edited, masks: { weights: masks } },
    { origin },
  );
  const found = await openWeights(await ggufFolder(memorySource("m.gguf", await collect(files[0]!))));
  for (const tensor of weights.names)
    expect(await found.readFloat32(tensor), tensor).toEqual(await edited.rows(tensor, 0, edited.sourceRows(tensor)));
});

describe("weights that were changed after pruning", () => {
  /** The embedded model as GGUF in Q8_0, and a change of one matrix in it. */
  async function changedModel() {
    const original = loadFolder("public/model");
    const base = readConfig(await readJson(await original.open("config.json")));
    const all = gateLayout(base).sizes.map((size) => new Uint8Array(size).fill(1));
    const whole = { folder: original, config: base, masks: all };
    const { files } = await exportMaskedGguf(whole, { origin, type: "Q8_0" });
    const bytes = await collect(files[0]!);
    const folder = await ggufFolder(memorySource("m.gguf", bytes));
    const config = readConfig(await readJson(await folder.open("config.json")));
    const weights = await openWeights(folder);
    const name = "model.layers.1.self_attn.q_proj.weight";
    const values = (await weights.readFloat32(name)).map((value, i) => value + Math.sin(i) / 50);
    return { bytes, folder, config, name, weights, recovered: overlaid(weights, new Map([[name, values]])) };
  }

  it("are quantised again in their own type, and everything else stays byte for byte", async () => {
    const { bytes, folder, config, name, recovered } = await changedModel();
    const masks = inventedMasks(config);
    const exported = await exportMaskedGguf({ folder, config, masks, recoveredWeights: recovered }, { origin });
    const plain = await exportMaskedGguf({ folder, config, masks }, { origin });
    expect([exported.type, exported.files[0]?.sizeBytes]).toEqual(["Q8_0", bytes.length]);
    expect(exported.record.notes).toEqual(["1 of the matrices were quantised again after their weights had changed."]);
    const [found, before] = [await collect(exported.files[0]!), await collect(plain.files[0]!)];
    const source = memorySource("m.gguf", found);
    const { tensors } = await readGgufHeader(source);
    for (const tensor of tensors.values()) {
      const [now, then] = [found, before].map((file) => Buffer.from(file.subarray(tensor.begin, tensor.end)));
      expect(now?.equals(then!), tensor.name).toBe(tensor.name !== "blk.1.attn_q.weight");
    }
    const edited = gatedTensors(recovered, config.family, masks, false);
    const values = await edited.rows(name, 0, edited.sourceRows(name));
    const rounded = dequantized("Q8_0", quantize("Q8_0", values, name), values.length);
    const read = await openWeights(await ggufFolder(source));
    expect(await read.readFloat32(name)).toEqual(rounded);
    expect(await exported.stored.weights.readFloat32(name)).toEqual(rounded);
  });

  it("of single weights as well, where the method updates what it keeps", async () => {
    const { bytes, folder, config, weights } = await changedModel();
    const masks = mlpMatrices(config).map((matrix) =>
      packMask(
        matrix,
        Uint8Array.from({ length: matrix.shape[0] * matrix.shape[1] }, (_, i) => (i % 4 < 2 ? 1 : 0)),
      ),
    );
    const updated = async ({ name }: { name: string }): Promise<Float32Array<ArrayBuffer>> =>
      (await weights.readFloat32(name)).map((value, i) => (i % 4 < 2 ? value * 0.75 : 0));
    const edited = maskedTensors(weights, config, masks, updated);
    const changed = new Set(masks.map(({ matrix }) => matrix.name));
    const model = { weights, edited, masks: { weights: masks }, changed };
    const { files, type, record } = await exportEditedGguf({ folder, config }, model, { origin });
    expect([type, files[0]?.sizeBytes]).toEqual(["Q8_0", bytes.length]);
    expect(record.notes[0]).toMatch(/^\d+ of the matrices were quantised again/);
    const read = await openWeights(await ggufFolder(memorySource("m.gguf", await collect(files[0]!))));
    const { name } = masks[0]!.matrix;
    const values = await updated({ name });
    expect(await read.readFloat32(name)).toEqual(dequantized("Q8_0", quantize("Q8_0", values, name), values.length));
  });
});

/** A file with one MLP of random blocks in a type, whose rows are 256 wide. */
function random(type: QuantType): Promise<Uint8Array<ArrayBuffer>> {
  const sizes = {
    F16: 2,
    Q8_0: 34 / 32,
    Q4_0: 18 / 32,
    Q5_0: 22 / 32,
    Q6_K: 210 / 256,
    Q4_1: 20 / 32,
    Q4_K: 144 / 256,
  };
  const bytesPer = sizes[type as keyof typeof sizes];
  const tensor = (name: string, seed: number) => ({
    ...{ name, type, shape: [256, 256] },
    // small bytes, so that no scale is infinite
    chunks: () => [Uint8Array.from({ length: 65536 * bytesPer }, (_, i) => (i * (2 * seed + 1) + (i >> 5)) % 61)],
  });
  const entries: MetadataEntry[] = [{ key: "general.architecture", type: "string", value: "llama" }];
  const names = ["ffn_gate", "ffn_up", "ffn_down"].map((part) => `blk.0.${part}.weight`);
  return collect(ggufOutputFile("m.gguf", entries, names.map(tensor)));
}

it.each<[QuantType, boolean]>([
  ["F16", false],
  ["Q8_0", false],
  ["Q4_0", false],
  ["Q5_0", false],
  ["Q6_K", false],
  ["Q4_1", true],
  ["Q4_K", true],
])("%s: converted to Q8_0: %s", async (type, converted) => {
  const { config: base } = await opened("llama");
  const config = { ...base, layers: 1, dModel: 256, dMlp: 256 };
  const gates = [...Array(5).keys()].map((k) => Uint8Array.from({ length: 256 }, (_, i) => ((i * 5 + k) % 3 ? 1 : 0)));
  const source = memorySource("m.gguf", await random(type));
  const { file, converted: names } = await maskGguf(source, "m.gguf", { config, masks: { gates } });
  expect(names.length).toBe(converted ? 3 : 0);
  const written = memorySource("m.gguf", await collect(file));
  const values = async (from: typeof source) => {
    const { tensors } = await readGgufHeader(from);
    const { readView } = await import("../weightsSource.ts");
    return Promise.all(
      [...tensors.values()].map((tensor) =>
        readView(from, {
          name: tensor.name,
          dtype: "F32",
          shape: tensor.shape,
          tensor,
          firstRow: 0,
          headDim: 1,
          shift: 0,
        }),
      ),
    );
  };
  const [before, after] = [await values(source), await values(written)];
  const masksOf = [
    [3, 2],
    [3, 2],
    [4, 3],
  ] as const;
  before.forEach((list, t) => {
    const [rows, cols] = masksOf[t]!;
    const most = Math.max(...list.map(Math.abs));
    list.forEach((value, i) => {
      const kept = gates[rows]![i >> 8]! * gates[cols]![i & 255]!;
      const found = after[t]![i]!;
      if (kept === 0) expect(Math.abs(found)).toBe(0);
      else if (converted) expect(Math.abs(found - value)).toBeLessThanOrEqual(most / 120);
      else expect(found).toBe(value);
    });
  });
});
