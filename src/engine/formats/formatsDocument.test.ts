// docs/formats.md describes every key that the JSON files contain, each in its own section or among the shared objects.
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { gateLayout } from "../masks/gates.ts";
import { mlpMatrices } from "../masks/mlpMatrices.ts";
import { packMask, weightsOf } from "../masks/weightMasks.ts";
import { DEFAULT_RECIPE } from "../recipes/recipe.ts";
import { DEFAULT_REFIT_RECIPE } from "../recipes/refitRecipe.ts";
import { DEFAULT_RECOVER_RECIPE } from "../recipes/recoverRecipe.ts";
import { DEFAULT_WEIGHT_RECIPE } from "../recipes/weightRecipe.ts";
import { decoderInputs, decoderOutputs } from "./onnx/decoderInputs.ts";
import { GraphBuilder } from "./onnx/graphBuilder.ts";
import { memorySource } from "./files/memoryFolder.ts";
import { collect, type OutputFile } from "./files/outputFile.ts";
import { QUANT_TYPES } from "./gguf/types.ts";
import { compactConfig } from "./export/compactConfig.ts";
import { type ExportCase, goldenMasks, loadCase } from "./export/export.fixture.ts";
import { keptOfRatio, nestedFile, ratioName } from "./export/exportNested.ts";
import { buildReceipt, receiptFile, type ReceiptBaseInput } from "./receipt/receipt.ts";
import type { FormCheck } from "./receipt/receiptTypes.ts";
import { buildWeightReceipt } from "./receipt/weightReceipt.ts";
import { runJson } from "./runs/runRecord.ts";
import { gateRun, historyOf, weightRun } from "./runs/runs.fixture.ts";
import { readSafetensors } from "./safetensors/safetensors.ts";
import { encodeCheckpoint } from "../train/checkpoint.ts";

const SHARED = "Objects that several files share";
const MATMUL = "Matmul tables";
const sections = new Map(
  readFileSync("docs/formats.md", "utf8")
    .split(/^#{2,3} /m)
    .map((section) => [section.slice(0, section.indexOf("\n")).trim(), section]),
);

/** The words in backticks in the sections with these headings. */
function wordsIn(...headings: string[]): Set<string> {
  const texts = headings.map((heading) => sections.get(heading) ?? `no section ${heading}`);
  const code = texts.flatMap((text) => [...text.matchAll(/`([^`]+)`/g)].map(([, span]) => span ?? ""));
  return new Set(code.flatMap((span) => [span, ...span.split(/[^\w.{}]+/)]));
}

/** Every key of a parsed JSON file, at any depth. */
function keysOf(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  if (Array.isArray(value)) return value.flatMap(keysOf);
  return Object.entries(value).flatMap(([key, inner]) => [key, ...keysOf(inner)]);
}

/** Keys that the sections lack. */
function missing(value: unknown, ...headings: string[]): string[] {
  const words = wordsIn(...headings);
  return [...new Set(keysOf(value))].filter((key) => !words.has(key));
}

async function jsonOf(file: OutputFile): Promise<unknown> {
  return JSON.parse(new TextDecoder().decode(await collect(file)));
}

const text = { name: "a text", sha256: "ab".repeat(32) };
const pair = { text, context: 64, tokens: 640, beginToken: false, dense: 20, pruned: 30 };
const recovery = {
  refit: DEFAULT_REFIT_RECIPE,
  recipe: { ...DEFAULT_RECOVER_RECIPE, learningRate: 1e-3 },
  ...{
    bestStep: 300,
    guard: { before: 28, after: 24, tokens: 4096 },
    prunedBefore: 27,
    weightsSha256: "cd".repeat(32),
  },
};
const sample = { ids: [3], top: [{ ids: [5, 1], logits: [2.5, 1] }] };
const check: FormCheck = {
  ...{ form: "masked", dtype: "F32", runtime: "engine", version: "0.1.0", tokens: 64 },
  ...{ maxAbsLogitDifference: 1e-6, argmaxAgreement: 1 },
  llama: {
    ...{ runtime: "llama.cpp", version: "b1", tokens: 16, maxAbsLogProbabilityDifference: 1e-5, argmaxAgreement: 1 },
    textTokens: 500,
  },
};
let model: ExportCase;
let common: ReceiptBaseInput;
beforeAll(async () => {
  model = await loadCase("golden/llama", goldenMasks);
  common = {
    ...{
      version: "0.1.0",
      adapter: "an adapter",
      host: "a browser",
      matmul: { kernels: 1, default: "sized", classes: {} },
      modelName: "a model",
      licence: "mit",
      config: model.config,
    },
    ...{ dtype: "F32", precision: "f16", calibration: text, perplexity: [pair], checks: [check], sample, recovery },
  };
});

describe("docs/formats.md", () => {
  it("has every key of a receipt", async () => {
    const target = { ratio: "block weights kept", value: 0.5 } as const;
    const receipt = buildReceipt({
      ...{ ...common, masks: model.masks, recipe: DEFAULT_RECIPE, target },
      ...{ targets: [[0, 0.5]], trainedSteps: 3 },
    });
    expect(missing(await jsonOf(receiptFile(receipt)), "receipt.json of structural pruning", MATMUL, SHARED)).toEqual(
      [],
    );
  });

  it("has every key of a receipt of weight pruning", async () => {
    const masks = mlpMatrices(model.config).map((matrix) =>
      packMask(matrix, new Uint8Array(weightsOf(matrix)).fill(1)),
    );
    const receipt = buildWeightReceipt({ ...common, masks, recipe: DEFAULT_WEIGHT_RECIPE });
    expect(missing(await jsonOf(receiptFile(receipt)), "receipt.json of weight pruning", MATMUL, SHARED)).toEqual([]);
  });

  it("has every key of nested.json", async () => {
    const kept = keptOfRatio(model.config, model.masks);
    const nested = nestedFile("0.1.0", [
      { ratio: 0.5, name: ratioName(0.5), ...kept, perplexity: [pair], check, sample },
    ]);
    expect(missing(await jsonOf(nested), "nested.json", SHARED)).toEqual([]);
  });

  it("has every key of runs of each kind", () => {
    const baseline = { kind: "baseline", method: "random", ratio: 0.5, seed: 1 } as const;
    const runs = [
      { ...gateRun("a", { msPerToken: { dense: 2, pruned: 1 } }), history: historyOf(3) },
      gateRun("d", { made: { kind: "disp", recipe: DEFAULT_RECIPE, steps: 3, targets: [[0, 0.5]], point: 0.6 } }),
      gateRun("b", { made: baseline }),
      weightRun("c"),
    ];
    expect(missing(runs.map(runJson), "Runs", SHARED)).toEqual([]);
  });

  it("has every key that the compact form adds to config.json", () => {
    const base = { model_type: "llama", architectures: ["LlamaForCausalLM"] };
    const rope = { rope_theta: 1e4, rope_type: "llama3", partial_rotary_factor: 1 };
    const counts = gateLayout(model.config).sizes;
    const json = compactConfig({ ...base, rope_parameters: rope }, counts);
    expect(json).toHaveProperty("rope_scaling");
    // their own keys are transformers'
    expect(missing({ ...json, rope_parameters: null, rope_scaling: null }, "compact")).toEqual([]);
  });
});

describe("docs/formats.md, apart from JSON", () => {
  it("has the tensors and metadata of a checkpoint", async () => {
    const values = new Float32Array(2);
    const checkpoint = {
      recipe: DEFAULT_RECIPE,
      step: 1,
      targets: [],
      subject: "a",
      matmul: { adapter: "a card", table: { kernels: 1, default: "sized", classes: {} } },
      theta: values,
      m: values,
      v: values,
    };
    const file = await readSafetensors(memorySource("checkpoint", await encodeCheckpoint(checkpoint)));
    const tensors = Object.fromEntries([...file.tensors.keys()].map((name) => [name, 0]));
    expect(missing([file.metadata, tensors], "Checkpoints")).toEqual([]);
  });

  it("has the inputs and outputs of the onnx form, and the types of GGUF files", () => {
    const graph = new GraphBuilder();
    decoderInputs(graph, model.config);
    decoderOutputs(graph, model.config);
    const { inputs, outputs } = graph.build("model");
    const words = wordsIn("onnx");
    const names = [...inputs, ...outputs].map(({ name }) => name.replace(/\.\d+\./, ".{l}."));
    expect(names.filter((name) => !words.has(name))).toEqual([]);
    const gguf = sections.get("A GGUF file") ?? "";
    expect(QUANT_TYPES.filter((type) => !gguf.includes(type))).toEqual([]);
  });
});
