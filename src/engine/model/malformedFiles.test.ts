// A corpus of malformed files that once were accepted, hung, or ended in a raw exception: each is refused by file and field, soon and in little memory.
import { readFile } from "node:fs/promises";
import { beforeAll, describe, expect, test } from "vitest";
import { EngineError } from "../errors.ts";
import type { ByteSource } from "../formats/files/folder.ts";
import { memoryFolder } from "../formats/files/memoryFolder.ts";
import { entry, ggufFile, list, number32 } from "../formats/gguf/files.fixture.ts";
import { ggufFolder } from "../formats/gguf/ggufFolder.ts";
import { readReceipt } from "../formats/receipt/readReceipt.ts";
import { readRuns } from "../formats/runs/readRun.ts";
import { readModelFiles } from "./open.ts";

/** Limits of a refusal. */
const MOST_MS = 5000;
const MOST_BYTES = 300e6;

type Files = Record<string, string | Uint8Array>;
const model: Files = {};
const NAMES = ["config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors"];

beforeAll(async () => {
  for (const name of NAMES) {
    const bytes = await readFile(`golden/llama/${name}`);
    model[name] = name.endsWith(".json") ? bytes.toString("utf8") : Uint8Array.from(bytes);
  }
});

const textOf = (name: string): string => String(model[name]);
type Json = Record<string, unknown>;
const jsonOf = (name: string): Json => JSON.parse(textOf(name)) as Json;

/** Runs what should refuse, within the limits, and returns the error. */
async function refusal(work: () => unknown): Promise<EngineError> {
  const [begun, before] = [performance.now(), process.memoryUsage().rss];
  try {
    await work();
  } catch (error) {
    expect(error).toBeInstanceOf(EngineError);
    const refused = error as EngineError;
    expect(refused.code).not.toBe("bug");
    expect(refused.message.length).toBeLessThan(4100);
    expect(performance.now() - begun).toBeLessThan(MOST_MS);
    expect(process.memoryUsage().rss - before).toBeLessThan(MOST_BYTES);
    return refused;
  }
  throw new Error("expected a refusal");
}

const open = (change: Files): Promise<unknown> => readModelFiles(memoryFolder("m", { ...model, ...change }));
const deep = (levels: number): string => "[".repeat(levels) + "]".repeat(levels);
/** A JSON text with one more member at its start. */
const withMember = (text: string, member: string): string => text.replace("{", () => `{${member},`);

const config = (change: Json): Files => ({ "config.json": JSON.stringify({ ...jsonOf("config.json"), ...change }) });
const configText = (member: string): Files => ({ "config.json": withMember(textOf("config.json"), member) });

describe("config.json", () => {
  test.each<[string, () => Files, string]>([
    ...[1e3, 1e6, 1e7, 2e8, 1e9].map((layers): [string, () => Files, string] => [
      `${layers} blocks`,
      () => config({ num_hidden_layers: layers }),
      `num_hidden_layers: expected at most 3, the blocks of model.safetensors (29 tensors), got ${layers}. Use config.json`,
    ]),
    [
      "2^32 blocks",
      () => config({ num_hidden_layers: 2 ** 32 }),
      "num_hidden_layers: expected at most 2147483647, got 4294967296",
    ],
    ["2^53 blocks", () => config({ num_hidden_layers: 2 ** 53 }), "num_hidden_layers: expected a positive integer"],
    ["a width of 2^40", () => config({ hidden_size: 2 ** 40 }), "hidden_size: expected at most 2147483647"],
    ["a vocabulary of 2^40", () => config({ vocab_size: 2 ** 40 }), "vocab_size: expected at most 2147483647"],
    [
      "a context of 1e15",
      () => config({ max_position_embeddings: 1e15 }),
      "max_position_embeddings: expected at most 16777216, got 1000000000000000",
    ],
    [
      "a head of 1e9 dimensions",
      () => config({ head_dim: 1e9, rope_scaling: { rope_type: "linear", factor: 2 } }),
      "head_dim: expected at most 65536 per head, got 1000000000",
    ],
    [
      "rope_theta 1e308",
      () => config({ rope_theta: 1e308 }),
      "rope_theta: expected a number from 1 to 1e+30, got 1e+308",
    ],
    [
      "rope_theta 1e-300",
      () => config({ rope_theta: 1e-300 }),
      "rope_theta: expected a number from 1 to 1e+30, got 1e-300",
    ],
    ["eps 1e300", () => config({ rms_norm_eps: 1e300 }), "rms_norm_eps: expected a number from 1e-30 to 1, got 1e+300"],
    [
      "eps 1e-300",
      () => config({ rms_norm_eps: 1e-300 }),
      "rms_norm_eps: expected a number from 1e-30 to 1, got 1e-300",
    ],
    [
      "a factor beyond float32",
      () => config({ rope_scaling: { rope_type: "linear", factor: 1e300 } }),
      "rope_scaling.factor: expected a number from",
    ],
    ["a key twice", () => configText('"hidden_size": 64'), 'expected each key once, got "hidden_size" twice'],
    ["__proto__", () => configText('"__proto__": {"hidden_size": 8}'), "expected no key __proto__, got one"],
    ...[100, 8000, 20_000, 1e6].map((levels): [string, () => Files, string] => [
      `${levels} levels`,
      () => configText(`"extra": ${deep(levels)}`),
      "extra[0][0][0]: expected at most 64 levels of objects and lists, got more",
    ]),
    [
      "a deep width",
      () => config({ hidden_size: JSON.parse(deep(60)) as unknown }),
      "hidden_size: expected a positive integer, got [[[[",
    ],
    [
      "a long text as a width",
      () => config({ hidden_size: "x".repeat(1e6) }),
      'hidden_size: expected a positive integer, got "xxx',
    ],
    [
      "70 MB",
      () => configText(`"extra": "${"x".repeat(7e7)}"`),
      "size: expected at most 64000000 bytes of JSON, got 70",
    ],
  ])("%s", async (_, change, message) => {
    expect((await refusal(() => open(change()))).message).toContain(`config.json: ${message}`);
  });
});

const tokenizer = (change: Json): Files => ({
  "tokenizer.json": JSON.stringify({ ...jsonOf("tokenizer.json"), ...change }),
});
const vocabulary = (change: Json): Files => {
  const { model: own } = jsonOf("tokenizer.json") as { model: Json };
  return tokenizer({ model: { ...own, ...change } });
};
const split = (pattern: string): Files =>
  tokenizer({ pre_tokenizer: { type: "Split", pattern: { Regex: pattern }, behavior: "Isolated" } });
const replace = (content: string): Json => ({ type: "Replace", pattern: { String: "a" }, content });
/** The vocabulary with another id of one token. */
const id = (value: unknown): Files => {
  const { model: own } = jsonOf("tokenizer.json") as { model: { vocab: Json } };
  return vocabulary({ vocab: { ...own.vocab, a: value } });
};

describe("tokenizer.json", () => {
  test.each<[string, () => Files, string]>([
    ...[-1, -(2 ** 31), 100.5, "100", null, {}, 2 ** 40].map((value): [string, () => Files, string] => [
      `id ${JSON.stringify(value)}`,
      () => id(value),
      "model.vocab.a: expected a whole number from 0 to 2147483648, got ",
    ]),
    ["an empty vocabulary", () => vocabulary({ vocab: {} }), "model.vocab: expected one token at least, got {}"],
    ["a list as vocabulary", () => vocabulary({ vocab: [["a", 1]] }), "model.vocab: expected an object, got"],
    ["an unknown model", () => vocabulary({ type: "Magic" }), "model.type: expected one of BPE"],
    ["BPE called Unigram", () => vocabulary({ type: "Unigram" }), "model.vocab: expected a list, got {"],
    ["merges of empty texts", () => vocabulary({ merges: [""] }), "model.merges[0]: expected two tokens"],
    ["merges of two empty texts", () => vocabulary({ merges: [" "] }), "model.merges[0]: expected two tokens"],
    [
      "added id -1",
      () => tokenizer({ added_tokens: [{ id: -1, content: "<s>" }] }),
      "added_tokens[0].id: expected a whole number",
    ],
    [
      "added id as text",
      () => tokenizer({ added_tokens: [{ id: "0", content: "<s>" }] }),
      "added_tokens[0].id: expected a whole number",
    ],
    [
      "added content 5",
      () => tokenizer({ added_tokens: [{ id: 0, content: 5 }] }),
      "added_tokens[0].content: expected text, got 5",
    ],
    [
      "a token twice",
      () => ({ "tokenizer.json": textOf("tokenizer.json").replace(/"vocab": ?\{/, '$&"!":2,') }),
      'model.vocab: expected each key once, got "!" twice',
    ],
    [
      "an exponential pattern",
      () => split("(\\w+\\s?)+\\d{9}!"),
      "pre_tokenizer.pattern.Regex: expected a pattern that takes at most 300 steps per character",
    ],
    [
      "another exponential pattern",
      () => split("(a|a)*(b|b)*(\\w|\\w)*!"),
      "pre_tokenizer.pattern.Regex: expected a pattern that takes at most",
    ],
    [
      "a pattern of 1 MB",
      () => split("a?".repeat(5e5)),
      "pre_tokenizer.pattern.Regex: expected a pattern that Espalier can run, of at most 4000 characters",
    ],
    [
      "a pattern with back references",
      () => split("(a)\\1"),
      "pre_tokenizer.pattern.Regex: expected a pattern that Espalier can run",
    ],
    [
      "24 times a to aa",
      () => tokenizer({ normalizer: { type: "Sequence", normalizers: Array(24).fill(replace("aa")) } }),
      "normalizer: expected texts at most 32 times as long as before, got more",
    ],
    [
      "a to 1 MB",
      () => tokenizer({ normalizer: replace("x".repeat(1e6)) }),
      "normalizer: expected texts at most 32 times",
    ],
    [
      "a prefix of 1 MB",
      () => tokenizer({ normalizer: { type: "Prepend", prepend: "x".repeat(1e6) } }),
      "normalizer: expected texts at most 32 times",
    ],
    [
      "an exponential pattern to replace",
      () => tokenizer({ normalizer: { type: "Replace", pattern: { Regex: "(\\w*)*!" }, content: "" } }),
      "normalizer.pattern.Regex: expected a pattern that takes at most",
    ],
    [
      "a mark of 1 MB for spaces",
      () => tokenizer({ pre_tokenizer: { type: "Metaspace", replacement: "x".repeat(1e6) } }),
      "pre_tokenizer.replacement: expected one character",
    ],
    [
      "a template with an unknown id",
      () =>
        tokenizer({
          post_processor: {
            type: "TemplateProcessing",
            single: [{ SpecialToken: { id: "x", type_id: 0 } }, { Sequence: { id: "A", type_id: 0 } }],
            special_tokens: { x: { id: "x", ids: [2 ** 40], tokens: ["x"] } },
          },
        }),
      "post_processor: expected ids of the tokenizer's tokens, which 1099511627776 is not",
    ],
    [
      "a word limit of 1e9",
      () => vocabulary({ type: "WordPiece", max_input_chars_per_word: 1e9 }),
      "model.max_input_chars_per_word: expected a whole number from 0 to 1000",
    ],
  ])("%s", async (_, change, message) => {
    expect((await refusal(() => open(change()))).message).toContain(`tokenizer.json: ${message}`);
  });
});

/** A safetensors file with this header and no data. */
function headerFile(header: string): Uint8Array {
  const json = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + json.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
}

describe("model.safetensors", () => {
  const one = '"dtype":"F32","shape":[0],"data_offsets":[0,0]';
  const nested = deep(20_000);
  test.each([
    ["a name twice", `{"a":{${one}},"a":{${one}}}`, 'header: expected each key once, got "a" twice'],
    ["a field twice", `{"a":{${one},"dtype":"F16"}}`, 'header: a: expected each key once, got "dtype" twice'],
    ["deep metadata", `{"__metadata__":{"a":${nested}}}`, "header: __metadata__.a[0][0]: expected at most 64 levels"],
    [
      "a deep shape",
      `{"a":{"dtype":"F32","shape":${nested},"data_offsets":[0,0]}}`,
      "header: a.shape[0][0]: expected at most",
    ],
    ["a deep tensor", `{"a":${nested}}`, "header: a[0][0][0]: expected at most 64 levels"],
    ["a deep dtype", `{"a":{"dtype":${nested},"shape":[0],"data_offsets":[0,0]}}`, "header: a.dtype[0][0]: expected"],
    ["a name of 1 MB", `{"${"x".repeat(1e6)}":{"dtype":"F32"}}`, "tensor 'xxx"],
  ])("%s", async (_, header, message) => {
    const refused = await refusal(() => open({ "model.safetensors": headerFile(header) }));
    expect(refused.message).toContain(`model.safetensors: ${message}`);
  });

  test("an index with a name twice", async () => {
    const { "model.safetensors": weights = "", ...others } = model;
    const index = '{"weight_map":{"a":"x.safetensors","a":"y.safetensors"}}';
    const files = { ...others, "x.safetensors": weights, "model.safetensors.index.json": index };
    const refused = await refusal(() => readModelFiles(memoryFolder("m", files)));
    expect(refused.message).toContain(
      'model.safetensors.index.json: weight_map: expected each key once, got "a" twice',
    );
  });
});

describe("receipts and runs", () => {
  test.each([
    ["deep", `{"a":${deep(1e5)}}`, "x.json: a[0][0][0]: expected at most 64 levels of objects and lists"],
    ["a key twice", '{"format":1,"format":1}', 'x.json: expected each key once, got "format" twice'],
    ["__proto__", '{"__proto__":{}}', "x.json: expected no key __proto__"],
  ])("%s", async (_, text, message) => {
    expect((await refusal(() => readReceipt(text, "x.json"))).message).toContain(message);
    expect((await refusal(() => readRuns(text, "x.json"))).message).toContain(message);
  });
});

/** A GGUF file that begins with these bytes and is zeros up to `size`, which are made where they are read. */
function sparse(begin: Uint8Array, size: number): ByteSource {
  return {
    name: "m.gguf",
    size,
    read: async (offset, length) => {
      const bytes = new Uint8Array(length);
      bytes.set(begin.subarray(offset, offset + length));
      return bytes;
    },
  };
}

describe("GGUF", () => {
  const many = (type: number, stated: number): Uint8Array =>
    ggufFile({ entries: [entry("k", 9, list(type, [], stated))] });
  test.each<[string, Uint8Array, number, string]>([
    [
      "a list of 400 million bytes",
      many(0, 4e8),
      5e8,
      "k: length: expected at most 4000000 values in all lists, got 400000000",
    ],
    [
      "a list of 40 million texts",
      many(8, 4e7),
      5e8,
      "k: length: expected at most 4000000 values in all lists, got 40000000",
    ],
    ["a list longer than the file", many(8, 4e7), 1e6, "k: length: expected at most"],
    [
      "many lists",
      ggufFile({
        entries: Array.from({ length: 50 }, (_, i) => entry(`k${i}`, 9, list(9, [], 0))).concat([
          entry("k", 9, list(0, [], 5e6)),
        ]),
      }),
      1e9,
      "k: length: expected at most 4000000 values in all lists, got 5000000",
    ],
    ["40 million tensors", ggufFile({ tensorCount: 4e7 }), 2e9, "tensor count: expected at most 500000, got 40000000"],
    ["40 million keys", ggufFile({ entryCount: 4e7 }), 2e9, "metadata count: expected at most 500000, got 40000000"],
    [
      "a text of 1 GB",
      ggufFile({ entries: [entry("k", 8, [...number32(1e9), ...number32(0)])] }),
      2e9,
      "header: expected an end within the first 268435456 bytes, got more",
    ],
  ])("%s", async (_, begin, size, message) => {
    expect((await refusal(() => ggufFolder(sparse(begin, size)))).message).toContain(`m.gguf: ${message}`);
  });
});

test("the files that all of these change are accepted", async () => {
  await expect(open({})).resolves.toMatchObject({ config: { layers: 3 } });
});
