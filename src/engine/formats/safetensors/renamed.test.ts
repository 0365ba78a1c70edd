// Renamed tensors: in one file and in shards, with the data where it was.
import { expect, test } from "vitest";
import { memoryFolder, memorySource } from "../files/memoryFolder.ts";
import { collect, outputFolder } from "../files/outputFile.ts";
import { renamedWeights } from "./renamed.ts";
import { openWeights, readSafetensors, type TensorStream } from "./safetensors.ts";
import { weightsFiles } from "./weightsFiles.ts";

const tensor = (name: string, count: number, value: number): TensorStream => ({
  name,
  dtype: "U8",
  shape: [count],
  chunks: () => [new Uint8Array(count).fill(value)],
});
const TENSORS = [tensor("a", 3, 1), tensor("b", 50, 2), tensor("c", 70, 3)];
const NAMES = new Map([
  ["a", "model.a"],
  ["c", "model.c"],
]);

test.each([undefined, 60])("gives tensors other names; shards of %s bytes", async (shardBytes) => {
  const folder = await renamedWeights(outputFolder("m", weightsFiles(TENSORS, shardBytes)), NAMES);
  const weights = await openWeights(folder);
  expect([...weights.names].sort()).toEqual(["b", "model.a", "model.c"]);
  expect(await weights.readBytes("model.a")).toEqual(new Uint8Array(3).fill(1));
  expect(await weights.readBytes("b")).toEqual(new Uint8Array(50).fill(2));
  expect(await weights.readBytes("model.c")).toEqual(new Uint8Array(70).fill(3));
  expect(weights.metadata).toEqual({ format: "pt" });
});

test("every slice of the file is that of the file with the new header", async () => {
  const [written] = weightsFiles([tensor("a", 5, 7)]);
  const original = memoryFolder("m", { "model.safetensors": await collect(written!) });
  const file = await (await renamedWeights(original, NAMES)).open("model.safetensors");
  const bytes = await file.read(0, file.size);
  for (let begin = 0; begin <= file.size; begin += 7)
    for (let end = begin; end <= file.size; end += 5)
      expect(await file.read(begin, end - begin)).toEqual(bytes.slice(begin, end));
  expect([...(await readSafetensors(memorySource("x", bytes))).tensors.keys()]).toEqual(["model.a"]);
});
