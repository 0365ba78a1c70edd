// The header reader on files of the Python package, compared with Hugging Face's reader, and on malformed files.
import { readFile } from "node:fs/promises";
import { gguf } from "@huggingface/gguf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EngineError } from "../../errors.ts";
import { memorySource } from "../files/memoryFolder.ts";
import { readGgufHeader } from "./header.ts";
import { entry, ggufFile, list, number32, text, tensorInfo } from "./files.fixture.ts";

const TINY = "src/engine/formats/gguf/fixtures/tiny.gguf";
const read = (bytes: Uint8Array) => readGgufHeader(memorySource("m.gguf", bytes));

describe("a file of the Python package", () => {
  it("has its metadata and tensors", async () => {
    const { metadata, tensors } = await read(await readFile(TINY));
    expect(Object.fromEntries(metadata)).toEqual({
      "general.architecture": "llama",
      "general.name": "tiny",
      "llama.block_count": 1,
      "test.flag": true,
      "test.words": ["a", "bä", ""],
      "test.numbers": [1.5, -2],
      "test.wide": -5,
      "test.double": 0.1,
    });
    const first = tensors.get("first.weight")!;
    expect(first).toMatchObject({ shape: [2, 3], type: { name: "F32" } });
    expect(first.end - first.begin).toBe(24);
    expect(tensors.get("second.weight")).toMatchObject({ shape: [4, 5], type: { name: "F16" } });
  });

  it("is read as by Hugging Face's reader", async () => {
    const bytes = await readFile(TINY);
    const ours = await read(bytes);
    const theirs = await gguf(TINY, { allowLocalFile: true });
    const {
      version,
      tensor_count: tensors,
      kv_count: entries,
      ...metadata
    } = theirs.metadata as Record<string, unknown>;
    expect([version, Number(tensors), Number(entries)]).toEqual([3, ours.tensors.size, ours.metadata.size]);
    const numbers = Object.entries(metadata).map(([key, value]) => [
      key,
      typeof value === "bigint" ? Number(value) : value,
    ]);
    expect(Object.fromEntries(ours.metadata)).toEqual(Object.fromEntries(numbers));
    const dataStart = Number(theirs.tensorDataOffset);
    for (const { name, offset, shape } of theirs.tensorInfos) {
      expect(ours.tensors.get(name)).toMatchObject({
        begin: dataStart + Number(offset),
        shape: shape.map(Number).reverse(),
      });
    }
  });
});

it("reads more where the header is longer than the first read", async () => {
  const long = "token ".repeat(800_000);
  const bytes = ggufFile({ entries: [entry("long", 8, text(long)), entry("last", 0, [7])] });
  expect(bytes.length).toBeGreaterThan(4 * 1024 * 1024);
  const { metadata } = await read(bytes);
  expect([metadata.get("long"), metadata.get("last")]).toEqual([long, 7]);
});

const a = tensorInfo("a", [4], 0, 0);
const at = (offset: number, dims = [4]) => tensorInfo("b", dims, 0, offset);
const MALFORMED: [string, Uint8Array, RegExp][] = [
  ["empty", new Uint8Array(), /magic: expected 4 bytes at 0, got the end of the file at 0\. .*fetch it again/],
  ["another format", new TextEncoder().encode("<!doctype html>"), /magic: expected "GGUF" .*got 0x6f64213c/],
  ["version 1", ggufFile({ version: 1 }), /version: expected 2 or 3, got 1/],
  ["a big-endian file", ggufFile({ version: 0x03000000 }), /version: expected 2 or 3, got .* big-endian/],
  [
    "more tensors than fit",
    ggufFile({ tensorCount: 2 ** 40 }),
    /tensor count: expected at most 0 of at least 24 bytes .*, got 1099511627776/,
  ],
  [
    "more metadata than fits",
    ggufFile({ entryCount: 9 }),
    /metadata count: expected at most 0 of at least 13 bytes .*, got 9/,
  ],
  ["a key beyond the file", ggufFile({ entries: [number32(2 ** 31)], dataBytes: 20 }), /metadata key 0: length: /],
  [
    "an unknown value type",
    ggufFile({ entries: [entry("k", 13, [])], dataBytes: 8 }),
    /k: type: expected 0 to 12, got 13/,
  ],
  ["a bool of 2", ggufFile({ entries: [entry("k", 7, [2])], dataBytes: 8 }), /k: expected 0 or 1 for a bool, got 2/],
  [
    "text that is not UTF-8",
    ggufFile({ entries: [entry("k", 8, text(Uint8Array.of(0xff)))] }),
    /k: expected UTF-8 text/,
  ],
  [
    "a list beyond the file",
    ggufFile({ entries: [entry("k", 9, list(4, [], 1e6))] }),
    /k: length: expected at most 0 of at least 4 bytes .*, got 1000000/,
  ],
  [
    "lists nested too deeply",
    ggufFile({ entries: [entry("k", 9, list(9, [list(9, [list(9, [])])]))] }),
    /expected lists at most 2 deep/,
  ],
  [
    "a key twice",
    ggufFile({ entries: [entry("k", 0, [1]), entry("k", 0, [1])] }),
    /k: expected each key once, got it twice/,
  ],
  [
    "no dimension",
    ggufFile({ tensors: [tensorInfo("a", [], 0, 0)] }),
    /tensor 'a': dimensions: expected 1 to 4, got 0/,
  ],
  [
    "an impossible shape",
    ggufFile({ tensors: [tensorInfo("a", [2 ** 40, 2 ** 40], 0, 0)] }),
    /'a': shape: expected a number of values above zero/,
  ],
  ["a dimension of zero", ggufFile({ tensors: [tensorInfo("a", [0], 0, 0)] }), /'a': shape: expected .*, got \[0\]/],
  [
    "rows that are not multiples of blocks",
    ggufFile({ tensors: [tensorInfo("a", [33], 8, 0)] }),
    /shape: expected rows of whole Q8_0 blocks of 32, got 33/,
  ],
  [
    "an overlap",
    ggufFile({ tensors: [a, at(0)], dataBytes: 64 }),
    /'b': offset: expected 32, where 'a' ends, got 0 \(an overlap of 32 bytes\)/,
  ],
  [
    "a gap",
    ggufFile({ tensors: [a, at(64)], dataBytes: 96 }),
    /'b': offset: expected 32, where 'a' ends, got 64 \(a gap of 32 bytes\)/,
  ],
  [
    "data beyond the file",
    ggufFile({ tensors: [a], dataBytes: 15 }),
    /'a': offset: expected F32 \[4\] to end within the \d+ bytes of the file, got an end at/,
  ],
  [
    "bytes after the last tensor",
    ggufFile({ tensors: [a], dataBytes: 33 }),
    /size: expected \d+ bytes, where the last tensor ends, got \d+/,
  ],
  [
    "a tensor twice",
    ggufFile({ tensors: [a, tensorInfo("a", [4], 0, 32)], dataBytes: 48 }),
    /tensor 'a': expected each name once, got it twice/,
  ],
  [
    "an odd alignment",
    ggufFile({ entries: [entry("general.alignment", 4, number32(3))], tensors: [a], dataBytes: 16 }),
    /general.alignment: expected a multiple of 8, got 3/,
  ],
];

describe("a malformed or inconsistent file", () => {
  it.each(MALFORMED)("%s", async (_, bytes, message) => {
    const error = await read(bytes).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(EngineError);
    expect(error).toMatchObject({ code: "format", message: expect.stringMatching(message) as string });
    expect((error as EngineError).message).toContain("m.gguf");
  });
});

describe("other types and damage", () => {
  it.each([
    [10, "Q2_K"],
    [39, "MXFP4"],
    [77, "number 77"],
  ])("names type %i and the supported ones", async (type, name) => {
    const file = ggufFile({ tensors: [tensorInfo("a", [256], type, 0)], dataBytes: 256 });
    await expect(read(file)).rejects.toMatchObject({
      code: "unsupported",
      message: `m.gguf: tensor 'a': type: expected one of F32, F16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K, Q6_K, BF16, got ${name}. Choose a file with one of these types.`,
    });
  });

  it("returns a header or throws an EngineError, whichever byte is changed or cut", async () => {
    const bytes = await readFile(TINY);
    const dataEnd = Math.max(...[...(await read(bytes)).tensors.values()].map(({ end }) => end));
    await fc.assert(
      fc.asyncProperty(
        fc.nat(bytes.length - 1),
        fc.integer({ min: 1, max: 255 }),
        fc.boolean(),
        async (i, flip, cut) => {
          const broken = cut
            ? bytes.subarray(0, i)
            : Uint8Array.from(bytes, (byte, j) => (j === i ? byte ^ flip : byte));
          const outcome = await read(broken).catch((thrown: unknown) => thrown);
          if (cut ? i < dataEnd : i < 4) expect(outcome).toBeInstanceOf(EngineError);
          else if (outcome instanceof Error) expect(outcome).toBeInstanceOf(EngineError);
          else expect(outcome).toHaveProperty("tensors");
        },
      ),
      { numRuns: 400 },
    );
  });
});
