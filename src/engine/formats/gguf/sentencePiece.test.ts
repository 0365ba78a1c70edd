// SentencePiece vocabularies, compared with the ids of SentencePiece itself.
import { describe, expect, it } from "vitest";
import { loadTokenizer } from "../../tokenizer/tokenizer.ts";
import { MetadataFields } from "./metadataFields.ts";
import fixture from "./fixtures/sentencepiece.json";
import { tokenizerFiles } from "./tokenizer.ts";

const { tokens, scores, types, texts } = fixture;

function tokenizerWith(more: Record<string, boolean> = {}) {
  const metadata = new Map<string, number | boolean | string | readonly (number | string)[]>([
    ["tokenizer.ggml.model", "llama"],
    ["tokenizer.ggml.tokens", tokens],
    ["tokenizer.ggml.scores", scores],
    ["tokenizer.ggml.token_type", types],
    ["tokenizer.ggml.unknown_token_id", 0],
    ["tokenizer.ggml.bos_token_id", 1],
    ["tokenizer.ggml.eos_token_id", 2],
    ...Object.entries(more),
  ]);
  const { tokenizer, config } = tokenizerFiles(new MetadataFields("m.gguf", { metadata, tensors: new Map() }));
  return loadTokenizer(tokenizer, { config });
}

describe("a SentencePiece vocabulary", () => {
  const tokenizer = tokenizerWith();

  it.each(texts.map(({ text, ids }) => [text, ids] as const))(
    "encodes %j to SentencePiece's ids and back",
    (text, ids) => {
      expect(tokenizer.encode(text)).toEqual(ids);
      expect(tokenizer.decode(ids)).toBe(text);
    },
  );

  it("begins texts with <s> unless the file disables it", () => {
    const [{ text, ids }] = texts as [(typeof texts)[0]];
    expect(tokenizer.encode(text, { addSpecialTokens: true })).toEqual([1, ...ids]);
    const other = tokenizerWith({ "tokenizer.ggml.add_bos_token": false, "tokenizer.ggml.add_eos_token": true });
    expect(other.encode(text, { addSpecialTokens: true })).toEqual([...ids, 2]);
  });

  it("prepends no space where the file disables it", () => {
    const other = tokenizerWith({ "tokenizer.ggml.add_space_prefix": false });
    expect(other.encode(" the")).toEqual(tokenizer.encode("the"));
    expect(other.decode(other.encode("the"))).toBe("the");
  });

  it("refuses a vocabulary without a score for every token", () => {
    const metadata = new Map<string, string | readonly (number | string)[]>([
      ["tokenizer.ggml.model", "llama"],
      ["tokenizer.ggml.tokens", tokens],
      ["tokenizer.ggml.scores", scores.slice(1)],
    ]);
    const fields = new MetadataFields("m.gguf", { metadata, tensors: new Map() });
    expect(() => tokenizerFiles(fields)).toThrow(/m.gguf: tokenizer.ggml.scores: expected a list of 600 numbers/);
  });
});
