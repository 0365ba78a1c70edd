// Added tokens that the files beside tokenizer.json name, and their flags, are those of transformers (golden/reference/make_added_tokens.py).
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { differences, tokenFilesOf, type TokenizerCase } from "./check.fixture.ts";
import { withAddedTokens } from "./allAddedTokens.ts";
import { loadTokenizer } from "./tokenizer.ts";

const { tokenizer, cases } = JSON.parse(readFileSync("golden/addedTokens.json", "utf8")) as {
  tokenizer: { model: { vocab: Record<string, number> } };
  cases: (Pick<TokenizerCase, "name" | "texts"> & { added: object[]; files: Record<string, unknown> })[];
};

test.each(cases.map((one) => [one.name, one] as const))("%s", (_, { name, texts, added, files }) => {
  const own = { ...tokenizer, added_tokens: added };
  expect(differences({ name, texts, tokenizer: own }, tokenFilesOf(files))).toEqual([]);
});

test("an id that the tokenizers library would not give is refused by its file", () => {
  const next = Object.keys(tokenizer.model.vocab).length;
  const given = `expected ${next}, the id that the tokenizers library gives "<new>"`;
  expect(() => loadTokenizer(tokenizer, { addedTokens: { "<new>": 7000 } })).toThrow(
    `added_tokens.json: <new>: ${given}, got 7000`,
  );
  const config = { added_tokens_decoder: { 7000: { content: "<new>" } } };
  expect(() => loadTokenizer(tokenizer, { config })).toThrow(
    `tokenizer_config.json: added_tokens_decoder.7000: ${given}`,
  );
});

test("tokenizer.json is written with those that the embedding has rows for", () => {
  const next = Object.keys(tokenizer.model.vocab).length;
  const beside = { config: { pad_token: "<pad>", mask_token: "<beyond>" } };
  const own = tokenizer as unknown as { added_tokens: object[] };
  const { added_tokens: found } = withAddedTokens(tokenizer, beside, next + 1) as typeof own;
  const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
  expect(found).toEqual([...own.added_tokens, { id: next, content: "<pad>", ...flags }]);
  // a file that needs no change stays the same, also where its own tokens are beyond the rows
  expect(withAddedTokens(tokenizer, { config: { pad_token: "</s>" } }, 0)).toBe(tokenizer);
});
