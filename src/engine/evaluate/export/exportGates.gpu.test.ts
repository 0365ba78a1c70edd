// Exports of the embedded model: written, read back, compared; a damaged one is not offered, a cancelled one leaves nothing.
import { afterAll, beforeAll, expect, test } from "vitest";
import { Ctx } from "../../ctx.ts";
import { EngineError } from "../../errors.ts";
import { readReceipt } from "../../formats/receipt/readReceipt.ts";
import { embeddedFolder } from "../../golden/folders.fixture.ts";
import { Gpu } from "../../gpu/device.ts";
import { openModel, type OpenedModel } from "../../model/open.ts";
import { gateLayout, type Masks } from "../../masks/gates.ts";
import { DEFAULT_RECIPE } from "../../recipes/recipe.ts";
import type { Form } from "../../formats/receipt/receipt.ts";
import { exportGates, type ExportGatesOptions } from "./exportGates.ts";
import type { ExportTarget } from "./writeForms.ts";
import { memoryTarget } from "./memoryTarget.ts";

let ctx: Ctx;
let opened: OpenedModel;
let masks: Masks;
beforeAll(async () => {
  ctx = new Ctx(await Gpu.open());
  opened = await openModel(ctx, await embeddedFolder());
  masks = gateLayout(opened.config).sizes.map((size, i) =>
    Uint8Array.from({ length: size }, (_, j) => ((i + 3 * j) % 5 < 3 ? 1 : 0)),
  );
});
afterAll(() => ctx.gpu.destroy());

const text = { name: "a text", sha256: "0".repeat(64) };
const options = (): ExportGatesOptions => ({
  ids: Uint32Array.from({ length: 48 }, (_, i) => (i * 37) % opened.config.vocab),
  receipt: {
    ...{ version: "0.0.0", adapter: ctx.gpu.facts.name, modelName: opened.name, licence: "not stated" },
    ...{
      recipe: DEFAULT_RECIPE,
      target: { ratio: "block weights kept", value: 0.5 },
      trainedSteps: 1,
      calibration: text,
    },
    perplexity: [],
  },
});

test("both forms give the masked model's logits, and say so in the receipt", async () => {
  const places = { masked: memoryTarget(), compact: memoryTarget() };
  const deliveries = await exportGates(
    ctx,
    opened,
    masks,
    new Map(Object.entries(places) as [Form, ExportTarget][]),
    options(),
  );
  expect(deliveries.map(({ form, ok, equalArgmax }) => ({ form, ok, equalArgmax }))).toEqual([
    { form: "masked", ok: true, equalArgmax: 1 },
    { form: "compact", ok: true, equalArgmax: 1 },
  ]);
  expect(deliveries[1]?.bytes).toBeLessThan((deliveries[0]?.bytes ?? 0) * 0.75);
  const receipt = readReceipt(new TextDecoder().decode(places.compact.files["receipt.json"]));
  expect(receipt.checks.map(({ form, maxAbsLogitDifference }) => [form, maxAbsLogitDifference])).toEqual(
    deliveries.map(({ form, largestDifference }) => [form, largestDifference]),
  );
  expect(Object.keys(places.masked.files)).toContain("README.md");
  expect(receipt.sample?.ids).toEqual([...options().ids.subarray(0, 16)]);
});

test("a form whose file was damaged is discarded with the reason, and the other one is offered", async () => {
  const damaged = memoryTarget((file, bytes) => {
    if (file.name === "model.safetensors") bytes.fill(0x3c, bytes.length - 400_000);
  });
  const compact = memoryTarget();
  const places = new Map<Form, ExportTarget>([
    ["masked", damaged],
    ["compact", compact],
  ]);
  const deliveries = await exportGates(ctx, opened, masks, places, options());
  expect(deliveries.map(({ form, ok }) => [form, ok])).toEqual([
    ["masked", false],
    ["compact", true],
  ]);
  expect(deliveries[0]?.reason).toMatch(/logits differ by up to [\d.e+]+, more than/);
  expect(deliveries[0]?.largestDifference).toBeGreaterThan(0.1);
  expect(damaged.files).toEqual({});
  const receipt = readReceipt(new TextDecoder().decode(compact.files["receipt.json"]));
  expect(receipt.checks.map(({ form, runtime }) => [form, runtime])).toEqual([["compact", "Espalier engine (WebGPU)"]]);
});

test("a file that cannot be read back is not offered, with the reason", async () => {
  const place = memoryTarget((file, bytes) => {
    if (file.name === "model.safetensors") bytes.fill(0, 0, 8);
  });
  const [delivery] = await exportGates(ctx, opened, masks, new Map([["compact", place]]), options());
  expect(delivery).toMatchObject({ ok: false, code: "format", runtime: "" });
  expect(delivery?.reason).toContain("model.safetensors");
  expect(delivery?.largestDifference).toBeNaN();
});

test("a runtime that is not there, or fails, keeps its form from being offered; a stop ends all", async () => {
  const all = (): Map<Form, ExportTarget> =>
    new Map([
      ["onnx", memoryTarget()],
      ["compact", memoryTarget()],
    ] as const);
  const failing = async (): Promise<never> => {
    throw new EngineError("out-of-memory", "no room for it");
  };
  const places = all();
  const [onnx, compact] = await exportGates(ctx, opened, masks, places, { ...options(), openOnnx: failing });
  expect([onnx?.ok, onnx?.reason, compact?.ok]).toEqual([false, "no room for it", true]);
  expect((await places.get("onnx")?.folder())?.list()).toEqual([]);
  expect((await exportGates(ctx, opened, masks, all(), options())).map(({ ok }) => ok)).toEqual([false, true]);
  const stopped = async (): Promise<never> => {
    throw new EngineError("cancelled", "stopped");
  };
  const ended = exportGates(ctx, opened, masks, all(), { ...options(), openOnnx: stopped });
  await expect(ended).rejects.toMatchObject({ code: "cancelled" });
});

test("masks of a receipt are applied again to its model, in shards, and not to other weights", async () => {
  const place = memoryTarget();
  await exportGates(ctx, opened, masks, new Map([["compact", place]]), options());
  const { sample } = readReceipt(new TextDecoder().decode(place.files["receipt.json"]));
  expect(sample?.top).toHaveLength(16);
  const again = memoryTarget();
  const repeat = { ...options(), shardBytes: 2_000_000, ...(sample ? { sample } : {}) };
  const [delivery] = await exportGates(ctx, opened, masks, new Map([["compact", again]]), repeat);
  expect(delivery?.ok).toBe(true);
  expect(Object.keys(again.files).filter((name) => /^model-0000\d-of-0000\d/.test(name)).length).toBeGreaterThan(1);
  expect(again.files["receipt.json"]).toEqual(place.files["receipt.json"]);

  const other = memoryTarget();
  const changed = masks.map((mask, i) => (i === 0 ? mask.map((bit) => 1 - bit) : mask));
  const refused = exportGates(ctx, opened, changed, new Map([["compact", other]]), repeat);
  await expect(refused).rejects.toMatchObject({
    code: "shape",
    message: expect.stringMatching(/these weights are not/) as string,
  });
  expect(other.files).toEqual({});
});

test("a rounded export says how far rounding moves its logits, and which dtype it has", async () => {
  const place = memoryTarget();
  const [delivery] = await exportGates(ctx, opened, masks, new Map([["masked", place]]), {
    ...options(),
    dtype: "BF16",
  });
  expect(delivery?.ok).toBe(true);
  expect(delivery?.largestDifference).toBeGreaterThan(1e-4);
  const receipt = readReceipt(new TextDecoder().decode(place.files["receipt.json"]));
  expect([receipt.model.dtype, receipt.checks[0]?.dtype, delivery?.dtype]).toEqual([opened.dtype, "BF16", "BF16"]);
  expect(opened.dtype).not.toBe("BF16");
});

test("a rounded export is held against weights rounded alike: damage that is smaller than rounding is noticed", async () => {
  const place = memoryTarget((file, bytes) => {
    // the last mantissa bits of the last weights
    if (file.name === "model.safetensors") for (let i = bytes.length - 20_000; i < bytes.length; i += 2) bytes[i]! ^= 1;
  });
  const [delivery] = await exportGates(ctx, opened, masks, new Map([["masked", place]]), {
    ...options(),
    dtype: "BF16",
  });
  const whole = memoryTarget();
  const [usual] = await exportGates(ctx, opened, masks, new Map([["masked", whole]]), { ...options(), dtype: "BF16" });
  expect([delivery?.ok, usual?.ok]).toEqual([false, true]);
  expect(delivery?.reason).toMatch(/differ by up to [\d.e-]+ from those of weights rounded to BF16, more than/);
  expect(delivery?.largestDifference).toBeLessThan(2 * (usual?.largestDifference ?? 0));
});

test("cancelling stops in the middle of a file", async () => {
  const place = memoryTarget();
  const stopped = exportGates(ctx, opened, masks, new Map([["masked", place]]), {
    ...options(),
    cancelled: () => true,
  });
  await expect(stopped).rejects.toMatchObject({ code: "cancelled" });
  expect(Object.keys(place.files)).toEqual([]);
});
