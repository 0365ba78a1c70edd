// onnxruntime-web on the golden LLaMA's ONNX form: PyTorch's logits with and without the KV cache, times, and errors.
import { beforeAll, expect, test } from "vitest";
import { exportOnnx, memoryFolder, ONNX_FILE, type Folder } from "../engine/index.ts";
import { compareLogits } from "../engine/evaluate/export/compareLogits.ts";
import { collect } from "../engine/formats/files/outputFile.ts";
import { openCase } from "../engine/golden/case.ts";
import { goldenFolder } from "../engine/golden/folders.fixture.ts";
import { gateLayout } from "../engine/masks/gates.ts";
import { openOnnx } from "./onnxModel.ts";

/** As a share of the largest logit; the observed difference is 4e-7. */
const LIMIT = 5e-6;
/** The same for weights rounded to F16. */
const ROUNDED_LIMIT = 2.5e-3;

let ids: Uint32Array;
/** PyTorch's logits of the model pruned by its binary masks. */
let expected: Float32Array;
let exported: (options?: { dtype?: "F16"; fileLimitBytes?: number }) => Promise<Record<string, Uint8Array>>;

beforeAll(async () => {
  const folder = await goldenFolder("llama");
  const golden = await openCase(folder);
  const { config } = golden;
  ids = await golden.ids("ids");
  expected = await golden.floats("hard.logits");
  const masks = await Promise.all(gateLayout(config).sizes.map((_, vector) => golden.mask(`hard.mask.${vector}`)));
  exported = async (options = {}) => {
    const files = await exportOnnx({ folder, config, masks, ...options });
    return Object.fromEntries(await Promise.all(files.map(async (file) => [file.name, await collect(file)] as const)));
  };
});

const folderOf = (files: Record<string, Uint8Array | string>): Folder => memoryFolder("export", files);

/** Largest difference as a share of the largest logit, and the share of rows whose largest logit is the same. */
function compared(found: Float32Array): { share: number; equalArgmax: number } {
  const { largestDifference, largest, equalArgmax } = compareLogits(expected, found, ids.length);
  return { share: largestDifference / largest, equalArgmax };
}

test("computes PyTorch's logits at once and with its KV cache, and can be timed", async () => {
  const model = await openOnnx(folderOf(await exported()));
  try {
    expect(model.version).toMatch(/^1\.\d+\.\d+/);
    expect(model.threads).toBeGreaterThanOrEqual(1);
    const whole = await model.forward(ids);
    expect(whole.length).toBe(expected.length);
    for (const found of [whole, await model.decode(ids, 5), await model.decode(ids, 1)]) {
      const { share, equalArgmax } = compared(found);
      expect(share).toBeLessThan(LIMIT);
      expect(equalArgmax).toBe(1);
    }
    const { forwardMs, decodeMs } = await model.time(ids, { decodeTokens: 4, repeats: 2 });
    expect([forwardMs.length, decodeMs.length]).toEqual([2, 4]);
    expect(Math.min(...forwardMs, ...decodeMs)).toBeGreaterThan(0);
  } finally {
    model.close();
  }
});

test("reads weights from files beside the graph", async () => {
  const files = await exported({ fileLimitBytes: 60_000 });
  const dataFiles = Object.keys(files).filter((name) => name.startsWith(`${ONNX_FILE}_data`));
  expect(dataFiles.length).toBeGreaterThan(1);
  const model = await openOnnx(folderOf(files));
  expect(compared(await model.forward(ids)).share).toBeLessThan(LIMIT);
  model.close();
});

test("weights in F16 are within their rounding", async () => {
  const model = await openOnnx(folderOf(await exported({ dtype: "F16" })));
  const { share } = compared(await model.decode(ids, ids.length - 2));
  expect(share).toBeGreaterThan(LIMIT);
  expect(share).toBeLessThan(ROUNDED_LIMIT);
  model.close();
});

test("a truncated graph and a missing one are refused with the reason", async () => {
  const files = await exported();
  const cut = { ...files, [ONNX_FILE]: (files[ONNX_FILE] ?? new Uint8Array()).slice(0, 5000) };
  await expect(openOnnx(folderOf(cut))).rejects.toMatchObject({
    code: "format",
    message: expect.stringMatching(
      /expected a graph that onnxruntime-web runs, got an error \(onnxruntime-web: .*protobuf/is,
    ) as string,
  });
  await expect(openOnnx(folderOf({ "config.json": "{}" }))).rejects.toMatchObject({
    code: "format",
    message: expect.stringContaining("expected a file onnx/model.onnx, got config.json") as string,
  });
});

test("cancelling or closing ends the worker", async () => {
  const folder = folderOf(await exported());
  await expect(openOnnx(folder, { cancelled: () => true })).rejects.toMatchObject({ code: "cancelled" });
  const model = await openOnnx(folder);
  const asked = model.forward(ids);
  model.close();
  await expect(asked).rejects.toThrow(/after the model was closed/);
  await expect(model.forward(ids)).rejects.toThrow(/after the model was closed/);
});
