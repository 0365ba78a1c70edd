"""Adds the weight pruning that golden.* does not have to a golden case: SparseGPT, and for a model without GLU Wanda and magnitude.

    python make_weight_golden.py ../llama

Reads the case's model and golden.safetensors; writes weights.safetensors (keep-masks, and SparseGPT's weights at 2:4) and weights.json
(loss, counts and perplexity per method and pattern, as in golden.json's `weights`). Calibrates on calibration.ids, or on train.ids if the case
does not have it. SparseGPT follows the paper (Frantar and Alistarh 2023, arXiv 2301.00774), in float64; it is meant to be read.
"""
import argparse, json
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM
from prune_reference import *

COLUMNS = 128      # columns whose errors are collected before the columns after them are updated
DAMPING = 0.01     # fraction of the mean of H's diagonal that is added to the diagonal


def sparsegpt(weight, hessian, ratio, n_m=None):
    """Prunes weight (out, in) given H (in, in). Returns (updated weight, bool keep-mask).
    Goes through the inputs from first to last; the later inputs make up for the error of a removed weight.
    n_m: drops the n of every m consecutive inputs of a row with the smallest w^2 / U_jj^2, chosen when the first of them is reached.
    Otherwise drops the share `ratio` of every COLUMNS inputs of all rows, chosen when the first of them is reached. Ties drop the earlier one."""
    w, h = weight.double().clone(), hessian.double().clone()
    dead = h.diag() == 0
    h[dead, dead] = 1; w[:, dead] = 0
    h += DAMPING * h.diag().mean() * torch.eye(len(h), dtype=h.dtype)
    u = torch.linalg.cholesky(torch.cholesky_inverse(torch.linalg.cholesky(h)), upper=True)      # H^-1 = U^T U
    keep = torch.ones_like(w, dtype=torch.bool)
    step = COLUMNS - COLUMNS % n_m[1] if n_m else COLUMNS
    for first in range(0, w.shape[1], step):
        end = min(first + step, w.shape[1])
        if not n_m:
            score = (w[:, first:end] / u.diag()[first:end]) ** 2
            gone = score.flatten().sort(stable=True).indices[:int(score.numel() * ratio)]
            keep[:, first:end] = torch.ones(score.numel(), dtype=torch.bool).scatter_(0, gone, False).reshape(score.shape)
        errors = torch.zeros(w.shape[0], end - first, dtype=w.dtype)
        for j in range(first, end):
            if n_m and j % n_m[1] == 0:
                score = (w[:, j:j + n_m[1]] / u.diag()[j:j + n_m[1]]) ** 2
                keep[:, j:j + n_m[1]].scatter_(1, score.sort(dim=1, stable=True).indices[:, :n_m[0]], False)
            pruned = w[:, j] * keep[:, j]
            errors[:, j - first] = (w[:, j] - pruned) / u[j, j]
            w[:, j] = pruned
            w[:, j + 1:end] -= errors[:, j - first, None] * u[j, j + 1:end]
        w[:, end:] -= errors @ u[first:end, end:]
    return w.to(weight.dtype), keep


@torch.no_grad()
def sparsegpt_mlp(model, calibration, ratio, n_m=None):
    """Layer by layer, like prune_mlp_weights: H comes from the block while it is dense, after blocks that are already pruned.
    H = (2/n) sum over tokens x x^T, n sequences. Returns ({name: keep-mask}, {name: updated weight})."""
    masks, updated = {}, {}
    for l, b in enumerate(blocks_of(model)):
        sums = {}
        def watch(a, key):
            x = a[0].reshape(-1, a[0].shape[-1]).double()
            sums[key] = sums.get(key, 0) + 2 / len(calibration) * x.T @ x
        hs = [b.ups[0].register_forward_pre_hook(lambda m, a: watch(a, "in")), b.down.register_forward_pre_hook(lambda m, a: watch(a, "mid"))]
        for ids in calibration: model(ids)
        for h in hs: h.remove()
        for name, lin in [*zip(["gate", "up"] if b.glu else ["up"], b.ups), ("down", b.down)]:
            w, keep = sparsegpt(lin.weight, sums["mid" if name == "down" else "in"], ratio, n_m)
            lin.weight.copy_(w)
            masks[f"{l}.{name}"], updated[f"{l}.{name}"] = keep, w
    return masks, updated


if __name__ == "__main__":
    ap = argparse.ArgumentParser(); ap.add_argument("case"); a = ap.parse_args()
    load = lambda: AutoModelForCausalLM.from_pretrained(a.case, dtype=torch.float32, attn_implementation="eager").eval()
    with safe_open(f"{a.case}/golden.safetensors", "pt") as f:
        source = "calibration.ids" if "calibration.ids" in f.keys() else "train.ids"
        ids, ev, calibration = f.get_tensor("ids").long()[None], f.get_tensor("eval.ids").long(), f.get_tensor(source).long()
    calibration = [row[None] for row in calibration]
    methods = ["sparsegpt"] if blocks_of(load())[0].glu else ["wanda", "magnitude", "sparsegpt"]
    G, info = {}, {"calibration": source, "weights": {}}
    for method in methods:
        for name, nm in (("2:4", (2, 4)), ("50%", None)):
            m = load()
            for q in m.parameters(): q.requires_grad_(False)
            if method == "sparsegpt": masks, updated = sparsegpt_mlp(m, calibration, 0.5, nm)
            else: masks, updated = prune_mlp_weights(m, calibration, method, 0.5, nm), {}
            for k, v in masks.items(): G[f"{method}.{name}.{k}"] = v.to(torch.uint8)
            if name == "2:4":
                for k, v in updated.items(): G[f"{method}.{name}.{k}.weight"] = v.contiguous()
            info["weights"][f"{method} {name}"] = {"loss": m(ids, labels=ids).loss.item(), "kept": int(sum(v.sum() for v in masks.values())), "of": sum(v.numel() for v in masks.values()),
                "perplexity": {"context": 64, "tokens": len(ev), "value": perplexity(m, ev, 64)}}
    save_file(G, f"{a.case}/weights.safetensors")
    json.dump(info, open(f"{a.case}/weights.json", "w"), indent=1)
    print(a.case, {k: round(v["perplexity"]["value"], 3) for k, v in info["weights"].items()})
