// A folder's tokenizer: golden/opt with tokenizer.json, with vocab.json and merges.txt made of it, and with neither.
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { memoryFolder } from "../formats/files/memoryFolder.ts";
import { readTokenizer } from "./readTokenizer.ts";

const json = readFileSync("golden/opt/tokenizer.json", "utf8");
const config = JSON.parse(readFileSync("golden/opt/config.json", "utf8")) as object;
const parsed = JSON.parse(json) as {
  model: { vocab: Record<string, number>; merges: (string | string[])[] };
  added_tokens: { content: string; id: number }[];
};
const vocab = {
  ...parsed.model.vocab,
  ...Object.fromEntries(parsed.added_tokens.map(({ content, id }) => [content, id])),
};
const merges = parsed.model.merges.map((merge) => (typeof merge === "string" ? merge : merge.join(" ")));
const named = { tokenizer_class: "GPT2Tokenizer", bos_token: "<s>", eos_token: "</s>", unk_token: "</s>" };
const VOCABULARY = {
  "vocab.json": JSON.stringify(vocab),
  "merges.txt": `#version: 0.2\n${merges.join("\n")}\n`,
  "tokenizer_config.json": JSON.stringify(named),
};
const TEXT = "<s>Gentlemen of the Senate: it's 1863, and\n\nthe \u{1f40b} é  is  free.</s>";

it("reads vocab.json and merges.txt as the tokenizer.json that they stand for", async () => {
  const expected = await readTokenizer(memoryFolder("m", { "tokenizer.json": json }), config);
  const found = await readTokenizer(memoryFolder("m", VOCABULARY), config);
  expect(found.encode(TEXT)).toEqual(expected.encode(TEXT));
  expect(found.decode(found.encode(TEXT))).toBe(TEXT);
  expect(found.vocabSize).toBe(expected.vocabSize);
});

it("prefers tokenizer.json", async () => {
  const folder = memoryFolder("m", { ...VOCABULARY, "tokenizer.json": json, "vocab.json": "{}" });
  expect((await readTokenizer(folder, config)).encode("a")).toHaveLength(1);
});

it("refuses a folder without either, with how to make it", async () => {
  await expect(readTokenizer(memoryFolder("m", { "tokenizer.model": "x" }), config)).rejects.toThrow(
    "m: expected tokenizer.json, or vocab.json and merges.txt, got tokenizer.model. Make tokenizer.json with transformers: python -c",
  );
  await expect(readTokenizer(memoryFolder("m", { "vocab.json": "{}" }), config)).rejects.toThrow(
    /got vocab\.json\. Make/,
  );
  await expect(readTokenizer(memoryFolder("m", {}), config)).rejects.toThrow(
    /got none of them\. Add it from the model's repository\./,
  );
});
