// GGUF files that are written, read back with our reader; and what is refused.
import { expect, it } from "vitest";
import { collect } from "../../files/outputFile.ts";
import { memorySource } from "../../files/memoryFolder.ts";
import { readGgufHeader } from "../header.ts";
import { type GgufTensorStream, ggufOutputFile, type MetadataEntry } from "./ggufFile.ts";

const tensor = (
  name: string,
  shape: number[],
  bytes: number,
  more: Partial<GgufTensorStream> = {},
): GgufTensorStream => ({
  ...{ name, shape, type: "F32" },
  chunks: () => [new Uint8Array(bytes).fill(7)],
  ...more,
});

const ENTRIES: MetadataEntry[] = [
  { key: "general.architecture", type: "string", value: "deci" },
  { key: "deci.block_count", type: "u32", value: 2 },
  { key: "deci.attention.head_count", type: "i32", value: [4, 0] },
  { key: "deci.rope.freq_base", type: "f32", value: 0.5 },
  { key: "tokenizer.ggml.add_bos_token", type: "bool", value: true },
  { key: "tokenizer.ggml.tokens", type: "string", value: ["a", "Ġé", "", "\u{1f40b}"] },
  { key: "tokenizer.ggml.scores", type: "f32", value: [-1, 0] },
];

it("has the metadata and tensors that were written, aligned and in order", async () => {
  const tensors = [tensor("b", [3, 5], 60), tensor("a", [2, 64], 136, { type: "Q8_0" }), tensor("c", [1], 4)];
  const file = ggufOutputFile("m.gguf", ENTRIES, tensors);
  const bytes = await collect(file);
  const { metadata, tensors: read } = await readGgufHeader(memorySource("m.gguf", bytes));
  expect(Object.fromEntries(metadata)).toEqual(Object.fromEntries(ENTRIES.map(({ key, value }) => [key, value])));
  expect([...read.values()].map(({ name, type, shape }) => [name, type.name, shape])).toEqual(
    tensors.map(({ name, type, shape }) => [name, type, shape]),
  );
  for (const { begin, end } of read.values()) {
    expect(begin % 32).toBe(0);
    expect(bytes.subarray(begin, end).every((byte) => byte === 7)).toBe(true);
  }
  expect(bytes).toEqual(await collect(file));
});

it("refuses names that occur twice, rows of broken blocks, and streams of another length", async () => {
  const of = (...tensors: GgufTensorStream[]) => ggufOutputFile("m.gguf", ENTRIES, tensors);
  expect(() => of(tensor("a", [1], 4), tensor("a", [1], 4))).toThrow(/got 'a' twice/);
  expect(() => of(tensor("a".repeat(64), [1], 4))).toThrow(/at most 63 characters/);
  expect(() => of(tensor("a", [2, 33], 0, { type: "Q8_0" }))).toThrow(/rows of whole Q8_0 blocks, got shape \[2, 33\]/);
  await expect(collect(of(tensor("a", [2], 4)))).rejects.toThrow(/tensor 'a': expected 8 bytes, got 4/);
  await expect(collect(of(tensor("a", [2], 12)))).rejects.toThrow(/expected 8 bytes, got at least 12/);
});
