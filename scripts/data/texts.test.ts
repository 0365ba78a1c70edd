// The texts are written byte for byte (writeTexts checks their SHA-256), once, and again where they are damaged.
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { clean, TEXTS, writeTexts } from "./texts.ts";

describe("clean", () => {
  it.each([
    ["joins hard-wrapped lines", "a\nb\r\nc\rd", "a b c d"],
    ["keeps paragraphs one blank line apart", "a\n\n\n\nb\n \nc", "a\n\nb   c"],
    ["squeezes blanks", "a \t\u00a0 b", "a b"],
    ["strips what Python strips, and no more", "\u2028\x1c a\ufeff \n\n", "a\ufeff"],
  ])("%s", (_, text, cleaned) => {
    expect(clean(text)).toBe(cleaned);
  });
});

describe("writeTexts", () => {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "texts-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it("writes all four, then none, then the one that was damaged", async () => {
    const all = TEXTS.map(([name]) => name);
    expect(await writeTexts(folder)).toEqual(all);
    expect((await stat(path.join(folder, "sotu-held.txt"))).size).toBe(1_070_613);
    expect(await writeTexts(folder)).toEqual([]);
    const moby = path.join(folder, "moby-held.txt");
    await writeFile(moby, (await readFile(moby, "utf8")).slice(1));
    expect(await writeTexts(folder)).toEqual(["moby-held"]);
  });
});
