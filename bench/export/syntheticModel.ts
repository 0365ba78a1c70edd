// A LLaMA folder of any size with random weights, for measurements that depend on a model's size only.
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  renameSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";

interface SyntheticShape {
  vocab: number;
  d: number;
  layers: number;
  heads: number;
  kvHeads: number;
  mlp: number;
}

/** The shape of SmolLM2-135M; its head is tied to the embedding. */
export const SMOLLM2_135M: SyntheticShape = { vocab: 49_152, d: 576, layers: 30, heads: 9, kvHeads: 3, mlp: 1536 };

/** Has at most 2048 tokens; the further rows of a larger vocabulary are unused. */
const TOKENIZER = "public/model/tokenizer.json";
const CHUNK_VALUES = 1 << 20;

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
  const sizes = tensors(shape).map(([, dims]) => 4 * dims.reduce((product, n) => product * n, 1));
  return { largestTensor: Math.max(...sizes), weights: sizes.reduce((sum, bytes) => sum + bytes, 0) };
}

/** Writes the folder in F32, a few megabytes at a time, unless it exists. The same shape gives the same bytes. */
export function writeSyntheticModel(folder: string, shape: SyntheticShape): void {
  const file = join(folder, "model.safetensors");
  if (existsSync(file)) return;
  mkdirSync(folder, { recursive: true });
  copyFileSync(TOKENIZER, join(folder, "tokenizer.json"));
  writeFileSync(join(folder, "config.json"), JSON.stringify(configOf(shape), null, 2));
  let end = 0;
  const header = Object.fromEntries(
    tensors(shape).map(([name, dims]) => {
      const offsets = [end, (end += 4 * dims.reduce((product, n) => product * n, 1))];
      return [name, { dtype: "F32", shape: dims, data_offsets: offsets }];
    }),
  );
  const json = Buffer.from(JSON.stringify(header));
  const padded = Buffer.concat([json, Buffer.alloc((8 - (json.length % 8)) % 8, " ")]);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  const out = openSync(`${file}.part`, "w");
  writeSync(out, Buffer.concat([length, padded]));
  let state = 1;
  for (let left = end / 4; left > 0; left -= CHUNK_VALUES) {
    const values = new Float32Array(Math.min(CHUNK_VALUES, left));
    for (let i = 0; i < values.length; i++) {
      // a 32-bit linear congruential generator, scaled to the range of trained weights
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      values[i] = (state / 2 ** 32 - 0.5) * 0.1;
    }
    writeSync(out, values);
  }
  closeSync(out);
  renameSync(`${file}.part`, file);
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
