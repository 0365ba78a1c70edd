// Writes a LLaMA with random Q4_0 blocks as a GGUF file, for measurements that depend on a model's size only.
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { fromFloat32 } from "../../src/engine/dtype.ts";
import { JsonField } from "../../src/engine/json/jsonFields.ts";
import { parseJson } from "../../src/engine/formats/files/folder.ts";
import { blockTypeNamed } from "../../src/engine/formats/gguf/types.ts";
import {
  ggufOutputFile,
  type GgufTensorStream,
  type MetadataEntry,
} from "../../src/engine/formats/gguf/write/ggufFile.ts";
import { bytesOfValues } from "../../src/engine/formats/gguf/write/quantize.ts";
import { tokenizerMetadata } from "../../src/engine/formats/gguf/write/tokenizerMetadata.ts";
import { type SyntheticShape, syntheticTensors } from "../../src/lab/syntheticModel.ts";

/** Has at most 2048 tokens; the further rows of a larger vocabulary are unused. */
const TOKENIZER = "public/model/tokenizer.json";
/** From transformers' names to llama.cpp's. */
const NAMES: readonly (readonly [RegExp, string])[] = [
  [/^model\.layers\.(\d+)\./, "blk.$1."],
  [/^model\.embed_tokens/, "token_embd"],
  [/^model\.norm/, "output_norm"],
  [/^lm_head/, "output"],
  [/input_layernorm/, "attn_norm"],
  [/post_attention_layernorm/, "ffn_norm"],
  [/self_attn\.o_proj/, "attn_output"],
  [/self_attn\.(q|k|v)_proj/, "attn_$1"],
  [/mlp\.(gate|up|down)_proj/, "ffn_$1"],
];
/** A prime number of blocks, so that rows of a matrix differ. */
const NOISE_BLOCKS = 60_013;
/** With it, values have about the spread of a trained matrix of this size: 4.6 times the scale. */
const SCALE = 0.004;

/** Writes the file unless it exists. Equal shapes give equal bytes. */
export async function writeSyntheticGguf(path: string, shape: SyntheticShape): Promise<void> {
  if (existsSync(path)) return;
  mkdirSync(dirname(path), { recursive: true });
  const noise = noiseBlocks();
  const streams = syntheticTensors(shape).map(([name, dims]) => streamOf(renamed(name), dims, noise));
  const out = openSync(`${path}.part`, "w");
  for await (const chunk of ggufOutputFile("model.gguf", metadataOf(shape), streams).stream()) writeSync(out, chunk);
  closeSync(out);
  renameSync(`${path}.part`, path);
}

const renamed = (name: string): string => NAMES.reduce((text, [from, to]) => text.replace(from, to), name);

function metadataOf({ vocab, d, layers, heads, kvHeads, mlp }: SyntheticShape): MetadataEntry[] {
  const text = (key: string, value: string): MetadataEntry => ({ key, type: "string", value });
  const count = (key: string, value: number): MetadataEntry => ({ key, type: "u32", value });
  const float = (key: string, value: number): MetadataEntry => ({ key, type: "f32", value });
  const tokenizer = new JsonField(parseJson(readFileSync(TOKENIZER, "utf8"), TOKENIZER), TOKENIZER);
  const { entries } = tokenizerMetadata({ tokenizer, config: {} }, { vocab, eosTokens: [] });
  return [
    text("general.architecture", "llama"),
    text("general.name", "random weights"),
    count("general.quantization_version", 2),
    count("llama.vocab_size", vocab),
    count("llama.context_length", 4096),
    count("llama.embedding_length", d),
    count("llama.block_count", layers),
    count("llama.feed_forward_length", mlp),
    count("llama.attention.head_count", heads),
    count("llama.attention.head_count_kv", kvHeads),
    count("llama.rope.dimension_count", d / heads),
    float("llama.attention.layer_norm_rms_epsilon", 1e-5),
    float("llama.rope.freq_base", 10_000),
    ...entries,
  ];
}

/** Matrices are Q4_0, as llama.cpp quantises them; norms are F32. */
function streamOf(name: string, shape: readonly number[], noise: Uint8Array<ArrayBuffer>): GgufTensorStream {
  const values = shape.reduce((product, n) => product * n, 1);
  if (shape.length === 1) return { name, type: "F32", shape, chunks: () => [ones(values)] };
  const bytes = bytesOfValues("Q4_0", values);
  return {
    ...{ name, type: "Q4_0", shape },
    *chunks() {
      for (let at = 0; at < bytes; at += noise.length) yield noise.subarray(0, Math.min(noise.length, bytes - at));
    },
  };
}

const ones = (count: number): Uint8Array<ArrayBuffer> => new Uint8Array(new Float32Array(count).fill(1).buffer);

/** Blocks of one scale and random 4-bit numbers, from a 32-bit linear congruential generator. */
function noiseBlocks(): Uint8Array<ArrayBuffer> {
  const { bytes: size } = blockTypeNamed("Q4_0");
  const scale = fromFloat32(Float32Array.of(SCALE), "F16");
  const bytes = new Uint8Array(NOISE_BLOCKS * size);
  let state = 1;
  for (let i = 0; i < bytes.length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[i] = state >>> 24;
  }
  for (let block = 0; block < NOISE_BLOCKS; block++) bytes.set(scale, block * size);
  return bytes;
}
