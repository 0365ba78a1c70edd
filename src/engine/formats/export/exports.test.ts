// Both forms: shards, equal bytes, memory, and the counts of PyTorch.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { budgetOf, countsOf, keptWeights } from "../../masks/budget.ts";
import { EXPORT_CASES, type ExportCase, goldenMasks, inventedMasks, loadCase } from "./export.fixture.ts";
import { exportCompact } from "./exportCompact.ts";
import { exportMasked } from "./exportMasked.ts";
import { checkedStream, collect, outputFolder, textFile, type OutputFile } from "../files/outputFile.ts";
import { readCompact } from "./readCompact.ts";
import { openWeights } from "../safetensors/safetensors.ts";

async function hashes(files: readonly OutputFile[]): Promise<Record<string, string>> {
  const entries = files.map(async (file) => [
    file.name,
    createHash("sha256")
      .update(await collect(file))
      .digest("hex"),
  ]);
  return Object.fromEntries(await Promise.all(entries)) as Record<string, string>;
}
describe.each(EXPORT_CASES)("$name", ({ path, masksOf }) => {
  let source: ExportCase;
  beforeAll(async () => {
    source = await loadCase(path, masksOf);
  });

  it("in shards: the same tensors as in one file, for both forms", async () => {
    for (const write of [exportMasked, exportCompact]) {
      const [one, shards] = [await write(source), await write({ ...source, shardBytes: 100_000 })];
      expect(shards.filter(({ name }) => name.endsWith(".safetensors")).length).toBeGreaterThan(4);
      const [single, sharded] = [
        await openWeights(outputFolder("one", one)),
        await openWeights(outputFolder("shards", shards)),
      ];
      expect([...sharded.names].sort()).toEqual([...single.names].sort());
      for (const name of single.names) {
        const { dtype, shape } = single.info(name);
        expect(sharded.info(name)).toMatchObject({ dtype, shape });
        expect(Buffer.from(await sharded.readBytes(name)).equals(await single.readBytes(name)), name).toBe(true);
      }
    }
    const { masks } = await readCompact(
      outputFolder("shards", await exportCompact({ ...source, shardBytes: 100_000 })),
    );
    expect(masks).toEqual(source.masks);
  });

  it("gives equal bytes every time", async () => {
    for (const write of [exportMasked, exportCompact])
      expect(await hashes(await write(source))).toEqual(await hashes(await write(source)));
  });
});

it("counts the golden masks as PyTorch does", async () => {
  const { config, masks } = await loadCase("golden/llama", goldenMasks);
  const golden = JSON.parse(readFileSync("golden/llama/golden.json", "utf8")) as {
    hard: { kept_block_weights: number };
  };
  expect(keptWeights(budgetOf(config), countsOf(masks))).toBe(golden.hard.kept_block_weights);
});

it("has one tensor in memory at a time while it writes", async () => {
  const source = await loadCase("public/model", inventedMasks);
  const [, file = textFile("", "")] = await exportMasked(source);
  let largest = 0;
  for await (const chunk of checkedStream(file)) largest = Math.max(largest, chunk.length);
  expect(largest).toBe(2048 * 192 * 2);
  expect(file.sizeBytes).toBeGreaterThan(7_000_000);
});
