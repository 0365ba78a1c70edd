// The matrices that weight pruning changes in each kind of model, and the patterns that fit them.
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { type ModelConfig, readConfig } from "../config/config.ts";
import { checkFits, directionOf, mlpMatrices } from "./mlpMatrices.ts";

const configOf = (name: string): ModelConfig =>
  readConfig(JSON.parse(readFileSync(`golden/${name}/config.json`, "utf8")) as unknown);

it("a GLU has gate, up and down; another MLP has fc1 and fc2", () => {
  const glu = mlpMatrices(configOf("llama"));
  expect(glu).toHaveLength(9);
  expect(glu.slice(3, 6).map(({ name, part, shape }) => [name, part, shape])).toEqual([
    ["model.layers.1.mlp.gate_proj.weight", "gate", [176, 64]],
    ["model.layers.1.mlp.up_proj.weight", "up", [176, 64]],
    ["model.layers.1.mlp.down_proj.weight", "down", [64, 176]],
  ]);
  expect(mlpMatrices(configOf("opt")).slice(0, 2)).toEqual([
    { name: "model.decoder.layers.0.fc1.weight", block: 0, part: "up", shape: [160, 64] },
    { name: "model.decoder.layers.0.fc2.weight", block: 0, part: "down", shape: [64, 160] },
  ]);
});

it("only DaSS compares gate and up along the intermediate dimension", () => {
  expect((["gate", "up", "down"] as const).map((part) => directionOf("dass", part))).toEqual([
    "outputs",
    "outputs",
    "inputs",
  ]);
  expect(directionOf("wanda", "gate")).toBe("inputs");
});

it("DaSS is refused for a model without GLU, with the reason", () => {
  expect(() => checkFits(configOf("opt"), { method: "dass", pattern: "50%" })).toThrow(
    /DaSS is defined for GLU variants.*opt has a single fc1.*Choose Wanda/,
  );
  expect(() => checkFits(configOf("phi"), { method: "wanda", pattern: "2:4" })).not.toThrow();
});

it("a width that is not a multiple of M is refused with the matrix, the width and M", () => {
  const odd = { ...configOf("llama"), dMlp: 173 };
  expect(() => checkFits(odd, { method: "dass", pattern: "2:4" })).toThrow(
    /model\.layers\.0\.mlp\.gate_proj\.weight: expected a multiple of 4 outputs for 2:4, got 173/,
  );
  expect(() => checkFits(odd, { method: "wanda", pattern: "4:8" })).toThrow(
    /model\.layers\.0\.mlp\.down_proj\.weight: expected a multiple of 8 inputs for 4:8, got 173/,
  );
  expect(() => checkFits(odd, { method: "dass", pattern: "50%" })).not.toThrow();
});
