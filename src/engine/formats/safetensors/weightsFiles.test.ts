// Shards: their contents, their index, and that our loader reads them like a single file.
import { describe, expect, it } from "vitest";
import { readJson } from "../files/folder.ts";
import { outputFolder } from "../files/outputFile.ts";
import { openWeights, type TensorStream } from "./safetensors.ts";
import { weightsFiles } from "./weightsFiles.ts";

/** A tensor of `count` bytes, each the same. */
const tensor = (name: string, count: number, value: number): TensorStream => ({
  name,
  dtype: "U8",
  shape: [count],
  chunks: () => [new Uint8Array(count).fill(value)],
});
const TENSORS = [tensor("d", 30, 4), tensor("a", 40, 1), tensor("c", 120, 3), tensor("b", 60, 2)];

describe("weightsFiles", () => {
  it("writes one file where no size is chosen, or everything fits", () => {
    for (const shardBytes of [undefined, 250])
      expect(weightsFiles(TENSORS, shardBytes).map(({ name }) => name)).toEqual(["model.safetensors"]);
  });

  it("assigns tensors by name; a tensor larger than a shard gets its own", async () => {
    const files = weightsFiles(TENSORS, 100);
    const names = [1, 2, 3].map((i) => `model-0000${i}-of-00003.safetensors`);
    expect(files.map(({ name }) => name)).toEqual([...names, "model.safetensors.index.json"]);
    const folder = outputFolder("sharded", files);
    expect(await readJson(await folder.open("model.safetensors.index.json"))).toEqual({
      metadata: { total_size: 250 },
      weight_map: { a: names[0], b: names[0], c: names[1], d: names[2] },
    });
    const weights = await openWeights(folder);
    expect(weights.metadata).toEqual({ format: "pt" });
    for (const { name, shape, chunks } of TENSORS) {
      expect(weights.info(name).shape).toEqual(shape);
      expect([await weights.readBytes(name)]).toEqual(chunks());
    }
  });

  it("does not depend on the order of the tensors", () => {
    const contents = (tensors: readonly TensorStream[]): unknown =>
      weightsFiles(tensors, 100).map(({ name, sizeBytes }) => [name, sizeBytes]);
    expect(contents(TENSORS.toReversed())).toEqual(contents(TENSORS));
  });

  it.each([0, -1, 1.5, Number.NaN])("refuses a shard size of %s", (shardBytes) => {
    expect(() => weightsFiles(TENSORS, shardBytes)).toThrow(/shard size: expected a whole number of bytes/);
  });
});
