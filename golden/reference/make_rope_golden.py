"""What transformers computes for golden/llama under every kind of rope scaling: python make_rope_golden.py ../llama ../rope.json

The file is {"ids": [...], "cases": [{"name", "rope_scaling", "sequences": [{"tokens", "loss", "logits"}]}]}: for each sequence the first
`tokens` ids, the mean loss of a token in nats, and the logits of the last position.
"""
import argparse
import json
import pathlib

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


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    args = parser.parse_args()
    ids = load_file(args.model / "golden.safetensors")["eval.ids"].long()[:200]
    cases = []
    for name, scaling in CASES.items():
        config = json.loads((args.model / "config.json").read_text())
        config["rope_scaling"] = scaling
        folder = args.out.parent / "rope-config"
        folder.mkdir(exist_ok=True)
        (folder / "config.json").write_text(json.dumps(config))
        loaded = AutoConfig.from_pretrained(folder)
        (folder / "config.json").unlink()
        folder.rmdir()
        model = AutoModelForCausalLM.from_pretrained(args.model, config=loaded, dtype=torch.float32, attn_implementation="eager").eval()
        sequences = []
        for tokens in (48, ORIGINAL, ORIGINAL + 1, 200):
            with torch.no_grad():
                part = ids[None, :tokens]
                result = model(part, labels=part)
            sequences.append({"tokens": tokens, "loss": result.loss.item(), "logits": [round(x, 5) for x in result.logits[0, -1].tolist()]})
        cases.append({"name": name, "rope_scaling": scaling, "sequences": sequences})
        print(name, [round(s["loss"], 4) for s in sequences])
    args.out.write_text(json.dumps({"ids": ids.tolist(), "cases": cases}))


if __name__ == "__main__":
    main()
