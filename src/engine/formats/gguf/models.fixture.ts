// Writes golden models as GGUF files the way llama.cpp's converter does, for tests.
import { type Folder, readJson } from "../files/folder.ts";
import { openWeights } from "../safetensors/safetensors.ts";
import type { BlockDtype } from "../../dtype.ts";
import { typeNumber } from "./types.ts";
import { entry, float32, ggufFile, list, number32, tensorInfo, text } from "./files.fixture.ts";

type Json = Record<string, unknown>;

interface Converter {
  arch: string;
  pairs?: boolean;
  normShift?: number;
  /** Names that differ from those of `NAMES`, tried before them. */
  names?: [RegExp, string][];
  /** Metadata of this architecture only. */
  more?: (config: Json) => Fields;
  /** Tensors that the converter adds. */
  extra?: (config: Json) => NamedTensor[];
}

/** By the key's end: a count, a number, a switch, or a text. */
interface Fields {
  counts?: Record<string, unknown>;
  floats?: Record<string, unknown>;
  texts?: Record<string, string>;
}

/** Norms before and after both branches. */
const AROUND: [RegExp, string][] = [
  [/post_attention_layernorm/, "post_attention_norm"],
  [/pre_feedforward_layernorm/, "ffn_norm"],
  [/post_feedforward_layernorm/, "post_ffw_norm"],
];

const ropeOf = (config: Json): Json => (config["rope_parameters"] ?? {}) as Json;
const factorsOf = (config: Json, kind: "long" | "short"): NamedTensor => {
  const values = Float32Array.from(ropeOf(config)[`${kind}_factor`] as number[]);
  return { name: `rope_factors_${kind}.weight`, shape: [values.length], values };
};

const CONVERTERS: Record<string, Converter> = {
  llama: { arch: "llama", pairs: true },
  mistral: { arch: "llama", pairs: true },
  qwen2: { arch: "qwen2" },
  qwen3: { arch: "qwen3" },
  gemma: { arch: "gemma", normShift: 1 },
  phi: { arch: "phi2" },
  gemma2: {
    ...{ arch: "gemma2", normShift: 1, names: AROUND },
    more: (config) => ({
      floats: {
        attn_logit_softcapping: config["attn_logit_softcapping"],
        final_logit_softcapping: config["final_logit_softcapping"],
      },
    }),
  },
  gemma3_text: {
    ...{ arch: "gemma3", normShift: 1, names: AROUND },
    more: (config) => {
      const { rope_theta: theta, factor } = ropeOf(config)["full_attention"] as Json;
      return {
        // golden models have two blocks, so their pattern is not the usual one of six
        counts: { "attention.sliding_window_pattern": 2 },
        floats: { "rope.freq_base": theta, "rope.scaling.factor": factor },
        texts: { "rope.scaling.type": "linear" },
      };
    },
  },
  phi3: {
    arch: "phi3",
    names: [
      [/self_attn\.qkv_proj/, "attn_qkv"],
      [/mlp\.gate_up_proj/, "ffn_up"],
    ],
    more: (config) => {
      const original = Number(config["original_max_position_embeddings"]);
      const scale = Number(config["max_position_embeddings"]) / original;
      return {
        counts: {
          "rope.scaling.original_context_length": original,
          "rope.dimension_count": Number(config["head_dim"]) * Number(ropeOf(config)["partial_rotary_factor"]),
        },
        floats: { "rope.scaling.attn_factor": Math.sqrt(1 + Math.log(scale) / Math.log(original)) },
      };
    },
    extra: (config) => [factorsOf(config, "long"), factorsOf(config, "short")],
  },
  olmo2: { arch: "olmo2", names: AROUND },
  smollm3: { arch: "smollm3", pairs: true },
  granite: {
    ...{ arch: "granite", pairs: true },
    more: (config) => ({
      floats: {
        "attention.scale": config["attention_multiplier"],
        embedding_scale: config["embedding_multiplier"],
        residual_scale: config["residual_multiplier"],
        logit_scale: config["logits_scaling"],
      },
    }),
  },
};

/** From transformers' tensor names to llama.cpp's. */
const NAMES: [RegExp, string][] = [
  [/^model\.layers\.(\d+)\./, "blk.$1."],
  [/^model\.embed_tokens/, "token_embd"],
  [/^model\.(norm|final_layernorm)/, "output_norm"],
  [/^lm_head/, "output"],
  [/input_layernorm/, "attn_norm"],
  [/post_attention_layernorm/, "ffn_norm"],
  [/self_attn\.(q|k)_norm/, "attn_$1_norm"],
  [/self_attn\.(o_proj|dense)/, "attn_output"],
  [/self_attn\.(q|k|v)_proj/, "attn_$1"],
  [/mlp\.(gate|up|down)_proj/, "ffn_$1"],
  [/mlp\.fc1/, "ffn_up"],
  [/mlp\.fc2/, "ffn_down"],
];

interface NamedTensor {
  name: string;
  shape: readonly number[];
  values: Float32Array;
  /** Its blocks, where it is not written as F32. */
  stored?: StoredBlocks;
}

interface StoredBlocks {
  type: BlockDtype;
  bytes: Uint8Array;
}

/** Interleaves the rows of each head: its first half at even positions, its second half at odd ones. */
export function paired({ name, shape, values }: NamedTensor, heads: number): NamedTensor {
  const cols = values.length / shape[0]!;
  const half = shape[0]! / heads / 2;
  const out = new Float32Array(values.length);
  for (let h = 0; h < heads; h++)
    for (let i = 0; i < half; i++)
      for (const side of [0, 1]) {
        const from = (h * 2 * half + side * half + i) * cols;
        out.set(values.subarray(from, from + cols), (h * 2 * half + 2 * i + side) * cols);
      }
  return { name, shape, values: out };
}

async function tensorsOf(
  folder: Folder,
  config: Json,
  { arch, pairs, normShift = 0, names = [], extra }: Converter,
): Promise<NamedTensor[]> {
  const weights = await openWeights(folder);
  const all: NamedTensor[] = [];
  for (const original of weights.names) {
    const name = [...names, ...NAMES].reduce((text, [from, to]) => text.replace(from, to), original);
    const values = (await weights.readFloat32(original)).map(
      (value) => value + (name.includes("norm") ? normShift : 0),
    );
    const tensor = { name, shape: weights.info(original).shape, values };
    const heads = { attn_q: config["num_attention_heads"], attn_k: config["num_key_value_heads"] }[
      name.split(".")[2] ?? ""
    ];
    all.push(pairs && heads !== undefined ? paired(tensor, Number(heads)) : tensor);
  }
  if (arch !== "phi2") return [...all, ...(extra?.(config) ?? [])];
  const fused = all.filter(({ name }) => !/attn_[qkv]\./.test(name));
  for (const { name } of all.filter(({ name }) => name.includes("attn_q."))) {
    const parts = ["q", "k", "v"].map((part) =>
      all.find((one) => one.name === name.replace("attn_q", `attn_${part}`))!,
    );
    const values = Float32Array.from(parts.flatMap((part) => [...part.values]));
    const shape = [3 * parts[0]!.shape[0]!, ...parts[0]!.shape.slice(1)];
    fused.push({ name: name.replace("attn_q", "attn_qkv"), shape, values });
  }
  return fused;
}

const keyOf = (bytes: readonly number[]): string =>
  new TextDecoder().decode(Uint8Array.from(bytes.slice(8, 8 + bytes[0]!)));

interface Changes {
  /** Metadata entries, which replace those of the same key. */
  more?: number[][];
  /** Tensors to add. */
  extra?: NamedTensor[];
  /** How often the blocks come one after another; default: once. */
  repeat?: number;
  /** Writes the embedding as the head too. */
  untied?: boolean;
  /** Other heads, as wide together as d: the later rows of q, k and v are left out. */
  heads?: number;
  /** The blocks of tensors that are quantised, by llama.cpp's names; their rows are in its order. */
  quantised?: (name: string, shape: readonly number[], values: Float32Array) => StoredBlocks | undefined;
}

/** The model in `folder` as a GGUF file. */
export async function ggufOfFolder(folder: Folder, changes: Changes = {}): Promise<Uint8Array<ArrayBuffer>> {
  const { entries, tensors } = await contentsOf(folder, changes);
  return fileOf(entries, tensors);
}

/** Numbers that parts state, instead of the right ones. */
interface Split {
  count?: number;
  tensors?: number;
}

/** The same in parts, as llama-gguf-split writes them: the metadata is in the first. Names begin with `stem`. */
export async function ggufPartsOfFolder(
  folder: Folder,
  { count, stem, split = {}, more }: Pick<Changes, "more"> & { count: number; stem: string; split?: Split },
): Promise<Record<string, Uint8Array<ArrayBuffer>>> {
  const { entries, tensors } = await contentsOf(folder, more ? { more } : {});
  const digits = (n: number): string => String(n).padStart(5, "0");
  const each = Math.ceil(tensors.length / count);
  const parts = Array.from({ length: count }, (_, i) => {
    const numbers = [
      entry("split.no", 2, number32(i).slice(0, 2)),
      entry("split.count", 2, number32(split.count ?? count).slice(0, 2)),
      entry("split.tensors.count", 5, number32(split.tensors ?? tensors.length)),
    ];
    const own = tensors.slice(i * each, (i + 1) * each);
    return [
      `${stem}-${digits(i + 1)}-of-${digits(count)}.gguf`,
      fileOf([...(i === 0 ? entries : []), ...numbers], own),
    ];
  });
  return Object.fromEntries(parts) as Record<string, Uint8Array<ArrayBuffer>>;
}

async function contentsOf(
  folder: Folder,
  { more = [], extra = [], repeat = 1, untied = false, heads, quantised }: Changes,
): Promise<{ entries: number[][]; tensors: NamedTensor[] }> {
  const config = (await readJson(await folder.open("config.json"))) as Json;
  const layers = Number(config["num_hidden_layers"]);
  const converter = CONVERTERS[String(config["model_type"])]!;
  const width = Number(config["hidden_size"]);
  const repeated = {
    ...{ ...config, num_hidden_layers: repeat * layers },
    ...(heads === undefined ? {} : { num_attention_heads: heads, num_key_value_heads: heads, head_dim: width / heads }),
  };
  const own = [...metadataOf(repeated, converter), ...(await tokenizerEntries(folder, config))];
  const replaced = new Set(more.map(keyOf));
  const all = await tensorsOf(folder, config, converter);
  const cut = heads === undefined ? all : all.map((one) => narrowed(one, width));
  const tensors = cut.flatMap((tensor) => {
    const [, block, rest] = /^blk\.(\d+)(\..*)$/.exec(tensor.name) ?? [];
    if (untied && tensor.name === "token_embd.weight") return [tensor, { ...tensor, name: "output.weight" }];
    if (block === undefined) return [tensor];
    return Array.from({ length: repeat }, (_, i) => ({ ...tensor, name: `blk.${Number(block) + i * layers}${rest}` }));
  });
  return {
    entries: [...own.filter((one) => !replaced.has(keyOf(one))), ...more],
    tensors: [...tensors, ...extra].map((tensor) => {
      const stored = quantised?.(tensor.name, tensor.shape, tensor.values);
      return stored ? { ...tensor, stored } : tensor;
    }),
  };
}

/** A tensor with the first `width` rows of q, k and v, or columns of the layer that reads them. */
function narrowed(tensor: NamedTensor, width: number): NamedTensor {
  const { name, shape, values } = tensor;
  const [rows = 1, columns = 1] = shape;
  if (/attn_(q|k|v)(_norm)?\./.test(name))
    return { name, shape: [width, ...shape.slice(1)], values: values.slice(0, width * columns) };
  if (!name.includes("attn_output.")) return tensor;
  return { name, shape: [rows, width], values: values.filter((_, i) => i % columns < width) };
}

function fileOf(entries: readonly number[][], tensors: readonly NamedTensor[]): Uint8Array<ArrayBuffer> {
  let at = 0;
  const bytesOf = ({ values, stored }: NamedTensor): Uint8Array =>
    stored?.bytes ?? new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const infos = tensors.map((tensor) => {
    const { name, shape, stored } = tensor;
    const info = tensorInfo(name, shape, typeNumber(stored?.type ?? "F32"), at);
    at += Math.ceil(bytesOf(tensor).length / 32) * 32;
    return info;
  });
  const data = new Uint8Array(at);
  at = 0;
  for (const tensor of tensors) {
    const bytes = bytesOf(tensor);
    data.set(bytes, at);
    at += Math.ceil(bytes.length / 32) * 32;
  }
  return ggufFile({ entries, tensors: infos, data });
}

function metadataOf(config: Json, { arch, more }: Converter): number[][] {
  const count = (key: string, value: unknown) =>
    value === undefined || value === null ? [] : [entry(`${arch}.${key}`, 4, number32(Number(value)))];
  const float = (key: string, value: unknown) =>
    value === undefined || value === null ? [] : [entry(`${arch}.${key}`, 6, float32(Number(value)))];
  const heads = Number(config["num_attention_heads"]);
  const headDim = Number(config["head_dim"] ?? Number(config["hidden_size"]) / heads);
  const rope = ropeOf(config);
  const { counts = {}, floats = {}, texts = {} } = more?.(config) ?? {};
  const own = [
    ...Object.entries(counts).flatMap(([key, value]) => count(key, value)),
    ...Object.entries(floats).flatMap(([key, value]) => float(key, value)),
    ...Object.entries(texts).map(([key, value]) => entry(`${arch}.${key}`, 8, text(value))),
  ];
  const named = new Set(own.map(keyOf));
  const usual = [
    entry("general.architecture", 8, text(arch)),
    entry("general.license", 8, text("mit")),
    ...count("block_count", config["num_hidden_layers"]),
    ...count("context_length", config["max_position_embeddings"]),
    ...count("embedding_length", config["hidden_size"]),
    ...count("feed_forward_length", config["intermediate_size"]),
    ...count("attention.head_count", heads),
    ...count("attention.head_count_kv", config["num_key_value_heads"]),
    ...count("attention.key_length", config["head_dim"]),
    ...count("attention.value_length", config["head_dim"]),
    ...count("attention.sliding_window", config["sliding_window"]),
    ...float("attention.layer_norm_rms_epsilon", config["rms_norm_eps"]),
    ...float("attention.layer_norm_epsilon", config["layer_norm_eps"]),
    ...float("rope.freq_base", config["rope_theta"] ?? rope["rope_theta"]),
    ...count("rope.dimension_count", headDim * Number(config["partial_rotary_factor"] ?? 1)),
  ];
  return [...usual.filter((one) => !named.has(keyOf(one))), ...own];
}

async function tokenizerEntries(folder: Folder, config: Json): Promise<number[][]> {
  const json = (await readJson(await folder.open("tokenizer.json"))) as {
    model: { vocab: Record<string, number>; merges: (string | string[])[] };
    added_tokens: { id: number; content: string }[];
  };
  const tokens = Object.entries(json.model.vocab).sort(([, a], [, b]) => a - b);
  const special = new Set(json.added_tokens.map(({ id }) => id));
  const merges = json.model.merges.map((merge) => (typeof merge === "string" ? merge : merge.join(" ")));
  return [
    entry("tokenizer.ggml.model", 8, text("gpt2")),
    entry("tokenizer.ggml.pre", 8, text("gpt-2")),
    entry(
      "tokenizer.ggml.tokens",
      9,
      list(
        8,
        tokens.map(([token]) => text(token)),
      ),
    ),
    entry(
      "tokenizer.ggml.token_type",
      9,
      list(
        5,
        tokens.map(([, id]) => number32(special.has(id) ? 3 : 1)),
      ),
    ),
    entry("tokenizer.ggml.merges", 9, list(8, merges.map(text))),
    entry("tokenizer.ggml.bos_token_id", 4, number32(Number(config["bos_token_id"]))),
    entry("tokenizer.ggml.eos_token_id", 4, number32(Number(config["eos_token_id"]))),
    entry("tokenizer.ggml.add_bos_token", 7, [0]),
  ];
}
