"""What transformers computes for golden/llama under every kind of rope scaling: python make_rope_golden.py ../llama ../rope.json

The file is {"ids": [...], "cases": [{"name", "rope_scaling", "sequences": [{"tokens", "loss", "logits", "frequencies", "attention"}],
"cached"}], "spellings": [...]}: for each sequence the first `tokens` ids, the mean loss of a token in nats, the logits of the last position,
the angle per position of each pair, and the factor on cosine and sine. cached: {"prompt", "tokens", "logits"}, the last logits where the first
`prompt` ids are one forward pass and all others are decoded one by one with the cache.
spellings: {"name", "family", "config", "removed", "frequencies", "attention"}: keys of `config` are set and those of `removed` deleted in the
config.json of a golden case; {"error": true} in place of the last two where transformers cannot load or run the model. They are those of a
forward pass of 9 tokens.
"""
import argparse
import json
import pathlib
import tempfile

import torch
from safetensors.torch import load_file
from transformers import AutoConfig, AutoModelForCausalLM

PAIRS = 8  # head_dim 16
ORIGINAL = 64
SHORT = [1.0 + 0.05 * i for i in range(PAIRS)]
LONG = [1.5 + 0.5 * i for i in range(PAIRS)]
CASES = {
    "default": None,
    "linear": {"type": "linear", "factor": 4.0},
    "linear by 1": {"rope_type": "linear", "factor": 1.0},
    "dynamic": {"type": "dynamic", "factor": 2.0},
    "llama3": {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": ORIGINAL},
    "yarn": {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": ORIGINAL},
    "yarn, attention factor": {"type": "yarn", "factor": 4.0, "original_max_position_embeddings": ORIGINAL, "attention_factor": 0.9},
    "yarn, betas": {"rope_type": "yarn", "factor": 2.0, "original_max_position_embeddings": ORIGINAL, "beta_fast": 8.0, "beta_slow": 2.0},
    "yarn, mscale": {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": ORIGINAL, "mscale": 0.707, "mscale_all_dim": 1.2},
    "yarn, not truncated": {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": ORIGINAL, "truncate": False},
    "longrope": {"rope_type": "longrope", "short_factor": SHORT, "long_factor": LONG, "original_max_position_embeddings": ORIGINAL},
    "longrope, factor": {"rope_type": "longrope", "short_factor": SHORT, "long_factor": LONG, "original_max_position_embeddings": ORIGINAL, "factor": 2.0},
    "longrope, attention factor": {"rope_type": "longrope", "short_factor": SHORT, "long_factor": LONG, "original_max_position_embeddings": ORIGINAL, "attention_factor": 1.1},
}


YARN = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": ORIGINAL}
LONGROPE = {"rope_type": "longrope", "short_factor": SHORT, "long_factor": LONG}
LINEAR = {"type": "linear", "factor": 2.0}
OTHER_BASE = {"rope_type": "default", "rope_theta": 5e5}
REMOVED = "removed"
SPELLINGS = [
    ("yarn without the original context", "llama", {"rope_scaling": {"rope_type": "yarn", "factor": 4.0}}),
    ("yarn, the original context at the top too", "llama", {"rope_scaling": YARN, "original_max_position_embeddings": 128}),
    ("yarn without factor", "llama", {"rope_scaling": {"rope_type": "yarn", "original_max_position_embeddings": ORIGINAL}}),
    ("yarn, factor null", "llama", {"rope_scaling": {**YARN, "factor": None}}),
    ("yarn, truncate null", "llama", {"rope_scaling": {**YARN, "truncate": None}}),
    ("yarn, zeros", "llama", {"rope_scaling": {**YARN, "beta_fast": 0, "beta_slow": 0, "mscale": 0, "mscale_all_dim": 1.0}}),
    ("yarn, one pair turns", "llama", {"rope_scaling": {**YARN, "beta_fast": 1.0, "beta_slow": 1.0}}),
    ("yarn in parameters", "llama", {"rope_theta": REMOVED, "rope_parameters": {**YARN, "rope_theta": 5e5}}),
    ("yarn of qwen2", "qwen2", {"rope_scaling": YARN}),
    ("yarn of qwen3", "qwen3", {"rope_scaling": YARN}),
    ("yarn of gemma", "gemma", {"rope_scaling": YARN}),
    ("llama3, the original context at the top", "llama", {"rope_scaling": {k: v for k, v in CASES["llama3"].items() if not k.startswith("original")}, "original_max_position_embeddings": ORIGINAL}),
    ("longrope without the original context", "llama", {"rope_scaling": LONGROPE}),
    ("longrope, the original context at the top", "llama", {"rope_scaling": LONGROPE, "original_max_position_embeddings": 8}),
    ("longrope, factor below 1", "llama", {"rope_scaling": {**LONGROPE, "factor": 0.5}}),
    ("longrope, lists of another length", "llama", {"rope_scaling": {**LONGROPE, "short_factor": [1.0, 2.0, 3.0]}}),
    ("no scaling, parameters", "llama", {"rope_theta": 3e4, "rope_parameters": OTHER_BASE}),
    ("empty scaling, parameters", "llama", {"rope_theta": 3e4, "rope_parameters": OTHER_BASE, "rope_scaling": {}}),
    ("scaling and parameters", "llama", {"rope_theta": 3e4, "rope_parameters": OTHER_BASE, "rope_scaling": LINEAR}),
    ("scaling and parameters, no base at the top", "llama", {"rope_theta": REMOVED, "rope_parameters": OTHER_BASE, "rope_scaling": LINEAR}),
    ("base in the scaling", "llama", {"rope_theta": 3e4, "rope_scaling": {**LINEAR, "rope_theta": 500}}),
    ("base null", "llama", {"rope_theta": None}),
    ("base in parameters null", "llama", {"rope_parameters": {"rope_type": "default", "rope_theta": None}}),
    ("no base", "qwen2", {"rope_theta": REMOVED, "rope_parameters": REMOVED}),
    ("two types", "llama", {"rope_scaling": {"type": "linear", "rope_type": "default", "factor": 2.0}}),
    ("type null", "llama", {"rope_scaling": {"type": "linear", "rope_type": None, "factor": 2.0}}),
    ("no type", "llama", {"rope_scaling": {"factor": 2.0}}),
    ("old name of longrope", "llama", {"rope_scaling": {**LONGROPE, "rope_type": "su"}}),
    ("linear without factor", "llama", {"rope_scaling": {"type": "linear"}}),
    ("linear, factor in words", "llama", {"rope_scaling": {"type": "linear", "factor": "2"}}),
    ("linear, factor below 1", "mistral", {"rope_scaling": {"type": "linear", "factor": 0.5}}),
    ("dynamic over its context", "llama", {"rope_scaling": {"type": "dynamic", "factor": 2.0}, "max_position_embeddings": 4}),
    ("phi", "phi", {}),
    ("phi, half in parameters", "phi", {"partial_rotary_factor": 0.5, "rope_parameters": {"rope_type": "default", "rope_theta": 1e4, "partial_rotary_factor": 0.25}}),
    ("phi, scaling and parameters", "phi", {"partial_rotary_factor": REMOVED, "rope_scaling": LINEAR, "rope_parameters": {"rope_type": "default", "rope_theta": 500.0, "partial_rotary_factor": 0.25}}),
    ("phi, yarn", "phi", {"rope_scaling": YARN}),
    ("phi, share null", "phi", {"partial_rotary_factor": None}),
    ("a part of llama's heads, scaled", "llama", {"partial_rotary_factor": 0.5, "rope_scaling": LINEAR}),
]
SPELLING_TOKENS = 9


def config_of(path, changes):
    """The config of a golden case with some keys changed, read as from_pretrained does."""
    config = {**json.loads((path / "config.json").read_text()), **changes}
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "config.json").write_text(json.dumps({k: v for k, v in config.items() if v != REMOVED}))
        return AutoConfig.from_pretrained(folder)


def rope_of(model):
    rotary = model.model.rotary_emb
    return {"frequencies": rotary.inv_freq.tolist(), "attention": float(rotary.attention_scaling)}


def spelling(path, name, family, changes):
    removed = [k for k, v in changes.items() if v == REMOVED]
    case = {"name": name, "family": family, "config": {k: v for k, v in changes.items() if v != REMOVED}, "removed": removed}
    try:
        model = AutoModelForCausalLM.from_config(config_of(path / family, changes))
        with torch.no_grad():
            model(torch.arange(SPELLING_TOKENS)[None])
        return {**case, **rope_of(model)}
    except Exception:
        return {**case, "error": True}


def cached_logits(model, ids, prompt):
    with torch.no_grad():
        result = model(ids[None, :prompt], use_cache=True)
        for id in ids[prompt:]:
            result = model(id[None, None], past_key_values=result.past_key_values, use_cache=True)
    return [round(x, 5) for x in result.logits[0, -1].tolist()]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    args = parser.parse_args()
    ids = load_file(args.model / "golden.safetensors")["eval.ids"].long()[:200]
    cases = []
    for name, scaling in CASES.items():
        loaded = config_of(args.model, {"rope_scaling": scaling})
        model = AutoModelForCausalLM.from_pretrained(args.model, config=loaded, dtype=torch.float32, attn_implementation="eager").eval()
        sequences = []
        for tokens in (48, ORIGINAL, ORIGINAL + 1, 200):
            with torch.no_grad():
                part = ids[None, :tokens]
                result = model(part, labels=part)
            sequences.append({"tokens": tokens, "loss": result.loss.item(), "logits": [round(x, 5) for x in result.logits[0, -1].tolist()], **rope_of(model)})
        cached = {"prompt": ORIGINAL - 4, "tokens": ORIGINAL + 6, "logits": cached_logits(model, ids[: ORIGINAL + 6], ORIGINAL - 4)}
        cases.append({"name": name, "rope_scaling": scaling, "sequences": sequences, "cached": cached})
        print(name, [round(s["loss"], 4) for s in sequences])
    spellings = [spelling(args.model.parent, *one) for one in SPELLINGS]
    args.out.write_text(json.dumps({"ids": ids.tolist(), "cases": cases, "spellings": spellings}))


if __name__ == "__main__":
    main()
