// Dtypes of the onnx form, how it is streamed, and what it refuses.
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { fromFloat32 } from "../../dtype.ts";
import type { ExportSource } from "../export/exportFiles.ts";
import type { Folder } from "../files/folder.ts";
import { collectBytes, memoryFolder } from "../files/memoryFolder.ts";
import { openWeights, writeSafetensors } from "../safetensors/safetensors.ts";
import { exportOnnx } from "./exportOnnx.ts";
import { F16, F32, jsonOf, onnxModelOf, openTestCase } from "./onnx.fixture.ts";

const PATH = "golden/llama";

describe("other dtypes", () => {
  let source: ExportSource;
  beforeAll(async () => {
    source = await openTestCase(PATH);
  });

  it("F16 is stored and cast: every weight passes a Cast before any arithmetic", async () => {
    const files = await exportOnnx({ ...source, dtype: "F16" });
    const model = await onnxModelOf(files);
    const stored = [...model.tensors].filter(([, tensor]) => tensor.dtype === F16).map(([name]) => name);
    const { names } = await openWeights(source.folder);
    expect(stored.sort()).toEqual([...names].sort());
    for (const name of stored) {
      const readers = model.nodes.filter(({ inputs }) => inputs.includes(name));
      expect(
        readers.every(({ type }) => type === "Cast" || type === "Gather"),
        name,
      ).toBe(true);
    }
    expect((await jsonOf(files, "config.json")).torch_dtype).toBe("float16");
  });

  it("BF16 is refused as a choice; a source in BF16 becomes F32, exactly", async () => {
    await expect(exportOnnx({ ...source, dtype: "BF16" })).rejects.toMatchObject({ code: "unsupported" });
    const weights = await openWeights(source.folder);
    const tensors = await Promise.all(
      weights.names.map(async (name) => {
        const bytes = fromFloat32(await weights.readFloat32(name), "BF16");
        return { name, dtype: "BF16" as const, shape: weights.info(name).shape, chunks: () => [bytes] };
      }),
    );
    const config = readFileSync(`${PATH}/config.json`);
    const written = await collectBytes(writeSafetensors(tensors));
    const folder = memoryFolder("bf16", { "config.json": config, "model.safetensors": written });
    const files = await exportOnnx({ ...source, folder });
    const norm = (await onnxModelOf(files)).tensors.get("model.norm.weight");
    const expected = await (await openWeights(folder)).readFloat32("model.norm.weight");
    expect(norm?.dtype).toBe(F32);
    expect(Array.from(new Float32Array(norm?.data.slice().buffer ?? new ArrayBuffer()))).toEqual(Array.from(expected));
    expect((await jsonOf(files, "config.json")).torch_dtype).toBe("float32");
  });
});

describe("streaming and refusals", () => {
  it("reads one tensor at a time, when it is written", async () => {
    const { folder, config, masks } = await openTestCase(PATH);
    let reads = 0;
    const counting: Folder = {
      ...folder,
      open: async (file) => {
        const opened = await folder.open(file);
        return {
          ...opened,
          read: (offset, length) => {
            if (file.endsWith(".safetensors")) reads++;
            return opened.read(offset, length);
          },
        };
      },
    };
    const files = await exportOnnx({ folder: counting, config, masks });
    const headerReads = reads;
    expect(headerReads).toBe(2);
    let before = reads;
    for await (const chunk of files[1]?.stream() ?? []) {
      expect(chunk.length).toBeGreaterThan(0);
      expect(reads - before).toBeLessThanOrEqual(1);
      before = reads;
    }
    expect(reads - headerReads).toBe((await openWeights(folder)).names.length);
  });

  it("refuses a vector that keeps nothing, and masks of another model", async () => {
    const source = await openTestCase("golden/opt");
    const empty = source.masks.map((mask, i) => (i === 7 ? mask.map(() => 0) : mask));
    await expect(exportOnnx({ ...source, masks: empty })).rejects.toThrow(/s3 of block 1/);
    await expect(exportOnnx({ ...source, masks: empty.slice(1) })).rejects.toMatchObject({ code: "shape" });
  });
});
