// A LLaMA of any size with random weights, for measurements that depend on a model's size only: a folder whose weights are made as they are read.
import { fromFloat32 } from "../engine/dtype.ts";
import { checkRange, type ByteSource, type Folder, folderOf } from "../engine/formats/files/folder.ts";
import { memorySource } from "../engine/formats/files/memoryFolder.ts";

export interface SyntheticShape {
  vocab: number;
  d: number;
  layers: number;
  heads: number;
  kvHeads: number;
  mlp: number;
  /** The head has a matrix of its own; else it is the embedding's. */
  untied?: true;
}

/** How the weights are stored. */
export type SyntheticDtype = "F32" | "F16";
const BYTES: Readonly<Record<SyntheticDtype, number>> = { F32: 4, F16: 2 };

/** The shape of SmolLM2-135M; its head is tied to the embedding. */
export const SMOLLM2_135M: SyntheticShape = { vocab: 49_152, d: 576, layers: 30, heads: 9, kvHeads: 3, mlp: 1536 };
/** The shape of Llama-3.2-1B; its head is tied too. */
export const LLAMA32_1B: SyntheticShape = { vocab: 128_256, d: 2048, layers: 16, heads: 32, kvHeads: 8, mlp: 8192 };
/** The shape of TinyLlama-1.1B. */
export const TINYLLAMA_1B: SyntheticShape = {
  ...{ vocab: 32_000, d: 2048, layers: 22, heads: 32, kvHeads: 4, mlp: 5632 },
  untied: true,
};
/** The shape of LLaMA-2 7B. */
export const LLAMA2_7B: SyntheticShape = {
  ...{ vocab: 32_000, d: 4096, layers: 32, heads: 32, kvHeads: 32, mlp: 11_008 },
  untied: true,
};

const elementsOf = (dims: readonly number[]): number => dims.reduce((product, n) => product * n, 1);

/** Names and shapes in transformers' terms, in the order of the file. */
export function syntheticTensors(shape: SyntheticShape): [string, number[]][] {
  const { vocab, d, layers, heads, kvHeads, mlp, untied } = shape;
  const head = d / heads;
  const block = (l: number): [string, number[]][] => [
    [`model.layers.${l}.input_layernorm.weight`, [d]],
    [`model.layers.${l}.mlp.down_proj.weight`, [d, mlp]],
    [`model.layers.${l}.mlp.gate_proj.weight`, [mlp, d]],
    [`model.layers.${l}.mlp.up_proj.weight`, [mlp, d]],
    [`model.layers.${l}.post_attention_layernorm.weight`, [d]],
    [`model.layers.${l}.self_attn.k_proj.weight`, [kvHeads * head, d]],
    [`model.layers.${l}.self_attn.o_proj.weight`, [d, d]],
    [`model.layers.${l}.self_attn.q_proj.weight`, [d, d]],
    [`model.layers.${l}.self_attn.v_proj.weight`, [kvHeads * head, d]],
  ];
  const blocks = Array.from({ length: layers }, (_, l) => block(l)).flat();
  return [
    ["model.embed_tokens.weight", [vocab, d]],
    ...blocks,
    ["model.norm.weight", [d]],
    ...(untied ? [["lm_head.weight", [vocab, d]] satisfies [string, number[]]] : []),
  ];
}

/** Bytes in F32: of the largest tensor, and of all weights. */
export function sizesOf(shape: SyntheticShape): { largestTensor: number; weights: number } {
  const sizes = syntheticTensors(shape).map(([, dims]) => 4 * elementsOf(dims));
  return { largestTensor: Math.max(...sizes), weights: sizes.reduce((sum, bytes) => sum + bytes, 0) };
}

/**
 * The model's folder. The same shape and type give the same bytes, however they are read. `tokenizer`: a tokenizer.json with at most
 * `vocab` tokens; the other rows of the embedding are unused.
 */
export function syntheticModel(
  name: string,
  shape: SyntheticShape,
  tokenizer: ByteSource,
  dtype: SyntheticDtype = "F32",
): Folder {
  const config = new TextEncoder().encode(JSON.stringify(configOf(shape, dtype), null, 2));
  return folderOf(name, [memorySource("config.json", config), tokenizer, weightsSource(shape, dtype)]);
}

function weightsSource(shape: SyntheticShape, dtype: SyntheticDtype): ByteSource {
  let end = 0;
  const entries = syntheticTensors(shape).map(([name, dims]) => {
    const offsets = [end, (end += BYTES[dtype] * elementsOf(dims))];
    return [name, { dtype, shape: dims, data_offsets: offsets }] as const;
  });
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const header = new Uint8Array(8 + json.length + ((8 - (json.length % 8)) % 8)).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(header.length - 8), true);
  header.set(json, 8);
  const source: ByteSource = {
    name: "model.safetensors",
    size: header.length + end,
    read: async (offset, length) => {
      checkRange(source, offset, length);
      const bytes = new Uint8Array(length);
      bytes.set(header.subarray(offset, offset + length));
      const start = Math.max(0, offset - header.length);
      const stop = offset + length - header.length;
      if (stop > start) bytes.set(valueBytes(dtype, start, stop), Math.max(0, header.length - offset));
      return bytes;
    },
  };
  return source;
}

/** A prime, so that no width divides it: rows of a matrix differ. Making every weight anew would take longer than the measurements. */
const NOISE_VALUES = 1_048_583;
const noises = new Map<SyntheticDtype, Uint8Array>();

/** Bytes of values in the range of trained weights, from a 32-bit linear congruential generator. */
function noiseBytes(dtype: SyntheticDtype): Uint8Array {
  const values = new Float32Array(NOISE_VALUES);
  let state = 1;
  for (let i = 0; i < values.length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    values[i] = (state / 2 ** 32 - 0.5) * 0.1;
  }
  return fromFloat32(values, dtype);
}

/** Bytes [start, stop) of the values, which repeat after NOISE_VALUES. */
function valueBytes(dtype: SyntheticDtype, start: number, stop: number): Uint8Array<ArrayBuffer> {
  const noise = noises.get(dtype) ?? noiseBytes(dtype);
  noises.set(dtype, noise);
  const bytes = new Uint8Array(stop - start);
  for (let at = start; at < stop;) {
    const from = at % noise.length;
    const part = noise.subarray(from, Math.min(noise.length, from + stop - at));
    bytes.set(part, at - start);
    at += part.length;
  }
  return bytes;
}

function configOf(
  { vocab, d, layers, heads, kvHeads, mlp, untied }: SyntheticShape,
  dtype: SyntheticDtype,
): Record<string, unknown> {
  return {
    architectures: ["LlamaForCausalLM"],
    model_type: "llama",
    vocab_size: vocab,
    hidden_size: d,
    intermediate_size: mlp,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    num_key_value_heads: kvHeads,
    head_dim: d / heads,
    hidden_act: "silu",
    max_position_embeddings: 8192,
    rms_norm_eps: 1e-5,
    rope_theta: 10_000,
    tie_word_embeddings: !untied,
    torch_dtype: dtype === "F16" ? "float16" : "float32",
  };
}
