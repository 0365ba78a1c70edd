// Baselines of structural pruning: random masks of given widths, and magnitude at the same share of every vector.
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { memoryFolder } from "../formats/files/memoryFolder.ts";
import { openWeights } from "../formats/safetensors/safetensors.ts";
import { readConfig } from "../config/config.ts";
import { magnitudeMasks, randomMasks } from "./baselineMasks.ts";
import { budgetOf, countsOf, keptWeights } from "./budget.ts";
import { checkMasks } from "./compact.ts";
import { gateLayout } from "./gates.ts";

const open = async (name: string) => {
  const path = `golden/${name}`;
  const files = readdirSync(path).map((file) => [file, readFileSync(`${path}/${file}`)] as const);
  const config = readConfig(JSON.parse(readFileSync(`${path}/config.json`, "utf8")) as unknown);
  return { config, weights: await openWeights(memoryFolder(name, Object.fromEntries(files))) };
};

it("random masks have the given widths, repeat for a seed and differ between vectors and seeds", () => {
  const sizes = [64, 64, 64, 176, 64];
  const counts = [10, 64, 0, 88, 1];
  const masks = randomMasks(sizes, counts, 7);
  expect(countsOf(masks)).toEqual(counts);
  expect(randomMasks(sizes, counts, 7)).toEqual(masks);
  expect(randomMasks(sizes, counts, 8)[3]).not.toEqual(masks[3]);
  expect(randomMasks([64, 64], [32, 32], 7)[1]).not.toEqual(randomMasks([64, 64], [32, 32], 7)[0]);
});

describe.each(["llama", "opt"])("magnitude of the structures of %s", (name) => {
  it.each([0.8, 0.5, 0.2])("meets a budget of %d with the same share of every vector", async (ratio) => {
    const { config, weights } = await open(name);
    const budget = budgetOf(config);
    const masks = await magnitudeMasks(config, weights, budget, ratio);
    checkMasks(config, masks);
    const counts = countsOf(masks);
    const kept = keptWeights(budget, counts);
    expect(kept).toBeLessThanOrEqual(ratio * budget.blockWeights);
    const [d = 0, , , f = 0] = counts;
    expect(counts).toEqual(Array.from({ length: config.layers }, () => [d, d, d, f, d]).flat());
    expect(Math.abs(d / config.dModel - f / config.dMlp)).toBeLessThan(1 / config.dModel);
    // one more gate of either width would exceed the budget
    const more = counts.map((count, i) => count + (i % 5 === 3 ? 0 : 1));
    const moreMiddle = counts.map((count, i) => count + (i % 5 === 3 ? 1 : 0));
    expect(Math.max(keptWeights(budget, more), keptWeights(budget, moreMiddle))).toBeGreaterThan(
      ratio * budget.blockWeights,
    );
  });

  it("keeps the dimensions of the largest weights", async () => {
    const { config, weights } = await open(name);
    const masks = await magnitudeMasks(config, weights, budgetOf(config), 0.5);
    const { family } = config;
    const o = await weights.readFloat32(
      family === "opt" ? "model.decoder.layers.1.self_attn.out_proj.weight" : "model.layers.1.self_attn.o_proj.weight",
    );
    const cols = o.length / config.dModel;
    const norms = Array.from({ length: config.dModel }, (_, row) =>
      o.subarray(row * cols, (row + 1) * cols).reduce((sum, value) => sum + value * value, 0),
    );
    const s2 = masks[6] ?? new Uint8Array();
    const smallestKept = Math.min(...norms.filter((_, row) => s2[row] === 1));
    expect(norms.every((norm, row) => s2[row] === 1 || norm <= smallestKept)).toBe(true);
  });

  it("keeps everything at 1", async () => {
    const { config, weights } = await open(name);
    const masks = await magnitudeMasks(config, weights, budgetOf(config), 1);
    expect(countsOf(masks)).toEqual([...gateLayout(config).sizes]);
  });
});
