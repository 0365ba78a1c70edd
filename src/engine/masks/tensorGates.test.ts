// Which vectors act on which tensor, and the shapes of the cut tensors.
import { describe, expect, it } from "vitest";
import type { ModelConfig } from "../config/config.ts";
import { LLAMA_DESIGN } from "../config/modelConfig.ts";
import { budgetOf } from "./budget.ts";
import { cutShape, indexLists, keptOf } from "./compact.ts";
import { blockTensors, indexTensorName, tensorGates } from "./tensorGates.ts";

const CONFIG: ModelConfig = {
  family: "llama",
  modelType: "llama",
  layers: 2,
  dModel: 5,
  heads: 2,
  kvHeads: 1,
  headDim: 3,
  dMlp: 7,
  vocab: 11,
  context: 16,
  normEps: 1e-5,
  rope: { theta: 1e4 },
  tiedHead: true,
  glu: true,
  design: LLAMA_DESIGN,
  eosTokens: [],
};

describe("tensorGates", () => {
  const masks = Array.from({ length: 10 }, (_, i) => Uint8Array.from({ length: 12 }, (_, gate) => (gate <= i ? 1 : 0)));
  const lists = indexLists(masks);

  it.each([
    ["self_attn.q_proj.weight", [8, 12], [8, 6]],
    ["self_attn.k_proj.weight", [4, 12], [4, 6]],
    ["self_attn.v_proj.weight", [4, 12], [4, 6]],
    ["self_attn.o_proj.weight", [12, 8], [7, 8]],
    ["mlp.gate_proj.weight", [12, 12], [9, 8]],
    ["mlp.up_proj.weight", [12, 12], [9, 8]],
    ["mlp.down_proj.weight", [12, 12], [10, 9]],
    ["self_attn.o_proj.bias", [12], [7]],
    ["mlp.up_proj.bias", [12], [9]],
    ["mlp.down_proj.bias", [12], [10]],
  ])("cuts %s of block 1 from %j to %j", (tensor, shape, cut) => {
    const gates = tensorGates("llama", `model.layers.1.${tensor}`);
    expect(gates?.block).toBe(1);
    expect(gates && cutShape(shape, keptOf(gates, lists))).toEqual(cut);
  });

  it.each([
    "model.embed_tokens.weight",
    "lm_head.weight",
    "model.norm.weight",
    "model.layers.0.input_layernorm.weight",
    "model.layers.0.self_attn.q_proj.bias",
    "model.layers.0.self_attn.constructor.weight",
    "x.model.layers.0.mlp.up_proj.weight",
  ])("leaves %s alone", (tensor) => {
    expect(tensorGates("llama", tensor)).toBeUndefined();
  });
});

describe("blockTensors", () => {
  it("lists every weight that the budget counts", () => {
    const tensors = blockTensors(CONFIG);
    expect(tensors).toHaveLength(14);
    expect(tensors.reduce((sum, { shape: [out, columns] }) => sum + out * columns, 0)).toBe(
      budgetOf(CONFIG).blockWeights,
    );
    for (const { name, gates } of tensors) expect(tensorGates("llama", name)).toEqual(gates);
  });

  it("names the index lists by block and vector", () => {
    expect(indexTensorName("llama", 8)).toBe("model.layers.1.espalier.s4");
  });
});
