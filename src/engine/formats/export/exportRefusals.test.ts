// What exporting and reading back refuse: changed configs and lists, masks of another model, weights too large for a dtype.
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { type ExportCase, goldenMasks, loadCase } from "./export.fixture.ts";
import { exportCompact } from "./exportCompact.ts";
import { exportMasked } from "./exportMasked.ts";
import type { Folder } from "../files/folder.ts";
import { memoryFolder } from "../files/memoryFolder.ts";
import { collect, outputFolder, textFile, type OutputFile } from "../files/outputFile.ts";
import { readCompact } from "./readCompact.ts";
import { openWeights, writeSafetensors } from "../safetensors/safetensors.ts";

let source: ExportCase;
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

function withWidth(json: Record<string, unknown>, k: number, width: number): unknown {
  const espalier = json.espalier as { widths: number[][] };
  const widths = espalier.widths.map((row, block) => (block === 0 ? row.map((n, i) => (i === k ? width : n)) : row));
  return { ...json, espalier: { ...espalier, widths } };
}

describe("a compact folder", () => {
  it.each([
    [
      "a list of another length",
      (j: Record<string, unknown>) => withWidth(j, 0, 1),
      /espalier\.s1: expected 1 indices in I32/,
    ],
    [
      "a width beyond the model",
      (j: Record<string, unknown>) => withWidth(j, 3, 999),
      /expected 1 to 176 in block 0, .* got 999/,
    ],
    [
      "no width in a module that has others",
      (j: Record<string, unknown>) => withWidth(j, 3, 0),
      /expected 1 to 176 in block 0, or 0 in all of attention or MLP, got 0/,
    ],
    ["a missing section", (j: Record<string, unknown>) => ({ ...j, espalier: undefined }), /not a compact export/],
    [
      "a later format",
      (j: Record<string, unknown>) => ({ ...j, espalier: { format: 2 } }),
      /espalier\.format: expected 1, got 2\. .* update/,
    ],
    [
      "another base",
      (j: Record<string, unknown>) => ({ ...j, model_type: "llama" }),
      /expected espalier_llama, got "llama"/,
    ],
    [
      "other sizes",
      (j: Record<string, unknown>) => ({ ...j, head_dim: 8 }),
      /q_proj\.weight: expected the cut shape 32 x/,
    ],
  ])("is refused with %s", async (_, change, message) => {
    await expect(readCompact(await tampered(change))).rejects.toThrow(message);
  });

  it("is refused with index lists that are not ascending", async () => {
    const files = await exportCompact(source);
    const written = await openWeights(outputFolder("compact", files));
    const streams = written.names.map((name) => ({
      ...written.info(name),
      async *chunks() {
        const bytes = await written.readBytes(name);
        yield name.endsWith("0.espalier.s5") ? new Uint8Array(new Int32Array(bytes.buffer).reverse().buffer) : bytes;
      },
    }));
    const name = "model.safetensors";
    const sizeBytes = files[1]?.sizeBytes ?? 0;
    const changed: OutputFile = { name, sizeBytes, stream: () => writeSafetensors(streams, { format: "pt" }) };
    const folder = outputFolder("compact", [...files.slice(0, 1), changed]);
    await expect(readCompact(folder)).rejects.toThrow(/layers\.0\.espalier\.s5: expected ascending indices/);
  });
});

describe("an export", () => {
  it("refuses masks of another model, and weights that do not fit the config, before anything is written", async () => {
    await expect(exportMasked({ ...source, masks: source.masks.slice(1) })).rejects.toThrow(/expected 15 masks/);
    const config = { ...source.config, kvHeads: 4 };
    await expect(exportCompact({ ...source, config })).rejects.toThrow(/k_proj\.weight: expected 64 x 64/);
    const opt = await loadCase("golden/opt", (model) => goldenMasks(model, "golden/opt"));
    const empty = opt.masks.map((mask, i) => (i === 7 ? new Uint8Array(mask.length) : mask));
    await expect(exportCompact({ ...opt, masks: empty })).rejects.toThrow(
      /s3 of block 1: expected at least one kept gate, or none in all of its module/,
    );
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
    await expect(collect(file)).rejects.toThrow(
      /model\.norm\.weight: expected values that fit F16, got 70000\. Export as BF16 or F32/,
    );
  });
});
