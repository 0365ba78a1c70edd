// vocab.json and merges.txt without tokenizer.json give the ids and texts that transformers gives (golden/reference/make_vocab_merges.py).
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { differences, tokenFilesOf, type TokenizerCase } from "./check.fixture.ts";
import { type VocabularyFiles, tokenizerOfVocab } from "./vocabMerges.ts";

interface VocabCase extends Pick<TokenizerCase, "name" | "texts"> {
  modelType: string;
  files: Record<string, unknown>;
}
const { vocab, merges, cases } = JSON.parse(readFileSync("golden/vocabMerges.json", "utf8")) as {
  vocab: Record<string, number>;
  merges: string[];
  cases: VocabCase[];
};

const partsOf = ({ modelType, files }: Pick<VocabCase, "modelType" | "files">): VocabularyFiles => ({
  vocab,
  merges: `#version: 0.2\n${merges.join("\n")}\n`,
  ...tokenFilesOf(files),
  modelType,
  modelClass: undefined,
});

test.each(cases.map((one) => [one.name, one] as const))("%s", (_, one) => {
  const { name, texts, files } = one;
  const tokenizer = tokenizerOfVocab(partsOf(one));
  expect(differences({ name, texts, tokenizer }, tokenFilesOf(files))).toEqual([]);
});

test("lines of merges.txt may end as on Windows", () => {
  const parts = partsOf({ modelType: "opt", files: {} });
  expect(tokenizerOfVocab({ ...parts, merges: parts.merges.replaceAll("\n", "\r\n") })).toEqual(
    tokenizerOfVocab(parts),
  );
});

describe("is refused by file and field", () => {
  const parts = partsOf({ modelType: "opt", files: {} });
  test.each<[Partial<VocabularyFiles>, string]>([
    [
      { vocab: [] },
      "vocab.json: file: expected an object, got []. Use the tokenizer files that the model was published with.",
    ],
    [{ vocab: { a: "1" } }, "vocab.json: a: expected a whole number"],
    [{ merges: "#version: 0.2\na b\nabc\n" }, "merges.txt: line 3: expected two tokens with a space between them"],
    [{ config: { tokenizer_class: "LlamaTokenizer" } }, "tokenizer_class: expected one of GPT2Tokenizer"],
    [{ modelType: "llama" }, "got none. Make tokenizer.json with transformers: python -c"],
    [{ modelType: "llama", modelClass: "XLMTokenizerFast" }, "got XLMTokenizer."],
    [{ addedTokens: { "<x>": "a" } }, "added_tokens.json: <x>: expected a whole number"],
  ])("%#: %s", (change, message) => {
    expect(() => tokenizerOfVocab({ ...parts, ...change })).toThrow(message);
  });
});
