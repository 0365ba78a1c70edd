"""Quantises a Hugging Face folder of a llama model to a GGUF file with matrices of every type, for the golden case "quantised".

    python make_golden.py llama --set '{"hidden_size": 256, "intermediate_size": 512, "num_hidden_layers": 2}' --steps 60 \
        --text TRAIN.txt --eval HELD.txt --out FOLDER
    python make_quantised.py FOLDER DEQUANTISED
    python make_golden.py llama --like DEQUANTISED --tokens 40 --text TRAIN.txt --eval HELD.txt --out ../quantised

DEQUANTISED becomes the same folder with the values that the Python package gguf reads from model.gguf, which lies beside them. The case
consists of model.gguf, golden.json and golden.safetensors; delete the other files, and the results of magnitude pruning, whose ties PyTorch
resolves at random.
"""
import json, shutil, sys
import gguf, numpy as np
from gguf import GGMLQuantizationType as Type
from safetensors.numpy import load_file, save_file

source, out = sys.argv[1:3]
shutil.copytree(source, out, dirs_exist_ok=True)
config = json.load(open(f"{source}/config.json")); weights = load_file(f"{source}/model.safetensors")
heads, kv = config["num_attention_heads"], config["num_key_value_heads"]

# The type of each matrix, by block
TYPES = [
    dict(q_proj="Q4_0", k_proj="Q4_1", v_proj="Q5_0", o_proj="Q5_1", gate_proj="Q4_K", up_proj="Q4_K", down_proj="Q6_K"),
    dict(q_proj="Q4_K", k_proj="Q4_K", v_proj="Q6_K", o_proj="Q5_K", gate_proj="Q8_0", up_proj="Q8_0", down_proj="Q5_K"),
]
NAMES = dict(q_proj="attn_q", k_proj="attn_k", v_proj="attn_v", o_proj="attn_output", gate_proj="ffn_gate", up_proj="ffn_up", down_proj="ffn_down",
             input_layernorm="attn_norm", post_attention_layernorm="ffn_norm")

half = lambda x: x.astype("<f2").view(np.uint8)

def with_minimum(x, bits):
    """Q4_K and Q5_K, simply: 8 sub-blocks of d scale q - dmin min. gguf has no quantiser for them."""
    parts = x.reshape(-1, 8, 32); most = 2 ** bits - 1
    low = np.minimum(parts.min(2), 0); step = (parts.max(2) - low) / most
    d, dmin = step.max(1, keepdims=True) / 63, -low.min(1, keepdims=True) / 63
    d, dmin = [np.maximum(v, 1e-8).astype("<f2") for v in (d, dmin)]
    sc, mn = [np.clip(np.round(v / s.astype(np.float32)), 0, 63).astype(np.uint8) for v, s in ((step, d), (-low, dmin))]
    scale, base = np.float32(d) * sc, np.float32(dmin) * mn
    q = np.clip(np.round((parts + base[..., None]) / np.maximum(scale, 1e-9)[..., None]), 0, most).astype(np.uint8)
    packed = np.concatenate([sc[:, :4] | (sc[:, 4:] >> 4 << 6), mn[:, :4] | (mn[:, 4:] >> 4 << 6), (sc[:, 4:] & 15) | (mn[:, 4:] & 15) << 4], 1)
    pairs = (q & 15).reshape(-1, 4, 2, 32); low_bits = (pairs[:, :, 0] | pairs[:, :, 1] << 4).reshape(-1, 128)
    fifth = [(q >> 4 << np.arange(8, dtype=np.uint8)[None, :, None]).sum(1, dtype=np.uint8)] if bits == 5 else []
    return np.concatenate([d.view(np.uint8), dmin.view(np.uint8), packed, *fifth, low_bits], 1)

def q6_k(x):
    parts = x.reshape(-1, 16, 16); step = np.abs(parts).max(2) / 32
    d = np.maximum(step.max(1, keepdims=True) / 127, 1e-8).astype("<f2")
    sc = np.clip(np.round(step / np.float32(d)), 1, 127).astype(np.int8)
    q = (np.clip(np.round(parts / (np.float32(d) * sc)[..., None]), -32, 31) + 32).astype(np.uint8).reshape(-1, 2, 4, 32)
    low = np.concatenate([(q[:, :, k] & 15) | (q[:, :, k + 2] & 15) << 4 for k in (0, 1)], 2)
    high = sum(q[:, :, k] >> 4 << 2 * k for k in range(4))
    return np.concatenate([low.reshape(-1, 128), high.reshape(-1, 64), sc.view(np.uint8), d.view(np.uint8)], 1)

def quantize(x, kind):
    if kind in ("Q4_K", "Q5_K", "Q6_K"): return (q6_k(x) if kind == "Q6_K" else with_minimum(x, int(kind[1]))).reshape(x.shape[0], -1)
    return gguf.quantize(x, Type[kind])

# llama.cpp stores the rows of q and k in pairs that RoPE rotates together
pair = lambda x, n: x.reshape(n, 2, x.shape[0] // n // 2, -1).swapaxes(1, 2).reshape(x.shape)
unpair = lambda x, n: x.reshape(n, x.shape[0] // n // 2, 2, -1).swapaxes(1, 2).reshape(x.shape)

writer = gguf.GGUFWriter(f"{out}/model.gguf", "llama")
writer.add_block_count(config["num_hidden_layers"]); writer.add_context_length(config["max_position_embeddings"])
writer.add_embedding_length(config["hidden_size"]); writer.add_feed_forward_length(config["intermediate_size"])
writer.add_head_count(heads); writer.add_head_count_kv(kv); writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
writer.add_rope_freq_base((config.get("rope_parameters") or config)["rope_theta"]); writer.add_rope_dimension_count(config["hidden_size"] // heads)
tokenizer = json.load(open(f"{source}/tokenizer.json")); vocab = sorted(tokenizer["model"]["vocab"].items(), key=lambda one: one[1])
special = {one["content"] for one in tokenizer["added_tokens"]}
writer.add_tokenizer_model("gpt2"); writer.add_tokenizer_pre("gpt-2"); writer.add_token_list([token for token, _ in vocab])
writer.add_token_types([3 if token in special else 1 for token, _ in vocab])
writer.add_token_merges([m if isinstance(m, str) else " ".join(m) for m in tokenizer["model"]["merges"]])
writer.add_bos_token_id(config["bos_token_id"]); writer.add_eos_token_id(config["eos_token_id"])

for name, x in weights.items():
    x = x.astype(np.float32); parts = name.split(".")
    if "layers" not in parts:
        stored, kind = ("token_embd", "Q8_0") if "embed_tokens" in name else ("output_norm", None)
    else:
        block, part = int(parts[2]), parts[-2]
        stored, kind = f"blk.{block}.{NAMES[part]}", TYPES[block % len(TYPES)].get(part)
    if kind is None: writer.add_tensor(f"{stored}.weight", x); continue
    n = {"q_proj": heads, "k_proj": kv}.get(parts[-2])
    data = quantize(pair(x, n) if n else x, kind); values = gguf.dequantize(data, Type[kind]).astype(np.float32)
    print(f"{stored:20} {kind}  rms error {np.sqrt(np.mean((values - (pair(x, n) if n else x)) ** 2)) / x.std():.4f} of the deviation")
    writer.add_tensor(f"{stored}.weight", data, raw_dtype=Type[kind]); weights[name] = np.ascontiguousarray(unpair(values, n) if n else values)
writer.write_header_to_file(); writer.write_kv_data_to_file(); writer.write_tensors_to_file(); writer.close()
save_file(weights, f"{out}/model.safetensors", metadata={"format": "pt"})
