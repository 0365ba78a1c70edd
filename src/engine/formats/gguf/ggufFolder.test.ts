// GGUF files as folders: golden models converted and read back, reads of any range, and what is refused.
import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readConfig } from "../../config/config.ts";
import { ropeFrequencies } from "../../config/ropeFrequencies.ts";
import { loadTokenizer } from "../../tokenizer/tokenizer.ts";
import { checkWeights } from "../../model/weights.ts";
import type { ByteSource, Folder } from "../files/folder.ts";
import { readJson, readText } from "../files/folder.ts";
import { licenceOf } from "../card/licence.ts";
import { memoryFolder, memorySource } from "../files/memoryFolder.ts";
import { separated } from "../safetensors/fused.ts";
import { openWeights } from "../safetensors/safetensors.ts";
import { ggufFolder } from "./ggufFolder.ts";
import { entry, float32, list, number32, text } from "./files.fixture.ts";
import { ggufOfFolder, paired } from "./models.fixture.ts";
import { readGgufExport } from "./readGgufExport.ts";

/**
 * Golden models of these families have fields that no published model has and that llama.cpp derives from others: the scale of Gemma's scores,
 * and which of SmolLM3's blocks have positions.
 */
const DERIVED: Record<string, Record<string, unknown>> = {
  gemma2: { query_pre_attn_scalar: 12 },
  gemma3_text: { query_pre_attn_scalar: 12 },
  smollm3: { no_rope_layers: undefined },
};

function golden(name: string): Folder {
  const files = readdirSync(`golden/${name}`);
  const read = (file: string): Buffer<ArrayBuffer> => {
    const bytes = readFileSync(`golden/${name}/${file}`);
    if (file !== "config.json" || !(name in DERIVED)) return bytes;
    return Buffer.from(JSON.stringify({ ...(JSON.parse(bytes.toString()) as object), ...DERIVED[name] }));
  };
  return memoryFolder(name, Object.fromEntries(files.map((file) => [file, read(file)])));
}

const opened = async (name: string, ...more: number[][]): Promise<Folder> =>
  ggufFolder(memorySource(`${name}.gguf`, await ggufOfFolder(golden(name), { more })));

const NEWER = ["gemma2", "gemma3_text", "phi3", "olmo2", "smollm3", "granite"];

describe.each(["llama", "mistral", "qwen2", "qwen3", "gemma", "phi", ...NEWER])("golden/%s as GGUF", (name) => {
  it("is the same config, weights and tokenizer", async () => {
    const original = golden(name);
    const folder = await opened(name);
    const config = readConfig(await readJson(await folder.open("config.json")));
    expect(config).toEqual(readConfig(await readJson(await original.open("config.json"))));

    // q, k, v and gate, up of Phi-3 are layers of their own inside the engine
    const [weights, expected] = await Promise.all(
      [folder, original].map(async (one) => openWeights(await separated(one, config))),
    );
    if (!weights || !expected) throw new Error("two folders were opened");
    checkWeights(config, weights);
    expect([...weights.names].sort()).toEqual([...expected.names].sort());
    for (const tensor of weights.names) {
      const [found, wanted] = [await weights.readFloat32(tensor), await expected.readFloat32(tensor)];
      // Gemma's norms lose a bit where 1 was added and subtracted again.
      if (name.startsWith("gemma") && tensor.includes("norm")) {
        found.forEach((value, i) => expect(value).toBeCloseTo(wanted[i]!, 6));
      } else expect(found).toEqual(wanted);
    }

    const tokenizers = [];
    for (const source of [folder, original]) {
      const json = await readJson(await source.open("tokenizer.json"));
      tokenizers.push(loadTokenizer(json, { config: await readJson(await source.open("tokenizer_config.json")) }));
    }
    const sample = "<s>Gentlemen of the Senate: it's 1863, and\n\nthe \u{1f40b} é  is  free.</s>";
    const [ids, wanted] = tokenizers.map((tokenizer) => tokenizer.encode(sample));
    expect(ids).toEqual(wanted);
    expect(tokenizers[0]!.decode(ids!)).toBe(tokenizers[1]!.decode(wanted!));
    expect(await licenceOf(folder)).toBe("mit");
  });
});

it.each(NEWER)("golden/%s as GGUF has the same config when an export is read back", async (name) => {
  const source = memorySource(`${name}.gguf`, await ggufOfFolder(golden(name)));
  const folder = await ggufFolder(source);
  const { config } = await readGgufExport(source);
  expect(config).toEqual(readConfig(await readJson(await folder.open("config.json"))));
});

describe("what llama.cpp derives from other numbers", () => {
  const count = (key: string, value: number): number[] => entry(key, 4, number32(value));
  const configWith = async (name: string, ...more: number[][]): Promise<Record<string, unknown>> =>
    (await readJson(await (await opened(name, ...more)).open("config.json"))) as Record<string, unknown>;

  it("is the scale of Gemma's scores in the largest model, and which blocks have windows", async () => {
    const config = await configWith("gemma2", count("gemma2.block_count", 46), count("gemma2.embedding_length", 40));
    expect(config["query_pre_attn_scalar"]).toBe(20);
    const layers = config["layer_types"] as string[];
    expect([layers.length, ...layers.slice(0, 3)]).toEqual([
      46,
      "sliding_attention",
      "full_attention",
      "sliding_attention",
    ]);
    const third = await configWith("gemma3_text", count("gemma3.block_count", 7));
    expect((third["layer_types"] as string[]).filter((one) => one === "full_attention")).toHaveLength(3);
    const listed = entry("gemma3.attention.sliding_window_pattern", 9, list(7, [[0], [1]]));
    expect((await configWith("gemma3_text", listed))["layer_types"]).toEqual(["full_attention", "sliding_attention"]);
  });

  it("is which blocks of SmolLM3 have no positions", async () => {
    const { attention = [] } = readConfig(await configWith("smollm3", count("smollm3.block_count", 8)));
    expect(attention.map(({ rope }) => rope !== undefined)).toEqual([1, 1, 1, 0, 1, 1, 1, 0].map(Boolean));
  });

  it("is the window of Phi-3, where 0 is none", async () => {
    expect((await configWith("phi3", count("phi3.attention.sliding_window", 0)))["sliding_window"]).toBeNull();
    const other = entry("phi3.rope.scaling.attn_factor", 6, float32(1.5));
    expect((await configWith("phi3", other))["rope_scaling"]).toMatchObject({ attention_factor: 1.5 });
  });

  it("is nothing that other models of the architecture need", async () => {
    await expect(opened("olmo2", count("olmo2.attention.sliding_window", 8))).rejects.toMatchObject({
      code: "unsupported",
      message: expect.stringMatching(/olmo2\.attention\.sliding_window: expected 0 \(OLMo 2\), got 8/) as string,
    });
    await expect(opened("granite", entry("granite.rope.scaling.finetuned", 7, [0]))).rejects.toMatchObject({
      code: "unsupported",
      message: expect.stringMatching(/granite\.rope\.scaling\.finetuned: expected true, got false/) as string,
    });
  });
});

it("reorders the biases of q and k as well", async () => {
  const values = Float32Array.from({ length: 64 }, (_, i) => i);
  const bias = { name: "blk.1.attn_q.bias", shape: [64], values };
  const bytes = await ggufOfFolder(golden("llama"), { extra: [paired(bias, 4)] });
  const weights = await openWeights(await ggufFolder(memorySource("m.gguf", bytes)));
  expect(paired(bias, 4).values).not.toEqual(values);
  expect(await weights.readFloat32("model.layers.1.self_attn.q_proj.bias")).toEqual(values);
});

it("returns the same bytes for any pieces, and dequantises no row twice in succession", async () => {
  const bytes = await ggufOfFolder(golden("llama"));
  let readBytes = 0;
  const memory = memorySource("m.gguf", bytes);
  const counted: ByteSource = {
    ...memory,
    read: (offset, length) => {
      readBytes += length;
      return memory.read(offset, length);
    },
  };
  const source = await (await ggufFolder(counted)).open("model.safetensors");
  readBytes = 0;
  const whole = await source.read(0, source.size);
  expect(readBytes).toBeLessThanOrEqual(bytes.length);
  await fc.assert(
    fc.asyncProperty(fc.nat(source.size), fc.nat(5000), async (offset, length) => {
      const end = Math.min(source.size, offset + length);
      expect(await source.read(offset, end - offset)).toEqual(whole.subarray(offset, end));
    }),
    { numRuns: 60 },
  );
  readBytes = 0;
  // Rows have 256 bytes: pieces of 1000 end within rows, and the rest of each row is cached.
  for (let at = 0; at < source.size; at += 1000) {
    const piece = await source.read(at, Math.min(1000, source.size - at));
    expect(piece).toEqual(whole.subarray(at, at + piece.length));
  }
  const inHeads = 4 * 64 * 64 * 4 + 2 * 64 * 64 * 4; // q and k of a block: complete heads are read for every piece of one
  expect(readBytes).toBeLessThan(bytes.length + 3 * 8 * inHeads);
  await expect(source.read(source.size, 1)).rejects.toThrow(/size: expected at least \d+ bytes/);
});

describe("Llama 3's scaling", () => {
  const factors = (factor: number): Float32Array => {
    const scaling = { type: "llama3", factor, lowFreqFactor: 1, highFreqFactor: 4, originalContext: 8192 } as const;
    const [plain, scaled] = [ropeFrequencies({ theta: 10_000 }, 16), ropeFrequencies({ theta: 10_000, scaling }, 16)];
    return Float32Array.from(plain, (value, i) => value / scaled[i]!);
  };
  const withFactors = async (values: Float32Array): Promise<Folder> => {
    const extra = [{ name: "rope_freqs.weight", shape: [values.length], values }];
    return ggufFolder(memorySource("m.gguf", await ggufOfFolder(golden("llama"), { extra })));
  };

  it("is recovered from the stored factors", async () => {
    const json = await readJson(await (await withFactors(factors(32))).open("config.json"));
    expect(readConfig(json).rope?.scaling).toEqual({
      type: "llama3",
      factor: 32,
      lowFreqFactor: 1,
      highFreqFactor: 4,
      originalContext: 8192,
    });
  });

  it("is refused for other factors", async () => {
    const other = factors(32);
    other[3] = other[3]! * 1.01;
    await expect(withFactors(other)).rejects.toMatchObject({
      code: "unsupported",
      message: /factor .* for pair 3 .*, got/,
    });
  });
});

const scalingKey = (name: string, value: number): number[] => entry(`llama.rope.scaling.${name}`, 6, float32(value));
const scalingType = (name: string): number[] => entry("llama.rope.scaling.type", 8, text(name));

// llama.cpp takes a factor without a type as linear, and scale_linear as the factor's older name
it.each<[string, number[][], object | undefined]>([
  ["linear", [scalingType("linear"), scalingKey("factor", 4)], { type: "linear", factor: 4 }],
  ["no type", [scalingKey("factor", 4)], { type: "linear", factor: 4 }],
  ["the older key", [entry("llama.rope.scale_linear", 6, float32(4))], { type: "linear", factor: 4 }],
  ["none", [scalingType("none"), scalingKey("factor", 4)], undefined],
  ["a factor of 1", [scalingType("linear"), scalingKey("factor", 1)], undefined],
  [
    "yarn",
    [
      scalingType("yarn"),
      scalingKey("factor", 4),
      entry("llama.rope.scaling.original_context_length", 4, number32(64)),
    ],
    { type: "yarn", factor: 4, originalContext: 64, betaFast: 32, betaSlow: 1, truncate: true },
  ],
])("scaled RoPE: %s", async (_, more, expected) => {
  const folder = await opened("llama", ...more);
  const { rope } = readConfig(await readJson(await folder.open("config.json")));
  if (expected) expect(rope?.scaling).toMatchObject(expected);
  else expect(rope?.scaling).toBeUndefined();
});

const REFUSED: [string, number[][], string, RegExp][] = [
  [
    "another architecture",
    [entry("general.architecture", 8, text("mamba"))],
    "unsupported",
    /general\.architecture: expected one of llama, qwen2.*, got mamba/,
  ],
  [
    "a part of a file",
    [entry("split.count", 4, number32(3))],
    "unsupported",
    /split\.count: expected 1, or a name such as name-00001-of-00003\.gguf/,
  ],
  ["experts", [entry("llama.expert_count", 4, number32(8))], "unsupported", /llama.expert_count: expected 0 .*, got 8/],
  [
    "scaled RoPE",
    [entry("llama.rope.scaling.type", 8, text("longrope"))],
    "unsupported",
    /rope.scaling.type: expected none, linear or yarn, .* got "longrope"/,
  ],
  [
    "a setting of YaRN that llama.cpp reads in its own way",
    [entry("llama.rope.scaling.type", 8, text("yarn")), entry("llama.rope.scaling.attn_factor", 6, float32(0.5))],
    "unsupported",
    /rope.scaling.attn_factor: expected no key but type, factor, .*, got 0.5/,
  ],
  [
    "another tokenizer",
    [entry("tokenizer.ggml.model", 8, text("bert"))],
    "unsupported",
    /tokenizer.ggml.model: expected gpt2 .*, got "bert"/,
  ],
  [
    "another pre-tokenizer",
    [entry("tokenizer.ggml.pre", 8, text("kimi-k2"))],
    "unsupported",
    /pre: expected one of gpt-2, .*, got "kimi-k2"/,
  ],
  [
    "a missing number",
    [entry("llama.block_count", 8, text("three"))],
    "format",
    /llama.block_count: expected a whole number/,
  ],
  [
    "merges that are not pairs",
    [entry("tokenizer.ggml.merges", 8, text("a b"))],
    "format",
    /merges: expected a list of strings/,
  ],
  [
    "a token beyond the vocabulary",
    [entry("tokenizer.ggml.bos_token_id", 4, number32(512))],
    "format",
    /bos_token_id: expected an id below 512, .*got 512/,
  ],
];

describe("what is refused", () => {
  it.each(REFUSED)("%s", async (_, replaced, code, message) => {
    const error = await replacing(replaced).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) as string });
    expect((error as Error).message).toContain("m.gguf");
  });

  it("a tensor that the family does not have", async () => {
    const extra = [{ name: "blk.0.attn_sinks.weight", shape: [4], values: new Float32Array(4) }];
    const bytes = await ggufOfFolder(golden("llama"), { extra });
    await expect(ggufFolder(memorySource("m.gguf", bytes))).rejects.toThrow(
      /tensor 'blk.0.attn_sinks.weight': expected a tensor of llama models/,
    );
  });

  /** golden/llama with entries replaced. */
  async function replacing(more: number[][]): Promise<Folder> {
    return ggufFolder(memorySource("m.gguf", await ggufOfFolder(golden("llama"), { more })));
  }
});

it("passes on its metadata", async () => {
  const folder = await opened(
    "qwen2",
    entry("tokenizer.chat_template", 8, text("{{ x }}")),
    entry("general.name", 8, text("A\nB")),
  );
  expect(folder.name).toBe("qwen2");
  expect(await readJson(await folder.open("tokenizer_config.json"))).toMatchObject({
    chat_template: "{{ x }}",
    bos_token: "<s>",
  });
  expect(await readText(await folder.open("README.md"))).toBe("---\nlicense: mit\n---\n# A B\nRead from qwen2.gguf.\n");
  const begun = await opened("llama", entry("tokenizer.ggml.add_bos_token", 7, [1]));
  const tokenizer = loadTokenizer(await readJson(await begun.open("tokenizer.json")));
  expect(tokenizer.encode("a", { addSpecialTokens: true })).toEqual([0, ...tokenizer.encode("a")]);
  expect(await readJson(await folder.open("generation_config.json"))).toEqual({ bos_token_id: 0, eos_token_id: 1 });
});
