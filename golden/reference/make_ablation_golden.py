"""Adds PyTorch's results for the paper's ablations to a golden case: twelve steps each with s4 alone, with shared gates, with heads without the GRU, and with free gate logits.

    python make_ablation_golden.py ../llama --text TRAIN.txt

Writes mlp, constrained, no-gru and no-hypernetwork (.safetensors and .json each), or those named by --only, to the folder of the case, whose model it uses.
"""
import argparse, json
import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM
from prune_reference import *

ap = argparse.ArgumentParser()
ap.add_argument("case"); ap.add_argument("--text", required=True); ap.add_argument("--seed", type=int, default=7)
ap.add_argument("--only", help="names of the trainings to make, separated by commas")
a = ap.parse_args()
tok = Tokenizer.from_file(f"{a.case}/tokenizer.json")
train = torch.tensor(tok.encode(open(a.text, encoding="utf-8").read()[:400_000], add_special_tokens=False).ids)
model = AutoModelForCausalLM.from_pretrained(a.case, dtype=torch.float32, attn_implementation="eager").eval()
gates = Gates(model); sizes = gates.sizes; gates.remove()
f32 = lambda t: t.detach().float().contiguous().clone()
S, T = 12, 48


def made(hn, shown):
    """Trains hn; vectors with the same number in `shown` get the same noise."""
    gen = torch.Generator().manual_seed(600 + a.seed)
    own = getattr(hn, "own", hn)
    G = {f"hn.start.{k}": f32(v) for k, v in own.state_dict().items() if k != "z" and not k.startswith("theta")}
    if hasattr(own, "z"): G["hn.z"] = f32(own.z.flatten(1))
    for i, v in enumerate(hn()): G[f"hn.logits.{i}"] = f32(v)
    batches = torch.stack([train[s:s + T] for s in torch.randint(0, len(train) - T, (S,), generator=gen)])
    U = [[None] * len(sizes) for _ in range(S)]
    x = []

    def noise(step, k, i, n):                           # keeps every draw away from its threshold, so that a rounding error cannot flip a gate
        if i == 0: x[:] = [v.detach() for v in hn()]
        first = shown.index(shown[i])
        if first == i:
            u = torch.rand(n, generator=gen).clamp(1e-6, 1 - 1e-6); pi = torch.sigmoid(x[i] + 3.0)
            close = (u - pi).abs() < 1e-3; u[close] = torch.where(pi[close] > 0.5, pi[close] - 5e-3, pi[close] + 5e-3)
            U[step][i] = u
        U[step][i] = U[step][first]
        return U[step][i]

    recipe = Recipe(p=0.5, lam=6.0, steps=S, lr=1e-2)   # a large learning rate, so that twelve steps move the gate logits
    _, hist = train_masks(model, sizes, lambda s: batches[s][None].long(), noise, recipe, hn=hn)
    G["train.ids"] = batches.int(); G["train.u"] = f32(torch.stack([torch.cat(u) for u in U]))
    for i, v in enumerate(hn()): G[f"hn.end.logits.{i}"] = f32(v)
    return G, {"recipe": recipe.__dict__, "lm_loss": [h[0] for h in hist], "penalty": [h[1] for h in hist], "kept_block_weights": [int(h[2]) for h in hist]}


for name, make in (("mlp", MlpOnly), ("constrained", Constrained), ("no-gru", LinearHeads), ("no-hypernetwork", ElementwiseTheta)):
    if a.only and name not in a.only.split(","): continue
    torch.manual_seed(500 + a.seed)
    hn = make(sizes)
    G, info = made(hn, getattr(hn, "shown", list(range(len(sizes)))))
    save_file(G, f"{a.case}/{name}.safetensors")
    json.dump(info, open(f"{a.case}/{name}.json", "w"), indent=1)
    print(name, [round(v, 4) for v in info["lm_loss"]], [round(v, 4) for v in info["penalty"]])
