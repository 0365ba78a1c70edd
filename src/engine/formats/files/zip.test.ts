// The zip: read back by an independent reader, equal bytes on every run, refused names, and wrong sizes.
import { inflateRawSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { bytesFile, textFile, type OutputFile } from "./outputFile.ts";
import { checkNames, safeName, zipSizeBytes, zipStream } from "./zip.ts";

const weights = Uint8Array.from({ length: 100_000 }, (_, i) => (i * 31) & 255);
const files: OutputFile[] = [
  textFile("model/config.json", '{"a":1}\n'),
  bytesFile("model/model.safetensors", weights),
  bytesFile("empty.txt", new Uint8Array()),
];

async function bytesOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Entries from the central directory, as any unzip finds them. */
function unzip(zip: Buffer): Map<string, Buffer> {
  const entries = new Map<string, Buffer>();
  const end = zip.lastIndexOf(Buffer.from("PK\u0005\u0006"));
  let at = zip.readUInt32LE(end + 16);
  for (let i = 0; i < zip.readUInt16LE(end + 10); i++) {
    const nameLength = zip.readUInt16LE(at + 28);
    const name = zip.toString("utf8", at + 46, at + 46 + nameLength);
    const local = zip.readUInt32LE(at + 42);
    const begin = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
    const data = zip.subarray(begin, begin + zip.readUInt32LE(at + 20));
    entries.set(name, zip.readUInt16LE(at + 10) === 8 ? inflateRawSync(data) : data);
    at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  return entries;
}

describe("a zip", () => {
  it("contains the files and has the predicted size", async () => {
    const zip = await bytesOf(zipStream(files));
    expect(zip.length).toBe(zipSizeBytes(files));
    const entries = unzip(zip);
    expect([...entries.keys()]).toEqual(files.map((file) => file.name));
    expect(entries.get("model/config.json")?.toString()).toBe('{"a":1}\n');
    expect(entries.get("model/model.safetensors")?.equals(weights)).toBe(true);
  });

  it("has equal bytes on every run", async () => {
    const first = await bytesOf(zipStream(files));
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect((await bytesOf(zipStream(files))).equals(first)).toBe(true);
    // 1 January 1980, 00:00, whatever the time zone.
    expect(first.readUInt32LE(10)).toBe(0x00210000);
  });

  it("fails if a file is not as long as its sizeBytes", async () => {
    const short: OutputFile = { ...textFile("a.txt", "four"), sizeBytes: 5 };
    await expect(bytesOf(zipStream([short]))).rejects.toThrow(/a\.txt: expected 5 bytes, got 4/);
  });

  it("stops asking for bytes when it is cancelled", async () => {
    let asked = 0;
    const endless: OutputFile = {
      name: "a.bin",
      sizeBytes: 1e9,
      async *stream() {
        for (; asked < 1000; asked++) yield new Uint8Array(1e6);
      },
    };
    const reader = zipStream([endless]).getReader();
    await reader.read();
    await reader.cancel().catch(() => undefined);
    const soon = asked;
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(asked).toBe(soon);
    expect(asked).toBeLessThan(10);
  });
});

describe("names", () => {
  it.each([
    "../evil",
    "/etc/passwd",
    "a//b",
    "a/./b",
    "a\\b",
    "c:x",
    "",
    "nul",
    "COM1.txt",
    "dot.",
    "space ",
    "new\nline",
    "x".repeat(121),
  ])("refuses %j", (name) => {
    expect(() => checkNames([name])).toThrow(/expected a safe file name/);
    expect(() => zipStream([textFile(name, "x")])).toThrow(/expected a safe file name/);
  });

  it("refuses two names that differ only in case", () => {
    expect(() => checkNames(["a/Model.json", "a/model.json"])).toThrow(/two files have this name/);
  });

  it.each([
    ["meta-llama/Llama 3 (8B)", "meta-llama-Llama-3-8B"],
    ["../../..", "model"],
    ["nul", "model-nul"],
    ["été.bin", "e-te-.bin"],
    ["名前 🌳", "model"],
    ["..\\..\\CON", "model-CON"],
    ["a\u0000b\u202Ec", "a-b-c"],
    ["x".repeat(500), "x".repeat(120)],
  ])("makes a safe name of %j", (wish, name) => {
    expect(safeName(wish)).toBe(name);
    expect(() => checkNames([safeName(wish)])).not.toThrow();
  });
});
