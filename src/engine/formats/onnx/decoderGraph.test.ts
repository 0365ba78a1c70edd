// How the graphs of the families differ: which operators each has, how often, and their inputs.
import { describe, expect, it } from "vitest";
import type { ModelConfig } from "../../config/config.ts";
import { GraphBuilder } from "./graphBuilder.ts";
import { activationNodes } from "./activation.ts";
import { exportOnnx } from "./exportOnnx.ts";
import type { ParsedModel, ParsedNode } from "./parseOnnx.fixture.ts";
import { onnxModelOf, openTestCase, tensorOf } from "./onnx.fixture.ts";

interface Graph {
  model: ParsedModel;
  config: ModelConfig;
  /** Nodes of a type. */
  all(type: string): ParsedNode[];
}

async function graphOf(name: string): Promise<Graph> {
  const source = await openTestCase(`golden/${name}`);
  const model = await onnxModelOf(await exportOnnx(source));
  return { model, config: source.config, all: (type) => model.nodes.filter((node) => node.type === type) };
}

/** Number of operators in L blocks and around them; RMSNorms are counted by ReduceMean. */
interface Expected {
  rms: (L: number) => number;
  layerNorms: (L: number) => number;
  activation: "Sigmoid" | "Relu" | "Tanh";
  /** Tanh, where softcaps have some too. */
  tanhs?: (L: number) => number;
  /** Matrices that activations are multiplied by. */
  linears: (L: number) => number;
  biases: (L: number) => number;
}

const none = (): number => 0;
const LLAMA: Expected = {
  rms: (L) => 2 * L + 1,
  layerNorms: none,
  activation: "Sigmoid",
  linears: (L) => 7 * L + 1,
  biases: none,
};
const OPT: Expected = {
  rms: none,
  layerNorms: (L) => 2 * L + 1,
  activation: "Relu",
  linears: (L) => 6 * L + 1,
  biases: (L) => 6 * L,
};
const EXPECTED: Record<string, Expected> = {
  llama: LLAMA,
  llama3: LLAMA,
  mistral: LLAMA,
  gemma: { ...LLAMA, activation: "Tanh" },
  qwen2: { ...LLAMA, biases: (L) => 3 * L },
  qwen3: { ...LLAMA, rms: (L) => 4 * L + 1 },
  smollm3: LLAMA,
  granite: LLAMA,
  phi3: LLAMA,
  gemma2: { ...LLAMA, rms: (L) => 4 * L + 1, activation: "Tanh", tanhs: (L) => 2 * L + 1 },
  gemma3_text: { ...LLAMA, rms: (L) => 6 * L + 1, activation: "Tanh" },
  olmo2: { ...LLAMA, rms: (L) => 4 * L + 1 },
  opt: OPT,
  opt350: { ...OPT, layerNorms: (L) => 2 * L, linears: (L) => 6 * L + 3 },
  phi: { ...OPT, layerNorms: (L) => L + 1, activation: "Tanh", biases: (L) => 6 * L + 1 },
};

describe.each(Object.entries(EXPECTED))("%s", (name, expected) => {
  it("has its family's norms, activation, matrices and biases", async () => {
    const { model, config, all } = await graphOf(name);
    const L = config.layers;
    const isWeight = (value = ""): boolean => value.endsWith(".weight") || value.startsWith("head/Transpose");
    expect(all("ReduceMean").length).toBe(expected.rms(L));
    expect(all("LayerNormalization").length).toBe(expected.layerNorms(L));
    for (const type of ["Sigmoid", "Relu", "Tanh", "Erf"]) {
      const own = type === "Tanh" ? expected.tanhs?.(L) : undefined;
      expect(all(type).length, type).toBe(own ?? (type === expected.activation ? L : 0));
    }
    expect(all("MatMul").filter(({ inputs }) => isWeight(inputs[1])).length).toBe(expected.linears(L));
    const biased = all("Add").filter(({ inputs }) => inputs[1]?.endsWith(".bias"));
    expect(biased.length).toBe(expected.biases(L));
    // each bias is added after the matrix of its own layer
    const producers = new Map(model.nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)));
    for (const { inputs } of biased) {
      expect(producers.get(inputs[0] ?? "")?.inputs[1]).toBe(inputs[1]?.replace(/bias$/, "weight"));
    }
  });
});

describe("what only one family has", () => {
  it("Gemma: scaled embeddings, norm weights plus 1, a head without the scale", async () => {
    const { config, all } = await graphOf("gemma");
    const scale = `float[${Math.fround(Math.sqrt(config.dModel))}]`;
    expect(
      all("Mul")
        .filter(({ inputs }) => inputs[1] === scale)
        .map(({ name }) => name),
    ).toEqual(["embedding/Mul"]);
    const shifted = all("Add").filter(({ inputs }) => inputs[0]?.endsWith("norm.weight"));
    expect(shifted.map(({ inputs }) => inputs[1])).toEqual(new Array(2 * config.layers + 1).fill("float[1]"));
    expect(all("Transpose").filter(({ inputs }) => inputs[0] === "model.embed_tokens.weight").length).toBe(1);
  });

  it("Mistral: a window over the keys", async () => {
    const { config, model, all } = await graphOf("mistral");
    expect(all("Greater").length).toBe(1);
    expect(config.window).toBe(32);
    expect([...model.tensors.keys()]).toContain("int[32]");
    expect((await graphOf("llama")).all("Greater")).toEqual([]);
  });

  it("OPT: positions from the third row of their table, no rotation", async () => {
    const { config, model, all } = await graphOf("opt");
    const table = "model.decoder.embed_positions.weight";
    expect(tensorOf(model, table).shape).toEqual([config.context + 2, config.dModel]);
    const [rows] = all("Gather").filter(({ inputs }) => inputs[0] === table);
    const index = model.nodes.find(({ outputs }) => outputs[0] === rows?.inputs[1]);
    expect([index?.type, ...(index?.inputs ?? [])]).toEqual(["Add", "position_ids", "int[2]"]);
    expect(all("Split")).toEqual([]);
  });

  it("OPT-350m: matrices between the narrow embeddings and the blocks", async () => {
    const { config, model, all } = await graphOf("opt350");
    const [width, d] = [config.embeddingWidth ?? 0, config.dModel];
    expect(tensorOf(model, "model.decoder.project_in.weight").shape).toEqual([width, d]);
    expect(tensorOf(model, "model.decoder.project_out.weight").shape).toEqual([d, width]);
    const last = all("MatMul").at(-1);
    expect([last?.outputs, last?.inputs]).toEqual([["logits"], ["head/MatMul", "head/Transpose"]]);
  });

  it("Phi: half of each head is rotated, and both branches read the same norm", async () => {
    const { config, all } = await graphOf("phi");
    const parts = all("Split").filter(({ inputs }) => inputs.length === 2);
    expect(parts.map(({ inputs }) => inputs[1])).toEqual(new Array(2 * config.layers).fill("ints[8,8]"));
    const readers = (norm: ParsedNode): number =>
      all("Gather").filter(({ inputs }) => inputs[0] === norm.outputs[0]).length;
    expect(all("LayerNormalization").slice(0, config.layers).map(readers)).toEqual([2, 2, 2]);
  });

  it("Gemma 3: blocks differ in mask and in the tables of RoPE", async () => {
    const { model, all } = await graphOf("gemma3_text");
    expect(all("Greater").length).toBe(1);
    const tables = [...model.tensors.keys()].filter((name) => name.endsWith(".cos"));
    expect(tables).toEqual(["rope.coarse.cos", "rope.fine.cos", "rope.2.coarse.cos", "rope.2.fine.cos"]);
  });

  it("SmolLM3: q and k are rotated in the blocks that have positions", async () => {
    const { all } = await graphOf("smollm3");
    const rotations = all("Split").map(({ name }) => name.replace(/\/.*/, ""));
    expect(rotations).toEqual(["model.layers.0", "model.layers.0"]);
  });

  it("Qwen3: q and k are normed by head, with weights of head_dim", async () => {
    const { config, model } = await graphOf("qwen3");
    for (const part of ["q", "k"]) {
      expect(tensorOf(model, `model.layers.0.self_attn.${part}_norm.weight`).shape).toEqual([config.headDim]);
    }
  });
});

it("also has the exact GELU, which some OPT models use", () => {
  const graph = new GraphBuilder();
  activationNodes(graph, "x", "gelu");
  expect(graph.build("gelu").nodes.map(({ type }) => type)).toEqual(["Div", "Erf", "Mul", "Add", "Mul"]);
});
