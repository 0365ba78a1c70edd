// The three forms of an export together: the ONNX one is offered only where onnxruntime-web computes the masked model's logits.
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  Ctx,
  exportGates,
  type ExportedForm,
  type Form,
  Gpu,
  openModel,
  type OpenedModel,
  readReceipt,
} from "../engine/index.ts";
import type { ExportGatesOptions, ExportTarget } from "../engine/index.ts";
import { memoryTarget } from "../engine/evaluate/export/memoryTarget.ts";
import { goldenFolder } from "../engine/golden/folders.fixture.ts";
import { gateLayout, type Masks } from "../engine/masks/gates.ts";
import { DEFAULT_RECIPE } from "../engine/recipes/recipe.ts";
import { onnxReader } from "./onnxReader.ts";

let ctx: Ctx;
let opened: OpenedModel;
beforeAll(async () => {
  ctx = new Ctx(await Gpu.open());
  opened = await openModel(ctx, await goldenFolder("llama"));
});
afterAll(() => ctx.gpu.destroy());

/** Three of five gates kept, in every vector another three. */
function masksOf({ config }: OpenedModel): Masks {
  return gateLayout(config).sizes.map((size, i) =>
    Uint8Array.from({ length: size }, (_, j) => ((i + 3 * j) % 5 < 3 ? 1 : 0)),
  );
}

/** Delivers the forms; the engine is handed onnxruntime-web as the reader of ONNX. */
async function delivered(
  places: Partial<Record<Form, ExportTarget>>,
  more: Partial<ExportGatesOptions> = {},
  model = opened,
): Promise<Partial<Record<Form, ExportedForm>>> {
  const deliveries = await exportGates(
    ctx,
    model,
    masksOf(model),
    new Map(Object.entries(places) as [Form, ExportTarget][]),
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
  return Object.fromEntries(deliveries.map((delivery) => [delivery.form, delivery]));
}

test("onnxruntime-web gives the engine's masked logits, and the receipt says so", async () => {
  const places = { masked: memoryTarget(), compact: memoryTarget(), onnx: memoryTarget() };
  const { masked, compact, onnx } = await delivered(places);
  expect([masked?.ok, compact?.ok, onnx?.ok]).toEqual([true, true, true]);
  expect(onnx).toMatchObject({ runtime: "onnxruntime-web (wasm)", dtype: "F32", equalArgmax: 1 });
  expect(onnx?.version).toMatch(/^1\.\d+\.\d+/);
  expect(onnx?.largestDifference).toBeLessThan(1e-4);
  expect(Object.keys(places.onnx.files)).toEqual(
    expect.arrayContaining(["config.json", "onnx/model.onnx", "tokenizer.json", "receipt.json", "README.md"]),
  );
  const { checks } = readReceipt(new TextDecoder().decode(places.onnx.files["receipt.json"]));
  expect(checks.map(({ form, runtime, version }) => [form, runtime, version])).toEqual([
    ["masked", "Espalier engine (WebGPU)", "0.0.0"],
    ["compact", "Espalier engine (WebGPU)", "0.0.0"],
    ["onnx", "onnxruntime-web (wasm)", onnx?.version],
  ]);
  expect(new TextDecoder().decode(places.onnx.files["README.md"])).toMatch(
    /\| onnx \| F32 \| onnxruntime-web \(wasm\)/,
  );
});

test.each(["llama3", "mistral", "gemma", "qwen2", "qwen3", "opt", "opt350", "phi"])(
  "%s: onnxruntime-web gives its masked logits",
  async (name) => {
    const family = await openModel(ctx, await goldenFolder(name));
    const { onnx } = await delivered({ onnx: memoryTarget() }, {}, family);
    family.model.free();
    expect({ ok: onnx?.ok, reason: onnx?.reason }).toEqual({ ok: true, reason: undefined });
    expect(onnx?.equalArgmax).toBe(1);
  },
);

test("weights of the ONNX form that were damaged are noticed, and the form is discarded", async () => {
  const onnx = memoryTarget((file, bytes) => {
    // the weights fill nearly all of the file: its middle is in them
    if (file.name === "onnx/model.onnx") bytes.fill(0x3c, bytes.length / 2, bytes.length / 2 + 4000);
  });
  const found = await delivered({ compact: memoryTarget(), onnx });
  expect(found.compact?.ok).toBe(true);
  expect(found.onnx).toMatchObject({ ok: false, runtime: "onnxruntime-web (wasm)" });
  expect(found.onnx?.reason).toMatch(/logits differ by up to/);
  expect(onnx.files).toEqual({});
});

test("an ONNX file that onnxruntime-web cannot open is not offered, with what it said", async () => {
  const onnx = memoryTarget((file, bytes) => {
    if (file.name === "onnx/model.onnx") bytes.fill(0, 0, 64);
  });
  const found = await delivered({ onnx });
  expect(found.onnx).toMatchObject({ ok: false, code: "format", runtime: "" });
  expect(found.onnx?.reason).toContain("onnxruntime-web said:");
});

test("F16 is held to its own limit; BF16 is refused for ONNX alone", async () => {
  const half = await delivered({ onnx: memoryTarget() }, { dtype: "F16" });
  expect(half.onnx).toMatchObject({ ok: true, dtype: "F16" });
  expect(half.onnx?.largestDifference).toBeGreaterThan(1e-5);
  const brain = await delivered({ masked: memoryTarget(), onnx: memoryTarget() }, { dtype: "BF16" });
  expect([brain.masked?.ok, brain.onnx?.ok, brain.onnx?.code]).toEqual([true, false, "unsupported"]);
  expect(brain.onnx?.reason).toMatch(/expected F32 or F16, got BF16/);
});
