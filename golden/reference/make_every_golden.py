"""Adds PyTorch's results for one training for every ratio to a golden case: twelve steps, each with its own ratio.

    python make_every_golden.py ../llama --text TRAIN.txt

Writes every.safetensors and every.json to the folder of the case, whose model it uses.
"""
import argparse, json
import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM
from prune_reference import *

ap = argparse.ArgumentParser()
ap.add_argument("case"); ap.add_argument("--text", required=True); ap.add_argument("--seed", type=int, default=5)
a = ap.parse_args()
tok = Tokenizer.from_file(f"{a.case}/tokenizer.json")
train = torch.tensor(tok.encode(open(a.text, encoding="utf-8").read()[:400_000], add_special_tokens=False).ids)
model = AutoModelForCausalLM.from_pretrained(a.case, dtype=torch.float32, attn_implementation="eager").eval()
gates = Gates(model); sizes = gates.sizes; gates.remove()
f32 = lambda t: t.detach().float().contiguous().clone()

torch.manual_seed(300 + a.seed); gen = torch.Generator().manual_seed(400 + a.seed)
S, T, SHOWN, LOW, HIGH = 12, 48, 0.5, 0.35, 0.95
hn = Hypernetwork(sizes, every=True)
G = {"hn.z": f32(hn.z[:, 0])}
for k, v in hn.state_dict().items():
    if k != "z": G[f"hn.start.{k}"] = f32(v)
for i, v in enumerate(hn(SHOWN)): G[f"hn.logits.{i}"] = f32(v)
batches = torch.stack([train[s:s + T] for s in torch.randint(0, len(train) - T, (S,), generator=gen)]); G["train.ids"] = batches.int()
U = torch.rand(S, sum(sizes), generator=gen).clamp(1e-6, 1 - 1e-6)
offs = [sum(sizes[:i]) for i in range(len(sizes))]
ratio = lambda step: ratio_of_step(a.seed, step, LOW, HIGH)

class Noise:                                            # keeps every draw away from its threshold, so that a rounding error cannot flip a gate
    def __call__(self, step, k, i, n):
        if i == 0: self.x = [v.detach() for v in hn(ratio(step))]
        u = U[step, offs[i]:offs[i] + n]; pi = torch.sigmoid(self.x[i] + 3.0)
        close = (u - pi).abs() < 1e-3; u[close] = torch.where(pi[close] > 0.5, pi[close] - 5e-3, pi[close] + 5e-3)
        return u

recipe = Recipe(p=SHOWN, lam=6.0, steps=S, lr=1e-2)     # a large learning rate, so that twelve steps move the gate logits
hn, hist = train_masks(model, sizes, lambda s: batches[s][None].long(), Noise(), recipe, hn=hn, ratio=ratio)
G["train.u"] = f32(U)
for k, v in hn.state_dict().items():
    if k.startswith(("gru", "norm", "ratio")): G[f"hn.end.{k}"] = f32(v)
for i, v in enumerate(hn(SHOWN)): G[f"hn.end.logits.{i}"] = f32(v)
info = {"recipe": {**recipe.__dict__, "seed": a.seed, "from": LOW, "to": HIGH}, "ratio": [ratio(s) for s in range(S)],
        "lm_loss": [h[0] for h in hist], "penalty": [h[1] for h in hist], "kept_block_weights": [int(h[2]) for h in hist]}
save_file(G, f"{a.case}/every.safetensors")
json.dump(info, open(f"{a.case}/every.json", "w"), indent=1)
print([round(v, 3) for v in info["ratio"]], [round(v, 4) for v in info["lm_loss"]], [round(v, 4) for v in info["penalty"]])
