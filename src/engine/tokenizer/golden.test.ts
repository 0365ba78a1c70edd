// A tokenizer of each kind gives the ids and texts that Python's tokenizers library gives; the Python part of the tests has all of them.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { differences, type TokenizerCase } from "./check.fixture.ts";
import { loadTokenizer } from "./tokenizer.ts";

const cases = JSON.parse(readFileSync("golden/tokenizers.json", "utf8")) as TokenizerCase[];

test.each(cases.map((one) => [one.name, one] as const))("%s", (_, one) => {
  expect(differences(one)).toEqual([]);
});

describe("a tokenizer is refused by file and field", () => {
  const [first] = cases;
  const json = first?.tokenizer as { model: Record<string, unknown>; added_tokens: Record<string, unknown>[] };
  const model = (change: Record<string, unknown>): object => ({ ...json, model: { ...json.model, ...change } });
  const added = (change: Record<string, unknown>): object => ({
    ...json,
    added_tokens: [{ ...json.added_tokens[0], ...change }],
  });
  test.each([
    [model({ type: "Magic" }), 'model.type: expected one of BPE, Unigram, WordPiece, WordLevel, got "Magic"'],
    [model({ vocab: {} }), "model.vocab: expected one token at least, got {}"],
    [model({ vocab: ["a"] }), 'model.vocab: expected an object, got ["a"]'],
    [model({ vocab: { a: -1 } }), "model.vocab.a: expected a whole number from 0"],
    [model({ vocab: { a: 1.5 } }), "model.vocab.a: expected a whole number"],
    [model({ vocab: { a: "1" } }), 'model.vocab.a: expected a whole number from 0 to 2147483648, got "1"'],
    [model({ vocab: { a: null } }), "model.vocab.a: expected a whole number"],
    [model({ vocab: { a: 1, b: 1 } }), 'model.vocab.b: expected an id of its own ("a" has 1), got 1'],
    [model({ merges: ["a"] }), "model.merges[0]: expected two tokens with a space between them"],
    [model({ merges: [["", ""]] }), "model.merges[0]: expected two tokens"],
    [model({ merges: ["zzz qqq"] }), "model.merges[0]: expected two tokens of the vocabulary that make a third"],
    [model({ unk_token: "nowhere" }), 'model.unk_token: expected a token of the vocabulary, got "nowhere"'],
    [model({ dropout: 0.1 }), "model.dropout: expected null, got 0.1"],
    [added({ id: 99_999 }), "added_tokens[0].id: expected 0, the id that the tokenizers library gives"],
    [{ ...json, normalizer: { type: "Magic" } }, "normalizer.type: expected one of Sequence, NFC"],
    [{ ...json, pre_tokenizer: { type: "UnicodeScripts" } }, "pre_tokenizer.type: expected one of"],
    [{ ...json, decoder: { type: "CTC" } }, "decoder.type: expected one of"],
    [{ ...json, post_processor: { type: "Magic" } }, "post_processor.type: expected one of"],
  ])("%#: %s", (bad, message) => {
    expect(() => loadTokenizer(bad)).toThrow(`tokenizer.json: ${message}`);
  });
});
