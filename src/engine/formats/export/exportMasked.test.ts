// The masked form of the golden LLaMA (F32) and the embedded model (F16), read back with our loader and compared bit for bit.
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { budgetOf, countsOf, keptWeights } from "../../masks/budget.ts";
import { tensorGates } from "../../masks/tensorGates.ts";
import { dtypeBytes } from "../../dtype.ts";
import { EXPORT_CASES, type ExportCase, loadCase } from "./export.fixture.ts";
import { exportMasked } from "./exportMasked.ts";
import { collect, outputFolder } from "../files/outputFile.ts";
import { openWeights } from "../safetensors/safetensors.ts";

describe.each(EXPORT_CASES)("$name", ({ path, masksOf }) => {
  let source: ExportCase;
  beforeAll(async () => {
    source = await loadCase(path, masksOf);
  });

  it("zero exactly where a vector prunes, all other bits unchanged", async () => {
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
    // q, k, v, o, gate, up and down together lose exactly what the budget counts as pruned.
    expect(zeroed).toBe(budget.blockWeights - keptWeights(budget, countsOf(masks)));
  });

  it("config and tokenizer are the source's, byte for byte, and there are no other files", async () => {
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
});
