// Sources and folders: ranges, copies, missing files, damaged text.
import { describe, expect, it } from "vitest";
import { EngineError } from "../../errors.ts";
import { blobSource, folderOf, readJson, readText } from "./folder.ts";
import { collectBytes, memoryFolder, memorySource } from "./memoryFolder.ts";

const bytes = Uint8Array.of(1, 2, 3, 4, 5);

describe.each([
  ["memory", memorySource("a.bin", bytes)],
  ["blob", blobSource("a.bin", new Blob([bytes]))],
])("a %s source", (_, source) => {
  it("reads slices and refuses to read past the end", async () => {
    expect(source.size).toBe(5);
    expect([...(await source.read(1, 3))]).toEqual([2, 3, 4]);
    expect((await source.read(5, 0)).length).toBe(0);
    await expect(source.read(3, 3)).rejects.toThrow(/a\.bin: size: expected at least 6 bytes, got 5/);
    await expect(source.read(-1, 1)).rejects.toThrow(EngineError);
  });

  it("gives copies", async () => {
    (await source.read(0, 5)).fill(0);
    expect([...(await source.read(0, 2))]).toEqual([1, 2]);
  });
});

describe("a folder", () => {
  const folder = memoryFolder("m", { "config.json": `{"a":"é"}`, "bad.json": "{", "w.bin": Uint8Array.of(0xff) });

  it("lists and opens; a missing file is refused with the files that exist", async () => {
    expect(folder.list()).toEqual(["config.json", "bad.json", "w.bin"]);
    expect(await readJson(await folder.open("config.json"))).toEqual({ a: "é" });
    await expect(folder.open("x")).rejects.toThrow("m: expected a file x, got bad.json, config.json, w.bin");
    await expect(memoryFolder("e", {}).open("x")).rejects.toThrow("got no files");
  });

  it("refuses what is not text, not JSON, or there twice", async () => {
    await expect(readText(await folder.open("w.bin"))).rejects.toMatchObject({ code: "format" });
    await expect(readJson(await folder.open("bad.json"))).rejects.toThrow(
      /bad\.json: expected JSON, got text that does not parse/,
    );
    const json = async (text: string) => readJson(memorySource("a.json", new TextEncoder().encode(text)));
    await expect(json('{"a": 1,}')).rejects.toThrow(/does not parse.*Correct this place/);
    await expect(json('{"a": [1, ')).rejects.toThrow(/cut short or damaged: fetch it again/);
    await expect(json("")).rejects.toThrow(/cut short or damaged: fetch it again/);
    await expect(json("<!DOCTYPE html><p>")).rejects.toThrow(/got a web page\. Download the file itself/);
    await expect(json("version https://git-lfs.github.com/spec/v1\n")).rejects.toThrow(/got a Git LFS pointer\. Fetch/);
    const twins = [memorySource("a", bytes), memorySource("a", bytes)];
    expect(() => folderOf("m", twins)).toThrow(/m: expected each file name once, got a twice/);
  });

  it("collects streams", async () => {
    const stream = async function* () {
      yield bytes;
      yield bytes.subarray(3);
    };
    expect([...(await collectBytes(stream()))]).toEqual([1, 2, 3, 4, 5, 4, 5]);
  });
});
