// Exports of the embedded model: written, read back and compared. A damaged one is not offered, and a cancelled one leaves no files.
import { afterAll, beforeAll, expect, test } from "vitest";
import { Ctx } from "../../ctx.ts";
import { EngineError } from "../../errors.ts";
import { readReceipt } from "../../formats/receipt/readReceipt.ts";
import { embeddedFolder } from "../../golden/folders.fixture.ts";
import { openModel, type OpenedModel } from "../../model/open.ts";
import { gateLayout, type Masks } from "../../masks/gates.ts";
import { DEFAULT_RECIPE } from "../../recipes/recipe.ts";
import type { Form } from "../../formats/files/forms.ts";
import { exportGates, type ExportGatesOptions } from "./exportGates.ts";
import type { ExportTarget } from "./writeForms.ts";
import { memoryTarget } from "./memoryTarget.ts";
import { openSharedGpu } from "../../gpu/sharedGpu.fixture.ts";

let ctx: Ctx;
let opened: OpenedModel;
let masks: Masks;
beforeAll(async () => {
  ctx = new Ctx(await openSharedGpu());
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

test("both forms compute the masked model's logits, and the receipt records it", async () => {
  const targets = { masked: memoryTarget(), compact: memoryTarget() };
  const forms = await exportGates(
    ctx,
    opened,
    { masks, targets: new Map(Object.entries(targets) as [Form, ExportTarget][]) },
    options(),
  );
  expect(forms.map(({ form, ok, equalArgmax }) => ({ form, ok, equalArgmax }))).toEqual([
    { form: "masked", ok: true, equalArgmax: 1 },
    { form: "compact", ok: true, equalArgmax: 1 },
  ]);
  expect(forms[1]?.bytes).toBeLessThan((forms[0]?.bytes ?? 0) * 0.75);
  const receipt = readReceipt(new TextDecoder().decode(targets.compact.files["receipt.json"]));
  expect(receipt.checks.map(({ form, maxAbsLogitDifference }) => [form, maxAbsLogitDifference])).toEqual(
    forms.map(({ form, largestDifference }) => [form, largestDifference]),
  );
  expect(Object.keys(targets.masked.files)).toContain("README.md");
  expect(receipt.sample?.ids).toEqual([...options().ids.subarray(0, 16)]);
});

test("a form whose file was damaged is discarded with the reason, and the other one is offered", async () => {
  const damaged = memoryTarget((file, bytes) => {
    if (file.name === "model.safetensors") bytes.fill(0x3c, bytes.length - 400_000);
  });
  const compact = memoryTarget();
  const targets = new Map<Form, ExportTarget>([
    ["masked", damaged],
    ["compact", compact],
  ]);
  const forms = await exportGates(ctx, opened, { masks, targets }, options());
  expect(forms.map(({ form, ok }) => [form, ok])).toEqual([
    ["masked", false],
    ["compact", true],
  ]);
  expect(forms[0]?.reason).toMatch(/logits differ by up to [\d.e+]+, more than/);
  expect(forms[0]?.largestDifference).toBeGreaterThan(0.1);
  expect(damaged.files).toEqual({});
  const receipt = readReceipt(new TextDecoder().decode(compact.files["receipt.json"]));
  expect(receipt.checks.map(({ form, runtime }) => [form, runtime])).toEqual([["compact", "Espalier engine (WebGPU)"]]);
});

test("a file that cannot be read back is not offered, with the reason", async () => {
  const target = memoryTarget((file, bytes) => {
    if (file.name === "model.safetensors") bytes.fill(0, 0, 8);
  });
  const [exported] = await exportGates(ctx, opened, { masks, targets: new Map([["compact", target]]) }, options());
  expect(exported).toMatchObject({ ok: false, code: "format", runtime: "" });
  expect(exported?.reason).toContain("model.safetensors");
  expect(exported?.largestDifference).toBeNaN();
});

test("without a runtime, or if it fails, its form is not offered; a stop ends the entire export", async () => {
  const all = (): Map<Form, ExportTarget> =>
    new Map([
      ["onnx", memoryTarget()],
      ["compact", memoryTarget()],
    ] as const);
  const failing = async (): Promise<never> => {
    throw new EngineError("out-of-memory", "no room for it");
  };
  const targets = all();
  const [onnx, compact] = await exportGates(ctx, opened, { masks, targets }, { ...options(), openOnnx: failing });
  expect([onnx?.ok, onnx?.reason, compact?.ok]).toEqual([false, "no room for it", true]);
  expect((await targets.get("onnx")?.folder())?.list()).toEqual([]);
  expect((await exportGates(ctx, opened, { masks, targets: all() }, options())).map(({ ok }) => ok)).toEqual([
    false,
    true,
  ]);
  const stopped = async (): Promise<never> => {
    throw new EngineError("cancelled", "stopped");
  };
  const ended = exportGates(ctx, opened, { masks, targets: all() }, { ...options(), openOnnx: stopped });
  await expect(ended).rejects.toMatchObject({ code: "cancelled" });
});

test("the masks of a receipt can be applied again to its model, in shards, but not to other weights", async () => {
  const target = memoryTarget();
  await exportGates(ctx, opened, { masks, targets: new Map([["compact", target]]) }, options());
  const { sample } = readReceipt(new TextDecoder().decode(target.files["receipt.json"]));
  expect(sample?.top).toHaveLength(16);
  const again = memoryTarget();
  const repeat = { ...options(), shardBytes: 2_000_000, ...(sample ? { sample } : {}) };
  const [exported] = await exportGates(ctx, opened, { masks, targets: new Map([["compact", again]]) }, repeat);
  expect(exported?.ok).toBe(true);
  expect(Object.keys(again.files).filter((name) => /^model-0000\d-of-0000\d/.test(name)).length).toBeGreaterThan(1);
  expect(again.files["receipt.json"]).toEqual(target.files["receipt.json"]);

  // as a run in bf16 has them
  const largest = Math.max(...(sample?.top.flatMap(({ logits }) => logits.map(Math.abs)) ?? []));
  const rough = sample?.top.map((row) => ({ ...row, logits: row.logits.map((logit) => logit + 0.01 * largest) })) ?? [];
  const near = { ...repeat, sample: { ids: sample?.ids ?? [], top: rough } };
  const targets = () => new Map([["compact", memoryTarget()] as const]);
  await expect(exportGates(ctx, opened, { masks, targets: targets() }, near)).rejects.toMatchObject({ code: "shape" });
  const [loose] = await exportGates(ctx, opened, { masks, targets: targets() }, { ...near, sampleLimit: 2e-2 });
  expect(loose?.ok).toBe(true);

  const other = memoryTarget();
  const changed = masks.map((mask, i) => (i === 0 ? mask.map((bit) => 1 - bit) : mask));
  const refused = exportGates(ctx, opened, { masks: changed, targets: new Map([["compact", other]]) }, repeat);
  await expect(refused).rejects.toMatchObject({
    code: "shape",
    message: expect.stringMatching(/masks were made for other weights/) as string,
  });
  expect(other.files).toEqual({});
});

test("a rounded export reports its dtype and how far rounding moves its logits", async () => {
  const target = memoryTarget();
  const [exported] = await exportGates(
    ctx,
    opened,
    { masks, targets: new Map([["masked", target]]) },
    {
      ...options(),
      dtype: "BF16",
    },
  );
  expect(exported?.ok).toBe(true);
  expect(exported?.largestDifference).toBeGreaterThan(1e-4);
  const receipt = readReceipt(new TextDecoder().decode(target.files["receipt.json"]));
  expect([receipt.model.dtype, receipt.checks[0]?.dtype, exported?.dtype]).toEqual([opened.dtype, "BF16", "BF16"]);
  expect(opened.dtype).not.toBe("BF16");
});

test("a rounded export is compared with weights rounded alike, so damage smaller than rounding is noticed", async () => {
  const target = memoryTarget((file, bytes) => {
    // the last mantissa bits of the last weights
    if (file.name === "model.safetensors") for (let i = bytes.length - 20_000; i < bytes.length; i += 2) bytes[i]! ^= 1;
  });
  const [exported] = await exportGates(
    ctx,
    opened,
    { masks, targets: new Map([["masked", target]]) },
    {
      ...options(),
      dtype: "BF16",
    },
  );
  const whole = memoryTarget();
  const [usual] = await exportGates(
    ctx,
    opened,
    { masks, targets: new Map([["masked", whole]]) },
    { ...options(), dtype: "BF16" },
  );
  expect([exported?.ok, usual?.ok]).toEqual([false, true]);
  expect(exported?.reason).toMatch(/differ by up to [\d.e-]+ from those of weights rounded to BF16, more than/);
  expect(exported?.largestDifference).toBeLessThan(2 * (usual?.largestDifference ?? 0));
});

test("cancelling stops in the middle of a file", async () => {
  const target = memoryTarget();
  const stopped = exportGates(
    ctx,
    opened,
    { masks, targets: new Map([["masked", target]]) },
    {
      ...options(),
      cancelled: () => true,
    },
  );
  await expect(stopped).rejects.toMatchObject({ code: "cancelled" });
  expect(Object.keys(target.files)).toEqual([]);
});
