// The tokenizer against ids from Python, the fast path against the library, and streams against the full text.
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Tokenizer as Library } from "@huggingface/tokenizers";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeTexts } from "../../../scripts/data/texts.ts";
import { memorySource } from "../formats/files/memoryFolder.ts";
import { readSafetensors } from "../formats/safetensors/safetensors.ts";
import { loadTokenizer } from "./tokenizer.ts";

const load = async (file: string): Promise<object> => JSON.parse(await readFile(file, "utf8")) as object;
const tokenizerJson = await load("public/model/tokenizer.json");
const configJson = await load("public/model/tokenizer_config.json");
const tokenizer = loadTokenizer(tokenizerJson, { config: configJson });
const library = new Library(tokenizerJson, configJson);

describe("encode and decode", () => {
  it("adds special tokens only when asked, and knows them in the text", () => {
    expect(tokenizer.vocabSize).toBe(2048);
    expect(tokenizer.encode("")).toEqual([]);
    const ids = tokenizer.encode("Gentlemen of the Senate");
    expect(ids.length).toBeGreaterThan(2);
    expect(tokenizer.encode("Gentlemen of the Senate", { addSpecialTokens: true })).toEqual([0, ...ids]);
    expect(tokenizer.encode("<s>a</s>")).toEqual([0, ...tokenizer.encode("a"), 1]);
    expect(tokenizer.decode([0, ...ids, 1])).toBe("<s>Gentlemen of the Senate</s>");
    expect(tokenizer.decode([0, ...ids, 1], { skipSpecialTokens: true })).toBe("Gentlemen of the Senate");
    expect(tokenizer.decode(Uint32Array.of(99_999))).toBe("");
  });

  it("decodes to the same text, and has the library's ids", () => {
    const text = fc.oneof(fc.string({ unit: "grapheme" }), fc.string(), fc.lorem({ mode: "sentences" }));
    fc.assert(
      fc.property(fc.array(text), (parts) => {
        const joined = parts.join(" \n\n do n't .");
        expect(tokenizer.decode(tokenizer.encode(joined))).toBe(joined);
        expect(tokenizer.encode(joined)).toEqual(library.encode(joined, { add_special_tokens: false }).ids);
      }),
    );
  });

  // Ways of splitting words: single digits, the words of Llama 3 and Qwen, and composed letters.
  const digits = { type: "Digits", individual_digits: true };
  const pattern =
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
  const split = { type: "Split", pattern: { Regex: pattern }, behavior: "Isolated", invert: false };
  it.each<[string, object[], object | null]>([
    ["SmolLM's", [digits, { type: "ByteLevel", add_prefix_space: false, use_regex: true }], null],
    ["Llama 3's", [split, { type: "ByteLevel", add_prefix_space: false, use_regex: false }], null],
    ["Qwen's", [split, { type: "ByteLevel", add_prefix_space: false, use_regex: false }], { type: "NFC" }],
  ])("splits words %s way like the library", (_, pretokenizers, normalizer) => {
    const json = { ...tokenizerJson, normalizer, pre_tokenizer: { type: "Sequence", pretokenizers } };
    const own = loadTokenizer(json);
    const other = new Library(json, configJson);
    const text = fc.oneof(
      fc.string({ unit: "grapheme" }),
      fc.constantFrom("It's", " 1863,", "  \n\t x", "\r\n", "e\u0301a", "WE'LL", "12345", "   "),
      fc.lorem({ mode: "sentences" }),
    );
    fc.assert(
      fc.property(fc.array(text), (parts) => {
        const joined = parts.join("");
        expect(own.encode(joined)).toEqual(other.encode(joined, { add_special_tokens: false }).ids);
      }),
      { numRuns: 300 },
    );
  });

  it.each(["llama", "llama3"])("has the ids of the golden %s", async (name) => {
    const golden = await readSafetensors(memorySource("g", await readFile(`golden/${name}/golden.safetensors`)));
    const ids = Array.from(await golden.readFloat32("eval.ids"));
    const own = loadTokenizer(await load(`golden/${name}/tokenizer.json`));
    expect(own.vocabSize).toBe(512);
    expect(own.decode(ids)).toMatch(/^Gentlemen of the Senate and Gentlemen of the House of Representatives:/);
    expect(own.encode(own.decode(ids))).toEqual(ids);
  });

  it("refuses what is not a tokenizer", () => {
    expect(() => loadTokenizer({})).toThrow(/tokenizer\.json: model: expected an object, got nothing/);
    expect(() => loadTokenizer({ ...tokenizerJson, pre_tokenizer: { type: "Magic" } })).toThrow(
      /tokenizer\.json: pre_tokenizer\.type: expected one of .*ByteLevel.*, got "Magic"/,
    );
    expect(() => loadTokenizer([])).toThrow(/tokenizer\.json: file: expected an object, got \[\]/);
    expect(() => loadTokenizer(tokenizerJson, { config: "x" })).toThrow(
      /tokenizer_config\.json: file: expected an object, got "x"/,
    );
  });
});

describe("long texts", () => {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "tokens-"));
    await writeTexts(folder);
  });
  afterAll(() => rm(folder, { recursive: true }));

  // Counts and sums of the ids as int32, from the Python package tokenizers 0.23.3.
  it.each([
    ["sotu-held", 290_036, "98ebf3c1c3874fcd41b8477c4a5ddd3e49fcc87a4c76ffe3b316fe754af670d4"],
    ["moby-held", 46_270, "6883fad71eb0e192b0ed49b62b84fa71e4f79c7653d1645a19d5b953bb4bd42a"],
    ["moby-train", 370_748, "b78b341e949e9c3e70cdb2071406eacb2e05fb326dbdc993b4231b455b783e17"],
  ])("encodes %s to Python's ids", async (name, count, sum) => {
    const ids = tokenizer.encode(await readFile(path.join(folder, `${name}.txt`), "utf8"));
    expect(ids.length).toBe(count);
    expect(createHash("sha256").update(Int32Array.from(ids)).digest("hex")).toBe(sum);
  });
});

describe("stream", () => {
  const streamed = (ids: readonly number[]) => {
    const stream = tokenizer.stream();
    const parts = ids.map((id) => stream.push(id));
    return { parts, text: parts.join("") + stream.end() };
  };

  it("holds back incomplete characters", () => {
    const ids = tokenizer.encode("a \u{1f40b} é\u{10ffff}€!");
    const { parts, text } = streamed(ids);
    expect(text).toBe("a \u{1f40b} é\u{10ffff}€!");
    expect(parts.join("")).toBe(text);
    expect(parts.filter((part) => part.includes("\ufffd"))).toEqual([]);
    expect(parts.filter((part) => /\p{Cs}/u.test(part))).toEqual([]); // no half of a surrogate pair
  });

  it("joined is the text of all ids, whatever they are", () => {
    const id = fc.oneof(fc.integer({ min: 0, max: 2047 }), fc.integer({ min: 2, max: 257 }));
    fc.assert(
      fc.property(fc.array(id), (ids) => {
        expect(streamed(ids).text).toBe(tokenizer.decode(ids));
      }),
      { numRuns: 500 },
    );
  });

  it("gives up on bytes that never become a character", () => {
    const half = tokenizer.encode("€").slice(0, 1);
    const many = streamed(Array.from({ length: 10 }, () => half).flat());
    expect(many.text).toBe("\ufffd".repeat(10));
    expect(many.parts.join("")).toBe("\ufffd".repeat(7));
  });

  it("keeps the spaces of tokenizers that drop the first one, and joins fallback bytes", () => {
    const own = loadTokenizer({
      ...tokenizerJson,
      added_tokens: [],
      pre_tokenizer: { type: "Metaspace", replacement: "▁", prepend_scheme: "first" },
      post_processor: null,
      decoder: {
        type: "Sequence",
        decoders: [
          { type: "Replace", pattern: { String: "▁" }, content: " " },
          { type: "ByteFallback" },
          { type: "Fuse" },
          { type: "Strip", content: " ", start: 1, stop: 0 },
        ],
      },
      model: {
        type: "BPE",
        byte_fallback: true,
        unk_token: "▁",
        vocab: { "▁": 0, "▁a": 1, "<0xE2>": 2, "<0x82>": 3, "<0xAC>": 4, b: 5 },
        merges: [],
      },
    });
    const stream = own.stream();
    expect([1, 1, 2, 3, 4, 5, 0, 5].map((id) => stream.push(id))).toEqual(["a", " a", "", "", "€", "b", " ", "b"]);
    expect(stream.end()).toBe("");
  });
});
