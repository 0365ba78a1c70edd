// Output files: copies by slices, text and JSON, and reading them back as a folder.
import { expect, it } from "vitest";
import { readText } from "./folder.ts";
import { memorySource } from "./memoryFolder.ts";
import { checkedStream, collect, copiedFile, jsonFile, outputFolder, textFile } from "./outputFile.ts";

it("copies a file slice by slice", async () => {
  const bytes = Uint8Array.from({ length: 9_000_001 }, (_, i) => i % 251);
  const file = copiedFile(memorySource("a.bin", bytes), "b.bin");
  expect([file.name, file.sizeBytes]).toEqual(["b.bin", bytes.length]);
  let chunks = 0;
  for await (const chunk of checkedStream(file)) chunks += chunk.length > 0 ? 1 : 0;
  expect(chunks).toBe(3);
  expect(Buffer.from(await collect(file)).equals(bytes)).toBe(true);
});

it("writes text in UTF-8 and JSON with a newline at the end", async () => {
  const folder = outputFolder("out", [textFile("a.txt", "été"), jsonFile("b.json", { b: 1, a: [] })]);
  expect(folder.list()).toEqual(["a.txt", "b.json"]);
  expect(await readText(await folder.open("a.txt"))).toBe("été");
  expect(await readText(await folder.open("b.json"))).toBe('{\n  "b": 1,\n  "a": []\n}\n');
  await expect(folder.open("c.txt")).rejects.toThrow(/out: expected a file c\.txt, got a\.txt, b\.json/);
});

it("produces a file once, however often it is opened", async () => {
  let made = 0;
  const file = {
    name: "a.txt",
    sizeBytes: 1,
    async *stream() {
      made++;
      yield Uint8Array.of(made);
    },
  };
  const folder = outputFolder("out", [file]);
  await Promise.all([folder.open("a.txt"), folder.open("a.txt")]);
  expect(made).toBe(1);
});

it("refuses a stream that is longer than promised", async () => {
  await expect(collect({ ...textFile("a.txt", "four"), sizeBytes: 3 })).rejects.toThrow(/expected 3 bytes, got 4/);
});
