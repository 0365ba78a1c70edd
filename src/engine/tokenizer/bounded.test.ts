// Texts that need an id beyond the embedding are refused with the token; all others encode as before.
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { boundedTokenizer } from "./bounded.ts";
import { loadTokenizer } from "./tokenizer.ts";

const json = JSON.parse(readFileSync("golden/llama/tokenizer.json", "utf8")) as { added_tokens: object[] };
const pad = { content: "[PAD]", single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
const larger = loadTokenizer({ ...json, added_tokens: [...json.added_tokens, { ...pad, id: 512 }] });

it("refuses only a text that uses a token without a row", () => {
  expect(larger.vocabSize).toBe(513);
  const bounded = boundedTokenizer(larger, 512);
  expect(bounded.encode("the Senate")).toEqual(larger.encode("the Senate"));
  expect(() => bounded.encode("the [PAD] Senate")).toThrow(
    'text: expected tokens with ids below 512, the rows of the embedding, got "[PAD]" (id 512). Remove it from the text.',
  );
  expect(boundedTokenizer(larger, 513)).toBe(larger);
});
