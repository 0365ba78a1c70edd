// Tokenizers as metadata of GGUF: read back they make the same tokens; what llama.cpp would treat otherwise is refused by its field.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { JsonField } from "../../../json/jsonFields.ts";
import {
  BAILING_WORDS,
  CL100K_WORDS,
  DEEPSEEK_CODER_STEPS,
  GPT2_WORDS,
  O200K_WORDS,
  QWEN2_WORDS,
  TEKKEN_WORDS,
} from "../../../tokenizer/publishedPatterns.ts";
import { loadTokenizer } from "../../../tokenizer/tokenizer.ts";
import { MetadataFields } from "../metadataFields.ts";
import { tokenizerFiles } from "../tokenizer.ts";
import { tokenizerMetadata } from "./tokenizerMetadata.ts";

type Json = Record<string, unknown>;

const CASES = JSON.parse(readFileSync("golden/ggufTokenizers.json", "utf8")) as Record<string, Json>;
const TEXT = readFileSync("scripts/verify_text.txt", "utf8");

function sizeOf(tokenizer: Json): number {
  const { vocab } = tokenizer["model"] as { vocab: Record<string, number> };
  const added = (tokenizer["added_tokens"] ?? []) as { id: number }[];
  return Math.max(...Object.values(vocab), ...added.map(({ id }) => id)) + 1;
}

const written = (tokenizer: Json, more: { vocab?: number; config?: Json } = {}) =>
  tokenizerMetadata(
    { tokenizer: new JsonField(tokenizer, "tokenizer.json"), config: more.config ?? {} },
    { vocab: more.vocab ?? sizeOf(tokenizer), eosTokens: [] },
  );

const valueOf = (tokenizer: Json, key: string, more?: Parameters<typeof written>[1]): unknown =>
  written(tokenizer, more).entries.find((entry) => entry.key === key)?.value;

describe.each(Object.entries(CASES))("%s", (name, tokenizer) => {
  it("makes the same tokens after it is written and read", () => {
    const metadata = new Map(written(tokenizer).entries.map(({ key, value }) => [key, value]));
    const files = tokenizerFiles(new MetadataFields("m.gguf", { metadata, tensors: new Map() }));
    const [again, original] = [loadTokenizer(files.tokenizer, files), loadTokenizer(tokenizer)];
    // the reader gives qwen2 the normalizer that all published tokenizers with this split have
    const hard = name === "qwen2" ? TEXT.normalize("NFC") : TEXT;
    for (const text of [hard, " a", ""]) expect(again.encode(text)).toEqual(original.encode(text));
    expect(again.encode("a b", { addSpecialTokens: true })).toEqual(original.encode("a b", { addSpecialTokens: true }));
  });

  it("has the model and the pre-tokenizer by llama.cpp's names", () => {
    const pieces = name.startsWith("spm");
    expect(valueOf(tokenizer, "tokenizer.ggml.model")).toBe(pieces ? "llama" : "gpt2");
    expect(valueOf(tokenizer, "tokenizer.ggml.pre")).toBe(pieces ? "default" : name);
  });
});

/** The tokenizer with other fields. */
const changed = (name: string, change: Json, model: Json = {}): Json => {
  const tokenizer = CASES[name]!;
  return { ...tokenizer, ...change, model: { ...(tokenizer["model"] as Json), ...model } };
};

const splits = (...patterns: string[]): Json => ({
  type: "Sequence",
  pretokenizers: [
    ...patterns.map((Regex) => ({ type: "Split", pattern: { Regex }, behavior: "Isolated", invert: false })),
    { type: "ByteLevel", add_prefix_space: false, use_regex: false },
  ],
});

it("has a text whose tokens differ with every other pre-tokenizer", () => {
  const kinds = Object.entries(CASES).filter(([name]) => !name.startsWith("spm"));
  for (const [name, tokenizer] of kinds) {
    const own = loadTokenizer(tokenizer, {}).encode(TEXT).join();
    for (const [other, { pre_tokenizer, model }] of kinds) {
      const { ignore_merges } = model as Json;
      const found = loadTokenizer(changed(name, { pre_tokenizer }, { ignore_merges }), {}).encode(TEXT);
      expect(found.join() === own, `${name} split as ${other}`).toBe(name === other);
    }
  }
});

it.each<[string, string, Json]>([
  ["gpt-2", "gpt-2", splits(GPT2_WORDS)],
  ["the pattern of cl100k", "dbrx", splits(CL100K_WORDS)],
  ["the pattern of Ling", "qwen2", splits(BAILING_WORDS)],
  ["line breaks as characters", "qwen2", splits(QWEN2_WORDS.replaceAll("\\r", "\r").replaceAll("\\n", "\n"))],
])("knows %s as the split of %s", (_, name, pre_tokenizer) => {
  const tokenizer = changed(name, { pre_tokenizer });
  expect(valueOf(tokenizer, "tokenizer.ggml.pre")).toBe(name);
  expect(loadTokenizer(tokenizer, {}).encode(TEXT)).toEqual(loadTokenizer(CASES[name]!, {}).encode(TEXT));
});

const digits = { type: "Digits", individual_digits: true };
const inSteps = (one: Json, ...more: Json[]): Json => {
  const steps = one["pretokenizers"] as Json[];
  return { ...one, pretokenizers: [...steps.slice(0, -1), ...more, steps.at(-1)] };
};
it.each<[string, Json, RegExp]>([
  ["tekken", splits(TEKKEN_WORDS), /combining marks/],
  ["gpt-4o", splits(O200K_WORDS), /only A to Z as capitals/],
  ["deepseek-coder", inSteps(splits(...DEEPSEEK_CODER_STEPS), digits), /Unicode spaces such as U\+3000/],
  [
    "deepseek-llm",
    inSteps(splits("[\r\n]", "\\s?[A-Za-zµÀ-ÖØ-öø-ƺ]+", "\\s?[!-/:-~]+", "\\s+$", "[一-龥ࠀ-一가-퟿]+"), digits),
    /does not split digits/,
  ],
  [
    "falcon",
    {
      type: "Sequence",
      pretokenizers: [
        { type: "Punctuation", behavior: "Contiguous" },
        { type: "ByteLevel", add_prefix_space: false, trim_offsets: true },
        { type: "Digits", individual_digits: false },
        { type: "Split", pattern: { Regex: "[0-9][0-9][0-9]" }, behavior: "Isolated", invert: false },
      ],
    },
    /digits in texts/,
  ],
])("refuses %s by name, which llama.cpp splits otherwise", (name, pre_tokenizer, reason) => {
  const tokenizer = changed("dbrx", { pre_tokenizer });
  expect(() => written(tokenizer)).toThrow(`this is ${name}, and `);
  expect(() => written(tokenizer)).toThrow(reason);
});

it("refuses a space before every text", () => {
  const pre_tokenizer = { type: "ByteLevel", add_prefix_space: true };
  expect(() => written(changed("gpt-2", { pre_tokenizer }))).toThrow(/llama\.cpp puts no space before texts/);
});

it("refuses a split that llama.cpp has only with the other way to treat merges", () => {
  expect(() => written(changed("qwen2", {}, { ignore_merges: true }))).toThrow(/llama\.cpp's qwen2 always merges/);
});

it("fills up the rows of the embedding with unused tokens, and keeps the types of added ones", () => {
  const size = sizeOf(CASES["gpt-2"]!);
  const tokens = valueOf(CASES["gpt-2"]!, "tokenizer.ggml.tokens", { vocab: size + 2 }) as string[];
  const types = valueOf(CASES["gpt-2"]!, "tokenizer.ggml.token_type", { vocab: size + 2 }) as number[];
  expect(tokens.slice(size)).toEqual([`[PAD${size}]`, `[PAD${size + 1}]`]);
  expect([types[0], types[1], types[2], ...types.slice(size)]).toEqual([3, 3, 1, 5, 5]);
});

it("writes special tokens of tokenizer_config.json", () => {
  const config = { eos_token: { content: "</s>" } };
  expect(valueOf(CASES["gpt-2"]!, "tokenizer.ggml.eos_token_id", { config })).toBe(1);
  expect(valueOf(CASES["gpt-2"]!, "tokenizer.ggml.bos_token_id", { config })).toBe(0);
  expect(valueOf(CASES["gpt-2"]!, "tokenizer.ggml.add_bos_token", { config })).toBe(true);
  expect(valueOf(CASES["gpt-2"]!, "tokenizer.ggml.add_eos_token", { config })).toBe(false);
});

it("notes where llama.cpp does not normalise", () => {
  expect(written(CASES["qwen2"]!).notes).toEqual([]);
  expect(written(changed("qwen2", { normalizer: { type: "NFC" } })).notes.join()).toMatch(
    /does not normalise texts to NFC/,
  );
  const metaspace = { type: "Metaspace", replacement: "\u2581", prepend_scheme: "first", split: false };
  const later = changed("spm", { normalizer: null, pre_tokenizer: metaspace });
  expect(written(later).notes.join()).toMatch(/puts a space before every text/);
});

const split = { type: "Split", pattern: { Regex: "\\p{L}+|\\P{L}" }, behavior: "Isolated", invert: false };
it.each<[string, Json, RegExp]>([
  [
    "an unknown pattern",
    changed("gpt-2", { pre_tokenizer: split }),
    /pre_tokenizer: expected a split of llama\.cpp.*\\\\p\{L\}/,
  ],
  ["another normalizer", changed("gpt-2", { normalizer: { type: "Lowercase" } }), /normalizer: expected none or NFC/],
  ["Unigram", changed("gpt-2", {}, { type: "Unigram" }), /model\.type: expected BPE/],
  [
    "a prefix of subwords",
    changed("gpt-2", {}, { continuing_subword_prefix: "##" }),
    /continuing_subword_prefix: expected none/,
  ],
  [
    "a token that strips",
    changed("gpt-2", { added_tokens: [{ id: 0, content: "<s>", special: true, lstrip: true }] }),
    /lstrip: expected false/,
  ],
  [
    "two tokens before a text",
    changed("gpt-2", {
      post_processor: {
        type: "TemplateProcessing",
        single: [{ SpecialToken: { id: "<s>" } }, { SpecialToken: { id: "</s>" } }, { Sequence: { id: "A" } }],
      },
    }),
    /at most one token before/,
  ],
  [
    "another post-processor",
    changed("gpt-2", { post_processor: { type: "BertProcessing" } }),
    /post_processor\.type: expected TemplateProcessing/,
  ],
  [
    "merges that scores cannot express",
    changed("spm", {}, { merges: [["e", "r"]] }),
    /merges: expected every pair of pieces/,
  ],
  [
    "a piece whose merges are apart",
    changed("spm", {}, { merges: interleaved() }),
    /merges: expected all merges into one piece next to each other/,
  ],
  [
    "a space of another kind",
    changed("spm", { normalizer: { type: "NFKC" } }),
    /normalizer: expected .* in place of spaces/,
  ],
])("refuses %s", (_, tokenizer, reason) => {
  expect(() => written(tokenizer)).toThrow(reason);
  expect(() => written(tokenizer)).toThrow(/llama\.cpp would make other tokens of the same text/);
});

/** The merges with the first ones moved to the end. */
function interleaved(): unknown[] {
  const { merges } = CASES["spm"]!["model"] as { merges: string[][] };
  const piece = merges.find((pair, i) => merges.slice(0, i).some((one) => one.join("") === pair.join("")))!;
  return [...merges.filter((pair) => pair !== piece), piece];
}

it("refuses a vocabulary beyond the embedding", () => {
  expect(() => written(CASES["gpt-2"]!, { vocab: 100 })).toThrow(/ids below 100, the rows of the embedding/);
});
