// The onnx form of every family's golden model (F32) and the embedded one (F16): parsed by an independent reader, with checks of graph and
// weights. What it computes is checked in onnxruntime by npm run verify:python.
import { describe, expect, it } from "vitest";
import { readConfig } from "../../config/config.ts";
import { FAMILIES } from "../../config/families/families.ts";
import { goldenCases } from "../../config/goldenCases.fixture.ts";
import { budgetOf, countsOf, keptTotalWeights } from "../../masks/budget.ts";
import { cutMatrix, indexLists, keptOf } from "../../masks/compact.ts";
import { tensorGates } from "../../masks/tensorGates.ts";
import type { ExportSource } from "../export/exportFiles.ts";
import { collect, type OutputFile } from "../files/outputFile.ts";
import { separated } from "../safetensors/fused.ts";
import { openWeights, type Weights } from "../safetensors/safetensors.ts";
import { exportOnnx } from "./exportOnnx.ts";
import type { ParsedModel } from "./parseOnnx.fixture.ts";
import { allOnes, F16, F32, fileOf, jsonOf, onnxModelOf, openTestCase, tensorOf } from "./onnx.fixture.ts";

/** A row-major matrix (rows, columns) as (columns, rows), element by element. */
function transposed(bytes: Uint8Array, rows: number, columns: number): Uint8Array {
  const size = bytes.length / rows / columns;
  const out = new Uint8Array(bytes.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      for (let byte = 0; byte < size; byte++)
        out[(column * rows + row) * size + byte] = bytes[(row * columns + column) * size + byte] ?? 0;
  return out;
}

/** Weights that are the right side of a MatMul, and therefore transposed. */
const LINEAR = /\.(\w+_proj|dense|fc[12]|project_in|project_out)\.weight$|^lm_head\.weight$/;

const GOLDEN = goldenCases();

const CASES = [
  ...GOLDEN.map((name) => ({ name: `golden ${name} in F32`, path: `golden/${name}`, dtype: F32 })),
  { name: "embedded model in F16", path: "public/model", dtype: F16 },
];

interface Exported {
  source: ExportSource;
  weights: Weights;
  files: OutputFile[];
  model: ParsedModel;
}

const exported = new Map<string, Promise<Exported>>();

/** The export of a case, made once. */
function exportOf(path: string): Promise<Exported> {
  const made = exported.get(path) ?? makeExport(path);
  exported.set(path, made);
  return made;
}

async function makeExport(path: string): Promise<Exported> {
  const source = await openTestCase(path);
  const files = await exportOnnx(source);
  return {
    source,
    weights: await openWeights(await separated(source.folder, source.config)),
    files,
    model: await onnxModelOf(files),
  };
}

describe.each(CASES)("the files of $name", ({ path }) => {
  it("is a folder that transformers.js loads: model, config, tokenizer", async () => {
    const { source, files } = await exportOf(path);
    expect(files.map((file) => file.name)).toEqual([
      "config.json",
      "onnx/model.onnx",
      "generation_config.json",
      "tokenizer.json",
      "tokenizer_config.json",
    ]);
    const { config } = source;
    const json = await jsonOf(files, "config.json");
    expect(json).toMatchObject({
      model_type: config.family,
      num_hidden_layers: config.layers,
      num_attention_heads: config.heads,
      num_key_value_heads: config.kvHeads,
      head_dim: config.headDim,
      hidden_size: config.dModel,
    });
    expect(json["transformers.js_config"]).toEqual({ dtype: "fp32" });
    expect(readConfig(json)).toEqual(config);
  });

  it("has the inputs and outputs of a decoder", async () => {
    const { source, model } = await exportOf(path);
    const { layers, kvHeads, headDim, vocab } = source.config;
    const cache = (name: string, length: string): string[] =>
      Array.from({ length: layers }, (_, l) =>
        ["key", "value"].map((part) => `${name}.${l}.${part} 1 [batch_size,${kvHeads},${length},${headDim}]`),
      ).flat();
    expect(model.inputs).toEqual([
      "input_ids 7 [batch_size,sequence_length]",
      "attention_mask 7 [batch_size,total_sequence_length]",
      "position_ids 7 [batch_size,sequence_length]",
      ...cache("past_key_values", "past_sequence_length"),
    ]);
    expect(model.outputs).toEqual([
      `logits 1 [batch_size,sequence_length,${vocab}]`,
      ...cache("present", "total_sequence_length"),
    ]);
    expect([model.irVersion, model.opset]).toEqual([8, 18]);
  });
});

describe.each(CASES)("the graph of $name", ({ path }) => {
  it("is a valid graph: no value is used before it is made, made twice, or never used", async () => {
    const { model } = await exportOf(path);
    const made = new Set([...model.inputs.map((input) => input.split(" ")[0] ?? ""), ...model.tensors.keys()]);
    const used = new Set(model.outputs.map((output) => output.split(" ")[0] ?? ""));
    const names = new Set<string>();
    for (const { name, type, inputs, outputs } of model.nodes) {
      expect(names.has(name), name).toBe(false);
      names.add(name);
      for (const input of inputs) {
        expect(made.has(input), `${name} (${type}) reads ${input}`).toBe(true);
        used.add(input);
      }
      for (const output of outputs) {
        expect(made.has(output), output).toBe(false);
        made.add(output);
      }
    }
    expect([...made].filter((value) => !used.has(value))).toEqual([]);
  });
});

describe.each(CASES)("the weights of $name", ({ path, dtype }) => {
  it("are exactly the kept ones, bit for bit", async () => {
    const { source, weights, model } = await exportOf(path);
    const { config, masks } = source;
    const lists = indexLists(masks);
    let elements = 0;
    for (const name of weights.names) {
      const { dtype: own, shape } = weights.info(name);
      const gates = tensorGates(config.family, name);
      const kept = gates ? keptOf(gates, lists) : {};
      const cut = cutMatrix(await weights.readBytes(name), own, shape, kept);
      const rows = kept.rows?.length ?? shape[0] ?? 0;
      const columns = kept.cols?.length ?? shape[1] ?? 1;
      const tensor = tensorOf(model, name);
      const turned = LINEAR.test(name);
      expect(tensor.dtype, name).toBe(dtype);
      expect(tensor.shape, name).toEqual(turned ? [columns, rows] : shape.length === 1 ? [rows] : [rows, columns]);
      expect(Buffer.from(tensor.data).equals(turned ? transposed(cut, rows, columns) : cut), name).toBe(true);
      elements += rows * columns;
    }
    expect(elements).toBe(keptTotalWeights(budgetOf(config), countsOf(masks)));
    const floats = [...model.tensors].filter(([, tensor]) => tensor.dtype === F32 || tensor.dtype === F16);
    const others = floats.filter(([name]) => !weights.names.includes(name) && !/^(float\[|rope\.)/.test(name));
    expect(others.map(([name]) => name)).toEqual([]);
  });
});

describe.each(CASES)("the selection in $name", ({ path }) => {
  it("gathers s1 and s3, and adds s2 and s5 at their positions", async () => {
    const { source, model } = await exportOf(path);
    const lists = indexLists(source.masks);
    const { layers } = FAMILIES[source.config.family].names;
    const indices = (name: string): number[] =>
      Array.from(new BigInt64Array(tensorOf(model, name).data.slice().buffer), Number);
    const scattered = model.nodes.filter(({ type }) => type === "ScatterElements");
    const gathered = model.nodes.filter(({ inputs }) => /espalier\.s[13]$/.test(inputs[1] ?? ""));
    const expanded = model.nodes.filter(({ inputs }) => /espalier\.s[25]$/.test(inputs[0] ?? ""));
    expect(scattered.length).toBe(2 * source.config.layers);
    expect(scattered.every(({ attributes }) => attributes.reduction === "add" && attributes.axis === -1)).toBe(true);
    expect(gathered.map(({ type, inputs }) => `${type} ${inputs[1] ?? ""}`)).toEqual(
      Array.from({ length: source.config.layers }, (_, l) =>
        [1, 3].map((k) => `Gather ${layers}${l}.espalier.s${k}`),
      ).flat(),
    );
    expect(gathered.every(({ attributes }) => attributes.axis === -1)).toBe(true);
    expect(expanded.map(({ outputs }) => outputs[0])).toEqual(scattered.map(({ inputs }) => inputs[1]));
    for (let l = 0; l < source.config.layers; l++)
      for (const k of [1, 2, 3, 5]) {
        expect(indices(`${layers}${l}.espalier.s${k}`)).toEqual(Array.from(lists[5 * l + k - 1] ?? []));
      }
  });

  it("is absent where nothing is pruned", async () => {
    const { source } = await exportOf(path);
    const dense = await onnxModelOf(await exportOnnx({ ...source, masks: allOnes(source.config) }));
    expect(dense.nodes.some(({ type }) => type === "ScatterElements")).toBe(false);
    expect([...dense.tensors.keys()].some((name) => name.includes("espalier"))).toBe(false);
  });
});

describe.each(CASES)("$name", ({ path }) => {
  it("above the size limit stores the same weights in separate files of at most that size", async () => {
    const { source, files, model } = await exportOf(path);
    const largest = Math.max(...[...model.tensors.values()].map(({ data }) => data.length));
    const fileLimitBytes = Math.max(Math.ceil((files[1]?.sizeBytes ?? 0) / 3), largest);
    const split = await exportOnnx({ ...source, fileLimitBytes });
    const beside = split.filter(({ name }) => name.includes("_data"));
    expect(beside.length).toBeGreaterThan(2);
    expect(beside.map(({ name }) => name)).toEqual(
      beside.map((_, i) => (i === 0 ? "onnx/model.onnx_data" : `onnx/model.onnx_data_${i}`)),
    );
    expect((await jsonOf(split, "config.json"))["transformers.js_config"]).toEqual({
      dtype: "fp32",
      use_external_data_format: { "model.onnx": beside.length },
    });
    const data = new Map<string, Uint8Array>();
    for (const file of beside) {
      expect(file.sizeBytes).toBeLessThanOrEqual(fileLimitBytes);
      data.set(file.name, await collect(file));
    }
    const outside = await onnxModelOf(split);
    expect(outside.nodes).toEqual(model.nodes);
    let separate = 0;
    for (const [name, { data: expected, shape }] of model.tensors) {
      const tensor = tensorOf(outside, name);
      expect(tensor.shape).toEqual(shape);
      if (!tensor.external) {
        expect(tensor.data.length).toBeLessThan(1024);
        expect(Buffer.from(tensor.data).equals(expected)).toBe(true);
        continue;
      }
      separate++;
      const { location, offset, length } = tensor.external;
      expect(offset % 4096).toBe(0);
      const found = data.get(`onnx/${location}`)?.subarray(offset, offset + length);
      expect(Buffer.from(found ?? []).equals(expected), name).toBe(true);
    }
    const large = [...model.tensors.values()].filter(({ data: { length } }) => length >= 1024);
    expect(separate).toBe(large.length);
    expect(separate).toBeGreaterThan(2 * source.config.layers);
  });

  it("gives equal bytes every time", async () => {
    const { source, files } = await exportOf(path);
    const again = await exportOnnx(source);
    for (const { name } of files)
      expect(Buffer.from(await fileOf(again, name)).equals(await fileOf(files, name)), name).toBe(true);
  });
});
