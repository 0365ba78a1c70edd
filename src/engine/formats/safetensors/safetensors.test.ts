// The reader on golden files and on malformed ones; round trips and flipped bytes as properties; shards.
import { readFile } from "node:fs/promises";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EngineError } from "../../errors.ts";
import { type Dtype, dtypeBytes, DTYPES, elementCount } from "../../dtype.ts";
import { collectBytes, memoryFolder, memorySource } from "../files/memoryFolder.ts";
import { openWeights, readSafetensors, safetensorsLayout, writeSafetensors } from "./safetensors.ts";

interface Tensor {
  name: string;
  dtype: Dtype;
  shape: number[];
  bytes: Uint8Array<ArrayBuffer>;
}

const write = (tensors: readonly Tensor[], metadata: Record<string, string> = {}) =>
  collectBytes(
    writeSafetensors(
      tensors.map((tensor) => ({ ...tensor, chunks: () => [tensor.bytes] })),
      metadata,
    ),
  );

const read = (bytes: Uint8Array) => readSafetensors(memorySource("m.safetensors", bytes));

/** A file with this header (JSON text or object) and `dataBytes` bytes of data. */
function file(header: unknown, dataBytes: number, stated?: bigint): Uint8Array {
  const json = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, stated ?? BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
}

const tensorArb = fc
  .record({
    name: fc.oneof(fc.string(), fc.constantFrom("__proto__", "1", "a.b", "é\u{1f40b}")),
    dtype: fc.constantFrom(...DTYPES),
    shape: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }),
    seed: fc.integer({ min: 0, max: 255 }),
  })
  .filter(({ name }) => name !== "__metadata__")
  .map(({ seed, ...spec }): Tensor => {
    const bytes = new Uint8Array(elementCount(spec.shape) * dtypeBytes(spec.dtype));
    return { ...spec, bytes: bytes.map((_, i) => (seed + 37 * i) & 255) };
  });
const tensorsArb = fc.uniqueArray(tensorArb, { selector: ({ name }) => name, maxLength: 6 });

describe("round trip", () => {
  it("reads back what was written; bytes do not depend on the order of tensors or metadata", async () => {
    await fc.assert(
      fc.asyncProperty(tensorsArb, fc.dictionary(fc.string(), fc.string()), async (tensors, metadata) => {
        const bytes = await write(tensors, metadata);
        const opened = await read(bytes);
        expect(opened.metadata).toEqual({ ...metadata });
        expect(opened.tensors.size).toBe(tensors.length);
        for (const { name, dtype, shape, bytes: content } of tensors) {
          expect(opened.tensors.get(name)).toMatchObject({ name, dtype, shape });
          expect(opened.tensors.get(name)!.begin % dtypeBytes(dtype)).toBe(0);
          expect(await opened.readTensor(name)).toEqual(content);
        }
        const turned = Object.fromEntries(Object.entries(metadata).reverse());
        expect(await write([...tensors].reverse(), turned)).toEqual(bytes);
        expect(safetensorsLayout(tensors, metadata)).toMatchObject({ sizeBytes: bytes.length });
      }),
    );
  });

  it("reads PyTorch's files", async () => {
    const golden = await read(await readFile("golden/llama/golden.safetensors"));
    expect(golden.tensors.get("logits")).toMatchObject({ dtype: "F32", shape: [77, 512] });
    expect((await golden.readFloat32("ids")).length).toBe(77);
    const model = await read(await readFile("public/model/model.safetensors"));
    const norm = await model.readFloat32("model.norm.weight");
    expect(norm.length).toBe(192);
    expect(norm.every((value) => value > 0 && value < 100)).toBe(true);
    await expect(model.readTensor("nope")).rejects.toThrow(
      /tensor 'nope': expected a tensor of this name, got 74 others \(model\./,
    );
  });
});

const ok = { dtype: "F32", shape: [2], data_offsets: [0, 8] };
const MALFORMED: [string, Uint8Array, RegExp][] = [
  ["too short", Uint8Array.of(1, 2, 3), /size: expected at least 8 bytes, got 3\. .*fetch it again/],
  ["no room for a header", file("", 0), /header length: expected at least 2 bytes, got 0/],
  ["a header beyond the file", file({}, 0, 99n), /header length: expected at most the 2 bytes that follow, got 99/],
  [
    "a giant header",
    file({}, 0, 1n << 63n),
    /header length: expected at most 100000000 bytes, got 9223372036854775808/,
  ],
  ["not JSON", file("{]", 0), /header: expected JSON/],
  ["not UTF-8", Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0, 0x22, 0xff), /header: expected JSON/],
  ["an array", file("[]", 0), /header: expected an object/],
  [
    "an unknown dtype",
    file({ a: { ...ok, dtype: "F8_E4M3" } }, 8),
    /tensor 'a': dtype: expected F32, F16 or BF16, got "F8_E4M3", a type of quantised weights\. Take the version/,
  ],
  ["another dtype", file({ a: { ...ok, dtype: "C64" } }, 8), /tensor 'a': dtype: expected one of .*, got "C64"/],
  [
    "a pointer of Git LFS",
    new TextEncoder().encode("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n"),
    /expected the weights, got a Git LFS pointer to them\. Fetch the file itself/,
  ],
  ["a number as a tensor", file({ a: 3 }, 8), /tensor 'a': expected an object, got 3/],
  ["a negative shape", file({ a: { ...ok, shape: [-2] } }, 8), /tensor 'a': shape: .* got \[-2\]/],
  ["a fraction", file({ a: { ...ok, shape: [0.5, 4] } }, 8), /tensor 'a': shape: .* got \[0.5,4\]/],
  ["a huge shape", file({ a: { ...ok, shape: [2 ** 52, 2 ** 52] } }, 8), /expected \S+ bytes for F32 .*, got 8/],
  ["no offsets", file({ a: { dtype: "F32", shape: [2] } }, 8), /data_offsets: expected two .* got nothing/],
  [
    "offsets the wrong way",
    file({ a: { ...ok, data_offsets: [8, 0] } }, 8),
    /data_offsets: expected begin at or before end, got \[8,0\]/,
  ],
  ["data beyond the file", file({ a: ok }, 7), /data_offsets: expected an end of at most 7, .* got 8/],
  ["shape against bytes", file({ a: { ...ok, shape: [3] } }, 8), /expected 12 bytes for F32 \[3\], got 8/],
  ["trailing bytes", file({ a: ok }, 9), /size: expected \d+ bytes, where the last tensor ends, got \d+/],
  [
    "an overlap",
    file({ a: ok, b: { ...ok, data_offsets: [4, 12] } }, 12),
    /'b': .*begin 8, where 'a' ends, got 4 \(an overlap of 4 bytes\)/,
  ],
  [
    "a gap",
    file({ a: ok, b: { ...ok, data_offsets: [12, 20] } }, 20),
    /'b': .*begin 8, where 'a' ends, got 12 \(a gap of 4 bytes\)/,
  ],
  [
    "a gap after the header",
    file({ a: { ...ok, data_offsets: [4, 12] } }, 12),
    /begin 0, where the header ends, got 4 \(a gap of 4 bytes\)/,
  ],
  [
    "a name twice",
    file(`{"a":${JSON.stringify(ok)},"\\u0061":${JSON.stringify({ ...ok, data_offsets: [8, 16] })}}`, 16),
    /header: expected each key once, got "a" twice/,
  ],
  ["a number in the metadata", file({ __metadata__: { n: 1 } }, 0), /__metadata__.n: expected a string, got 1/],
  ["metadata that is a list", file({ __metadata__: [] }, 0), /__metadata__: expected an object/],
];

describe("a malformed or inconsistent file", () => {
  it.each(MALFORMED)("%s", async (_, bytes, message) => {
    const error = await read(bytes).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(EngineError);
    const code = (error as EngineError).message.includes("quantised") ? "unsupported" : "format";
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) as string });
    expect((error as EngineError).message).toContain("m.safetensors");
  });
});

it("takes null for no metadata, as the library does", async () => {
  expect((await read(file({ __metadata__: null, a: ok }, 8))).metadata).toEqual({});
});

describe("a header with some bytes changed", () => {
  it("is refused or still tiles the file", async () => {
    await fc.assert(
      fc.asyncProperty(
        tensorsArb,
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 }),
        async (tensors, flips) => {
          const bytes = await write(tensors, { made: "here" });
          const { header } = safetensorsLayout(tensors, { made: "here" });
          for (const [at, value] of flips) bytes[at % header.length] = value;
          try {
            const opened = await read(bytes);
            const infos = [...opened.tensors.values()];
            const data = infos.reduce((sum, { begin, end }) => sum + end - begin, 0);
            expect(data).toBe(bytes.length - Math.min(bytes.length, ...infos.map(({ begin }) => begin)));
            for (const info of infos) {
              expect((await opened.readTensor(info.name)).length).toBe(
                elementCount(info.shape) * dtypeBytes(info.dtype),
              );
            }
          } catch (error) {
            expect(error).toMatchObject({
              name: "EngineError",
              code: expect.stringMatching(/^(format|unsupported)$/) as string,
            });
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe("the writer", () => {
  const spec = { name: "a", dtype: "F16", shape: [3] } as const;

  it("pads the header to 8 bytes and puts wide elements first", () => {
    const layout = safetensorsLayout([spec, { ...spec, name: "b", dtype: "F32" }, { ...spec, name: "Z" }], { k: "v" });
    expect(layout.header.length % 8).toBe(0);
    expect(layout.tensors.map(({ name }) => name)).toEqual(["b", "Z", "a"]);
    expect(new TextDecoder().decode(layout.header.subarray(8))).toMatch(/^\{"__metadata__":\{"k":"v"\},"b":.*\} *$/);
    expect(layout.sizeBytes).toBe(layout.header.length + 12 + 6 + 6);
  });

  it("reads one tensor at a time, and refuses too many and too few bytes", async () => {
    const log: string[] = [];
    const stream = (name: string, ...sizes: number[]) => ({
      ...spec,
      name,
      async *chunks() {
        for (const size of sizes) {
          log.push(name);
          yield new Uint8Array(size);
        }
      },
    });
    const bytes = await collectBytes(writeSafetensors([stream("b", 2, 4), stream("a", 6)]));
    expect(log).toEqual(["a", "b", "b"]);
    expect((await read(bytes)).tensors.size).toBe(2);
    await expect(collectBytes(writeSafetensors([stream("a", 4)]))).rejects.toThrow(
      /'a': expected 6 bytes for F16 \[3\], got 4/,
    );
    await expect(collectBytes(writeSafetensors([stream("a", 6, 1, 9)]))).rejects.toThrow(
      /expected 6 bytes .*, got at least 7/,
    );
  });

  it("refuses names and shapes that the format cannot express", () => {
    expect(() => safetensorsLayout([spec, spec])).toThrow(/expected each name once, got 'a' twice/);
    expect(() => safetensorsLayout([{ ...spec, name: "__metadata__" }])).toThrow(EngineError);
    expect(() => safetensorsLayout([{ ...spec, shape: [-1] }])).toThrow(/shape: expected/);
    expect(() => safetensorsLayout([{ ...spec, shape: [1.5, 2] }])).toThrow(/shape: expected/);
  });
});

describe("openWeights", () => {
  const tensor = (name: string, value: number): Tensor => ({
    name,
    dtype: "F32",
    shape: [1],
    bytes: new Uint8Array(Float32Array.of(value).buffer),
  });
  const index = (map: Record<string, unknown>) => JSON.stringify({ metadata: { total_size: 8 }, weight_map: map });
  const open = async (files: Record<string, Uint8Array | string>) => openWeights(memoryFolder("dir", files));
  const INDEX = "model.safetensors.index.json";

  it("opens one file, or shards with an index", async () => {
    const one = await open({ "model.safetensors": await write([tensor("a", 1), tensor("b", 2)]) });
    const two = await open({
      [INDEX]: index({ a: "1.safetensors", b: "2.safetensors" }),
      "1.safetensors": await write([tensor("a", 1)], { format: "pt" }),
      "2.safetensors": await write([tensor("b", 2)]),
    });
    expect(two.metadata).toEqual({ format: "pt" });
    for (const weights of [one, two]) {
      expect(weights.names).toEqual(["a", "b"]);
      expect(weights.sizeBytes).toBe(8);
      expect([...(await weights.readFloat32("b"))]).toEqual([2]);
      expect([...(await weights.readBytes("a"))]).toEqual([0, 0, 0x80, 0x3f]);
      expect(weights.info("a")).toMatchObject({ dtype: "F32", shape: [1] });
      expect(weights.has("c")).toBe(false);
      expect(() => weights.info("c")).toThrow(/dir: tensor 'c': expected a tensor of this name, got 2 others \(a, b\)/);
    }
  });

  it("refuses missing files and an index that contradicts the shards", async () => {
    const a = await write([tensor("a", 1)]);
    const ab = await write([tensor("a", 1), tensor("b", 2)]);
    await expect(open({ "config.json": "{}" })).rejects.toThrow(
      /dir: expected a file model\.safetensors or .*, got config\.json/,
    );
    await expect(open({ "pytorch_model.bin": a })).rejects.toThrow(/safe_serialization/);
    await expect(open({ [INDEX]: "{}" })).rejects.toThrow(/weight_map/);
    await expect(open({ [INDEX]: index({ a: 3 }) })).rejects.toThrow(/weight_map\['a'\]: expected a file name, got 3/);
    const cases: [Record<string, unknown>, Record<string, Uint8Array>, RegExp][] = [
      [{ a: "1", b: "2" }, { 1: a }, /expected the 2 shards .*, got 1 \(missing: 2\)/],
      [{ a: "1", b: "2" }, { 1: a, 2: ab }, /'a'\]: expected it in one shard, got it in two, 1 and 2/],
      [{ a: "1" }, { 1: ab }, /'b'\]: expected 1, got no shard/],
      [{ a: "1", b: "1" }, { 1: a }, /'b'\]: expected a shard that has it, got 1, which does not/],
    ];
    for (const [map, files, message] of cases)
      await expect(open({ [INDEX]: index(map), ...files })).rejects.toThrow(message);
  });
});
