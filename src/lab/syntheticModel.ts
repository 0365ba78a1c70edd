// A LLaMA of any size with random weights, for measurements that depend on a model's size only: a folder whose weights are made as they are read.
import { checkRange, type ByteSource, type Folder, folderOf } from "../engine/formats/files/folder.ts";
import { memorySource } from "../engine/formats/files/memoryFolder.ts";

export interface SyntheticShape {
  vocab: number;
  d: number;
  layers: number;
  heads: number;
  kvHeads: number;
  mlp: number;
}

/** The shape of SmolLM2-135M; its head is tied to the embedding. */
export const SMOLLM2_135M: SyntheticShape = { vocab: 49_152, d: 576, layers: 30, heads: 9, kvHeads: 3, mlp: 1536 };
/** The shape of Llama-3.2-1B; its head is tied too. */
export const LLAMA32_1B: SyntheticShape = { vocab: 128_256, d: 2048, layers: 16, heads: 32, kvHeads: 8, mlp: 8192 };

const elementsOf = (dims: readonly number[]): number => dims.reduce((product, n) => product * n, 1);

function tensors({ vocab, d, layers, heads, kvHeads, mlp }: SyntheticShape): [string, number[]][] {
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
  return [["model.embed_tokens.weight", [vocab, d]], ...blocks, ["model.norm.weight", [d]]];
}

/** Bytes in F32: of the largest tensor, and of all weights. */
export function sizesOf(shape: SyntheticShape): { largestTensor: number; weights: number } {
  const sizes = tensors(shape).map(([, dims]) => 4 * elementsOf(dims));
  return { largestTensor: Math.max(...sizes), weights: sizes.reduce((sum, bytes) => sum + bytes, 0) };
}

/**
 * The model's folder, in F32. The same shape gives the same bytes, however they are read. `tokenizer`: a tokenizer.json with at most
 * `vocab` tokens; the other rows of the embedding are unused.
 */
export function syntheticModel(name: string, shape: SyntheticShape, tokenizer: ByteSource): Folder {
  const config = new TextEncoder().encode(JSON.stringify(configOf(shape), null, 2));
  return folderOf(name, [memorySource("config.json", config), tokenizer, weightsSource(shape)]);
}

function weightsSource(shape: SyntheticShape): ByteSource {
  let end = 0;
  const entries = tensors(shape).map(([name, dims]) => {
    const offsets = [end, (end += 4 * elementsOf(dims))];
    return [name, { dtype: "F32", shape: dims, data_offsets: offsets }] as const;
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
      if (stop > start) bytes.set(valueBytes(start, stop), Math.max(0, header.length - offset));
      return bytes;
    },
  };
  return source;
}

/** A prime, so that no width divides it: rows of a matrix differ. Making every weight anew would take longer than the measurements. */
const NOISE_VALUES = 1_048_583;
let noise: Uint8Array | undefined;

/** Bytes of values in the range of trained weights, from a 32-bit linear congruential generator. */
function noiseBytes(): Uint8Array {
  const values = new Float32Array(NOISE_VALUES);
  let state = 1;
  for (let i = 0; i < values.length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    values[i] = (state / 2 ** 32 - 0.5) * 0.1;
  }
  return new Uint8Array(values.buffer);
}

/** Bytes [start, stop) of the values, which repeat after NOISE_VALUES. */
function valueBytes(start: number, stop: number): Uint8Array<ArrayBuffer> {
  noise ??= noiseBytes();
  const bytes = new Uint8Array(stop - start);
  for (let at = start; at < stop;) {
    const from = at % noise.length;
    const part = noise.subarray(from, Math.min(noise.length, from + stop - at));
    bytes.set(part, at - start);
    at += part.length;
  }
  return bytes;
}

function configOf({ vocab, d, layers, heads, kvHeads, mlp }: SyntheticShape): Record<string, unknown> {
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
    tie_word_embeddings: true,
    torch_dtype: "float32",
  };
}
