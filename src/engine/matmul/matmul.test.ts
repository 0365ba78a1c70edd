// Classes of matmul shapes, tables of kernels and how they are read, the shapes of a model, and the margin of a choice.
import { describe, expect, it } from "vitest";
import { readConfig } from "../config/config.ts";
import { JsonField } from "../json/jsonFields.ts";
import { contenders, fastestKernel } from "./margin.ts";
import {
  kernelInTable,
  matmulText,
  type MatmulShape,
  type MatmulTable,
  readMatmulTable,
  rowsClass,
  shapeClass,
} from "./matmulTable.ts";
import { modelShapes } from "./modelShapes.ts";

const shape: MatmulShape = { direction: "forward", precision: "f32", rows: 128, n: 960, k: 576 };
const table: MatmulTable = {
  kernels: 1,
  default: "sized",
  classes: {
    "forward f32 1 960x576": "few",
    "forward f32 128 960x576": "tiled",
    "forward f32 512 960x576": "split",
    "inputGradient f32 128 960x576": "blocks128",
  },
};

describe("classes", () => {
  it.each([
    [1, 1],
    [2, 2],
    [3, 4],
    [128, 128],
    [129, 256],
    [341, 512],
  ])("%i rows are in the class of %i", (rows, expected) => expect(rowsClass(rows)).toBe(expected));

  it("have exact widths up to 16,384, and everything that kernels depend on", () => {
    expect(shapeClass(shape)).toBe("forward f32 128 960x576");
    expect(shapeClass({ ...shape, rows: 65 })).toBe(shapeClass(shape));
    expect(shapeClass({ ...shape, n: 128_256 })).toBe("forward f32 128 16384x576");
    for (const other of [{ rows: 64 }, { n: 964 }, { k: 580 }, { precision: "f16" }, { direction: "inputGradient" }])
      expect(shapeClass({ ...shape, ...other } as MatmulShape)).not.toBe(shapeClass(shape));
  });
});

describe("a table", () => {
  it.each<[string, Partial<MatmulShape>, string]>([
    ["its own class", {}, "tiled"],
    ["its own class of the other direction", { direction: "inputGradient" }, "blocks128"],
    ["the nearest rows", { rows: 1024 }, "split"],
    ["the nearest width, as of a pruned model", { n: 480, k: 300 }, "tiled"],
    ["the first of two that are equally near", { rows: 256 }, "tiled"],
    ["the default for other rows", { rows: 2048 }, "sized"],
    ["the default for another precision", { precision: "f16" }, "sized"],
    ["the default where a width is far off", { n: 8000 }, "sized"],
    ["the default for a few rows, which no class is near to", { rows: 16 }, "sized"],
  ])("gives %s", (_, change, expected) => expect(kernelInTable(table, { ...shape, ...change })).toBe(expected));

  it("is read back unchanged, and unknown fields are dropped", () => {
    const text = JSON.stringify({ ...table, later: 1 });
    expect(readMatmulTable(new JsonField(JSON.parse(text), "receipt.json", "matmul"))).toEqual(table);
  });

  it.each<[string, unknown, RegExp]>([
    ["kernels", "1", /matmul\.kernels: expected a whole number of at least 1, got "1"/],
    ["default", undefined, /matmul\.default: expected text, got nothing/],
    ["classes", [], /matmul\.classes: expected an object/],
    ["classes", { "forward f32 128 960x576": 4 }, /matmul\.classes\.forward f32 128 960x576: expected text, got 4/],
    ["classes", { "forward f32 128": "tiled" }, /classes\.forward f32 128: expected a class of shapes/],
    ["classes", { "forward f32 128 0x576": "tiled" }, /0x576: expected a class of shapes/],
  ])("is refused for a wrong %s", (key, value, message) => {
    const read = () => readMatmulTable(new JsonField({ ...table, [key]: value }, "receipt.json", "matmul"));
    expect(read).toThrow(message);
  });

  it("is described by its number of shapes and kernels", () => {
    expect(matmulText(table)).toBe("tuned, 4 shapes (4 kernels)");
    expect(matmulText({ ...table, classes: {} })).toBe("sized");
  });
});

describe("the shapes of a model", () => {
  const smollm2 = {
    ...{ model_type: "llama", hidden_size: 576, intermediate_size: 1536, num_hidden_layers: 30 },
    ...{ num_attention_heads: 9, num_key_value_heads: 3, vocab_size: 49_152, tie_word_embeddings: true },
  };
  const lengths = { trainingTokens: 128, evaluationTokens: 512, precision: "f32" } as const;

  it("are 20 for SmolLM2-135M: five matrices, in training both ways, in decoding and in evaluation", () => {
    const shapes = modelShapes(readConfig(smollm2), lengths);
    expect(shapes).toHaveLength(20);
    expect(shapes.map(shapeClass).slice(0, 4)).toEqual([
      "forward f32 128 3072x576",
      "inputGradient f32 128 3072x576",
      "forward f32 128 16384x576",
      "inputGradient f32 128 16384x576",
    ]);
    expect(shapes.map(shapeClass)).toContain("forward f32 1 16384x576");
    // the head of a window is computed in chunks
    expect(shapes.map(shapeClass)).toContain("forward f32 256 16384x576");
  });

  it("are fewer where lengths or widths are equal, and leave out what has no variants", () => {
    const equal = modelShapes(readConfig(smollm2), { ...lengths, evaluationTokens: 128 });
    expect(equal).toHaveLength(15);
    const odd = modelShapes(readConfig({ ...smollm2, vocab_size: 49_153 }), lengths);
    expect(odd).toHaveLength(16);
  });
});

describe("the margin", () => {
  const times = (usual: number[], other: number[]) =>
    new Map([
      ["sized", usual],
      ["split", other],
    ]);

  it("keeps the usual kernel unless another one is more than 3 % faster", () => {
    expect(fastestKernel(times([1, 1, 1], [0.98, 0.98, 0.98]), "sized")).toBe("sized");
    expect(fastestKernel(times([1, 1, 1], [0.96, 0.96, 0.96]), "sized")).toBe("split");
  });

  it("judges by medians: one lucky or unlucky time does not decide", () => {
    expect(fastestKernel(times([1, 1, 1], [0.1, 1, 1.1]), "sized")).toBe("sized");
    expect(fastestKernel(times([1, 1, 1], [9, 0.9, 0.9]), "sized")).toBe("split");
  });

  it("stops timing what cannot win, but never the usual kernel", () => {
    expect(
      contenders(
        new Map([
          ["sized", [3]],
          ["split", [1]],
          ["tiled", [1.4]],
          ["blocks128", [1.6]],
        ]),
        "sized",
      ),
    ).toEqual(["sized", "split", "tiled"]);
  });
});
