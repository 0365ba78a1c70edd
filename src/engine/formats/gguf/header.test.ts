// The header reader against files of the Python package, against Hugging Face's own reader, and against files that lie.
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

  it("is read as Hugging Face's reader reads it", async () => {
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

it("reads on where the header is longer than the first read", async () => {
  const long = "token ".repeat(800_000);
  const bytes = ggufFile({ entries: [entry("long", 8, text(long)), entry("last", 0, [7])] });
  expect(bytes.length).toBeGreaterThan(4 * 1024 * 1024);
  const { metadata } = await read(bytes);
  expect([metadata.get("long"), metadata.get("last")]).toEqual([long, 7]);
});

describe("a file that lies", () => {
  const a = tensorInfo("a", [4], 0, 0);
  const at = (offset: number, dims = [4]) => tensorInfo("b", dims, 0, offset);
  it.each<[string, Uint8Array, RegExp]>([
    ["empty", new Uint8Array(), /magic: 4 bytes at 0, but the file ends at 0/],
    ["another format", new TextEncoder().encode("<!doctype html>"), /magic: expected "GGUF" .*got 0x6f64213c/],
    ["version 1", ggufFile({ version: 1 }), /version: expected 2 or 3, got 1/],
    ["a big-endian file", ggufFile({ version: 0x03000000 }), /version: .* the file is big-endian/],
    [
      "more tensors than it has room for",
      ggufFile({ tensorCount: 2 ** 40 }),
      /tensor count: 1099511627776 of at least 24/,
    ],
    ["more metadata than it has room for", ggufFile({ entryCount: 9 }), /metadata count: 9 of at least 13 bytes/],
    ["a key beyond the file", ggufFile({ entries: [number32(2 ** 31)], dataBytes: 20 }), /metadata key 0, length: /],
    ["an unknown value type", ggufFile({ entries: [entry("k", 13, [])], dataBytes: 8 }), /k: value type 13 is unknown/],
    ["a bool of 2", ggufFile({ entries: [entry("k", 7, [2])], dataBytes: 8 }), /k: expected 0 or 1 for a bool, got 2/],
    ["text that is not UTF-8", ggufFile({ entries: [entry("k", 8, text(Uint8Array.of(0xff)))] }), /k: not UTF-8/],
    [
      "a list beyond the file",
      ggufFile({ entries: [entry("k", 9, list(4, [], 1e6))] }),
      /k, length: 1000000 of at least 4/,
    ],
    [
      "lists without end",
      ggufFile({ entries: [entry("k", 9, list(9, [list(9, [list(9, [])])]))] }),
      /nested more than 2/,
    ],
    ["a key twice", ggufFile({ entries: [entry("k", 0, [1]), entry("k", 0, [1])] }), /k: occurs twice in the metadata/],
    [
      "no dimension",
      ggufFile({ tensors: [tensorInfo("a", [], 0, 0)] }),
      /tensor 'a', dimensions: expected 1 to 4, got 0/,
    ],
    [
      "an impossible shape",
      ggufFile({ tensors: [tensorInfo("a", [2 ** 40, 2 ** 40], 0, 0)] }),
      /'a', shape: .*impossible/,
    ],
    ["a dimension of zero", ggufFile({ tensors: [tensorInfo("a", [0], 0, 0)] }), /'a', shape: \[0\] is impossible/],
    [
      "rows that are not blocks",
      ggufFile({ tensors: [tensorInfo("a", [33], 8, 0)] }),
      /rows of 33 are not whole Q8_0 blocks of 32/,
    ],
    ["an overlap", ggufFile({ tensors: [a, at(0)], dataBytes: 64 }), /'b', offset: 0 overlaps 'a' by 32 bytes/],
    ["a hole", ggufFile({ tensors: [a, at(64)], dataBytes: 96 }), /'b', offset: 64 leaves 32 bytes after 'a'/],
    [
      "data beyond the file",
      ggufFile({ tensors: [a], dataBytes: 15 }),
      /'a', offset: F32 \[4\] ends at \d+, but the file has/,
    ],
    [
      "bytes after the last tensor",
      ggufFile({ tensors: [a], dataBytes: 33 }),
      /size: \d+ bytes, but the last tensor ends at/,
    ],
    [
      "a tensor twice",
      ggufFile({ tensors: [a, tensorInfo("a", [4], 0, 32)], dataBytes: 48 }),
      /tensor 'a' occurs twice/,
    ],
    [
      "an odd alignment",
      ggufFile({ entries: [entry("general.alignment", 4, number32(3))], tensors: [a], dataBytes: 16 }),
      /general.alignment: expected a multiple of 8, got 3/,
    ],
  ])("%s", async (_, bytes, message) => {
    const error = await read(bytes).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(EngineError);
    expect(error).toMatchObject({ code: "format", message: expect.stringMatching(message) as string });
    expect((error as EngineError).message).toContain("m.gguf");
  });

  it.each([
    [10, "Q2_K"],
    [39, "MXFP4"],
    [77, "number 77"],
  ])("names type %i and what is read", async (type, name) => {
    const file = ggufFile({ tensors: [tensorInfo("a", [256], type, 0)], dataBytes: 256 });
    await expect(read(file)).rejects.toMatchObject({
      code: "unsupported",
      message: `m.gguf: tensor 'a', type: ${name} is not supported; supported: F32, F16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K, Q6_K, BF16`,
    });
  });

  it("never ends in anything but a header or an EngineError, whatever byte is changed or cut", async () => {
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
