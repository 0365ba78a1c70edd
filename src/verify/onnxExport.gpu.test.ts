// The three forms of an export together: ONNX is offered only if onnxruntime-web computes the masked model's logits.
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  Ctx,
  exportGates,
  type ExportedForm,
  type Form,
  openModel,
  type OpenedModel,
  readReceipt,
} from "../engine/index.ts";
import type { ExportGatesOptions, ExportTarget } from "../engine/index.ts";
import { goldenCases } from "../engine/config/goldenCases.fixture.ts";
import { memoryTarget } from "../engine/evaluate/export/memoryTarget.ts";
import { goldenFolder } from "../engine/golden/folders.fixture.ts";
import { gateLayout, type Masks } from "../engine/masks/gates.ts";
import { DEFAULT_RECIPE } from "../engine/recipes/recipe.ts";
import { S1, S2, S5 } from "../shared/vectors.ts";
import { llamaReader } from "./llamaModel.ts";
import { onnxReader } from "./onnxReader.ts";
import { openSharedGpu } from "../engine/gpu/sharedGpu.fixture.ts";

let ctx: Ctx;
let opened: OpenedModel;
beforeAll(async () => {
  ctx = new Ctx(await openSharedGpu());
  opened = await openModel(ctx, await goldenFolder("llama"));
});
afterAll(() => ctx.gpu.destroy());

/** Keeps three of every five gates, shifted by one from vector to vector. */
function masksOf({ config }: OpenedModel): Masks {
  return gateLayout(config).sizes.map((size, i) =>
    Uint8Array.from({ length: size }, (_, j) => ((i + 3 * j) % 5 < 3 ? 1 : 0)),
  );
}

/** Exports the forms, with onnxruntime-web as the reader of ONNX. */
async function exportForms(
  targets: Partial<Record<Form, ExportTarget>>,
  more: Partial<ExportGatesOptions> = {},
  model = opened,
  masks = masksOf(model),
): Promise<Partial<Record<Form, ExportedForm>>> {
  const forms = await exportGates(
    ctx,
    model,
    { masks, targets: new Map(Object.entries(targets) as [Form, ExportTarget][]) },
    {
      ids: Uint32Array.from({ length: 32 }, (_, i) => (i * 37) % model.config.vocab),
      openOnnx: onnxReader,
      receipt: {
        ...{ version: "0.0.0", adapter: ctx.gpu.facts.name, modelName: model.name, licence: "not stated" },
        ...{ recipe: DEFAULT_RECIPE, target: { ratio: "block weights kept", value: 0.5 }, trainedSteps: 1 },
        calibration: { name: "a text", sha256: "0".repeat(64) },
        perplexity: [],
      },
      ...more,
    },
  );
  return Object.fromEntries(forms.map((exported) => [exported.form, exported]));
}

test("onnxruntime-web computes the engine's masked logits, and the receipt records it", async () => {
  const targets = { masked: memoryTarget(), compact: memoryTarget(), onnx: memoryTarget() };
  const { masked, compact, onnx } = await exportForms(targets);
  expect([masked?.ok, compact?.ok, onnx?.ok]).toEqual([true, true, true]);
  expect(onnx).toMatchObject({ runtime: "onnxruntime-web (wasm)", dtype: "F32", equalArgmax: 1 });
  expect(onnx?.version).toMatch(/^1\.\d+\.\d+/);
  expect(onnx?.largestDifference).toBeLessThan(1e-4);
  expect(Object.keys(targets.onnx.files)).toEqual(
    expect.arrayContaining(["config.json", "onnx/model.onnx", "tokenizer.json", "receipt.json", "README.md"]),
  );
  const { checks } = readReceipt(new TextDecoder().decode(targets.onnx.files["receipt.json"]));
  expect(checks.map(({ form, runtime, version }) => [form, runtime, version])).toEqual([
    ["masked", "Espalier engine (WebGPU)", "0.0.0"],
    ["compact", "Espalier engine (WebGPU)", "0.0.0"],
    ["onnx", "onnxruntime-web (wasm)", onnx?.version],
  ]);
  expect(new TextDecoder().decode(targets.onnx.files["README.md"])).toMatch(
    /\| onnx \| F32 \| onnxruntime-web \(wasm\)/,
  );
});

test.each(goldenCases("llama"))("%s: onnxruntime-web computes its masked logits", async (name) => {
  const family = await openModel(ctx, await goldenFolder(name));
  const { onnx } = await exportForms({ onnx: memoryTarget() }, {}, family);
  family.model.free();
  expect({ ok: onnx?.ok, reason: onnx?.reason }).toEqual({ ok: true, reason: undefined });
  expect(onnx?.equalArgmax).toBe(1);
});

/** One factor for each of the 8 pairs of a head. */
const factors = (step: number): number[] => Array.from({ length: 8 }, (_, i) => 1 + step * i);
/** The 32 ids are longer than the original context of "long", and shorter than that of "short". */
const longrope = { rope_type: "longrope", short_factor: factors(0.05), long_factor: factors(0.5) };

test.each<[string, string, object]>([
  ["linear", "llama", { rope_scaling: { type: "linear", factor: 4 } }],
  ["dynamic", "llama", { rope_scaling: { type: "dynamic", factor: 2 } }],
  ["yarn", "llama", { rope_scaling: { rope_type: "yarn", factor: 4, original_max_position_embeddings: 64 } }],
  ["yarn of phi", "phi", { rope_scaling: { rope_type: "yarn", factor: 4, original_max_position_embeddings: 64 } }],
  ["long longrope", "llama", { rope_scaling: { ...longrope, original_max_position_embeddings: 20 } }],
  ["longrope just over its context", "llama", { rope_scaling: { ...longrope, original_max_position_embeddings: 28 } }],
  ["short longrope", "llama", { rope_scaling: { ...longrope, original_max_position_embeddings: 64 } }],
  ["a context of two million", "llama", { max_position_embeddings: 2 ** 21 }],
])("%s: every form computes its masked logits", async (_, name, changes) => {
  const scaled = await openModel(ctx, await goldenFolder(name, changes));
  const forms = await exportForms(
    { masked: memoryTarget(), compact: memoryTarget(), onnx: memoryTarget() },
    {},
    scaled,
  );
  scaled.model.free();
  const found = Object.values(forms).map(({ form, ok, reason }) => ({ form, ok, reason }));
  expect(found).toEqual(["masked", "compact", "onnx"].map((form) => ({ form, ok: true, reason: undefined })));
});

test.each([
  ["llama", { masked: memoryTarget(), compact: memoryTarget(), onnx: memoryTarget(), gguf: memoryTarget() }],
  ["opt", { masked: memoryTarget(), compact: memoryTarget(), onnx: memoryTarget() }],
])("%s: every form computes the same without the modules that the masks empty", async (name, targets) => {
  const model = await openModel(ctx, await goldenFolder(name));
  const masks = masksOf(model);
  for (const vector of [S1, S2, S5, 5 + S2, 10 + S5]) masks[vector]!.fill(0);
  const forms = await exportForms(targets, { openLlama: llamaReader }, model, masks);
  model.model.free();
  const found = Object.values(forms).map(({ form, ok, reason }) => ({ form, ok, reason }));
  expect(found).toEqual(Object.keys(targets).map((form) => ({ form, ok: true, reason: undefined })));
  const { kept, checks } = readReceipt(new TextDecoder().decode(targets.compact.files["receipt.json"]));
  expect(kept.widths.map((row) => row.map((width) => width > 0))).toEqual([
    [false, false, false, false, false],
    [false, false, true, true, true],
    [true, true, false, false, false],
  ]);
  if (name === "opt") return;
  expect(checks.find(({ form }) => form === "gguf")).toMatchObject({
    gguf: { withoutAttention: 1, addedDimensions: 2 },
    llama: { argmaxAgreement: 1 },
  });
});

test("damaged weights of the ONNX form are noticed, and the form is discarded", async () => {
  const onnx = memoryTarget((file, bytes) => {
    // the weights fill nearly all of the file: its middle is in them
    if (file.name === "onnx/model.onnx") bytes.fill(0x3c, bytes.length / 2, bytes.length / 2 + 4000);
  });
  const found = await exportForms({ compact: memoryTarget(), onnx });
  expect(found.compact?.ok).toBe(true);
  expect(found.onnx).toMatchObject({ ok: false, runtime: "onnxruntime-web (wasm)" });
  expect(found.onnx?.reason).toMatch(/logits differ by up to/);
  expect(onnx.files).toEqual({});
});

test("an ONNX file that onnxruntime-web cannot open is not offered, and its error is the reason", async () => {
  const onnx = memoryTarget((file, bytes) => {
    if (file.name === "onnx/model.onnx") bytes.fill(0, 0, 64);
  });
  const found = await exportForms({ onnx });
  expect(found.onnx).toMatchObject({ ok: false, code: "format", runtime: "" });
  expect(found.onnx?.reason).toContain("onnxruntime-web:");
});

test("F16 has its own limit; BF16 is refused for ONNX only", async () => {
  const half = await exportForms({ onnx: memoryTarget() }, { dtype: "F16" });
  expect(half.onnx).toMatchObject({ ok: true, dtype: "F16" });
  expect(half.onnx?.largestDifference).toBeGreaterThan(1e-5);
  const brain = await exportForms({ masked: memoryTarget(), onnx: memoryTarget() }, { dtype: "BF16" });
  expect([brain.masked?.ok, brain.onnx?.ok, brain.onnx?.code]).toEqual([true, false, "unsupported"]);
  expect(brain.onnx?.reason).toMatch(/expected F32 or F16, got BF16/);
});
