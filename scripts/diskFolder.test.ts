// Folders on disk in the form that the engine's loaders read.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { diskFolder } from "./diskFolder.ts";

describe("diskFolder", () => {
  const folder = diskFolder("golden/llama");

  it("lists files and reads slices of them", async () => {
    expect(folder.name).toBe("llama");
    expect(folder.list()).toContain("config.json");
    const source = await folder.open("config.json");
    const text = readFileSync("golden/llama/config.json");
    expect(source.size).toBe(text.length);
    expect(Buffer.from(await source.read(3, 5)).equals(text.subarray(3, 8))).toBe(true);
    await expect(source.read(text.length - 2, 5)).rejects.toThrow(/expected 5 bytes from \d+, got 2/);
  });
});
