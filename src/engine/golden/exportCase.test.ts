// Golden cases as exports that other runtimes open, pruned by the case's own masks.
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { memoryFolder } from "../formats/files/memoryFolder.ts";
import { outputFolder } from "../formats/files/outputFile.ts";
import { readCompact } from "../formats/export/readCompact.ts";
import { openWeights } from "../formats/safetensors/safetensors.ts";
import { budgetOf, countsOf, keptWeights } from "../masks/budget.ts";
import { exportCase } from "./exportCase.ts";

describe.each(["llama", "llama3", "opt350", "phi"])("golden/%s", (name) => {
  const path = `golden/${name}`;
  const folder = memoryFolder(
    name,
    Object.fromEntries(readdirSync(path).map((file) => [file, readFileSync(`${path}/${file}`)])),
  );

  it("writes weights beside model.onnx if they exceed the limit of a file", async () => {
    const { onnx } = await exportCase(folder, { fileLimitBytes: 200_000 });
    const beside = onnx.filter(({ name }) => name.startsWith("onnx/model.onnx_data"));
    expect(beside.length).toBeGreaterThan(1);
    for (const { sizeBytes } of beside) expect(sizeBytes).toBeLessThanOrEqual(200_000);
  });

  it("is exported with the masks that PyTorch pruned it by", async () => {
    const { masked, compact } = await exportCase(folder);
    const { config, masks } = await readCompact(outputFolder("compact", compact));
    const golden = JSON.parse(readFileSync(`${path}/golden.json`, "utf8")) as { hard: { kept_block_weights: number } };
    expect(keptWeights(budgetOf(config), countsOf(masks))).toBe(golden.hard.kept_block_weights);
    expect(countsOf(masks)[1]).toBe(1); // golden/README.md: vector 1 keeps a single entry
    const original = await openWeights(folder);
    expect((await openWeights(outputFolder("masked", masked))).sizeBytes).toBe(original.sizeBytes);
  });
});
