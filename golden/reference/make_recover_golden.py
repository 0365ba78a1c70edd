"""Adds a recovery to a golden case: twelve steps that train all block weights under the case's hard masks towards the dense model.

    python make_recover_golden.py ../llama
    python make_recover_golden.py ../llama --rank 6     # writes lowRank.* in place of recover.*

Reads the case's model and golden.safetensors (hard.mask.*, train.ids); writes recover.json (recipe, KL of every step before its update, loss on
`ids` afterwards) and recover.safetensors (the last block's linear weights and biases at the end, without the bias of k). Loss: mean over all tokens of
KL(dense || pruned), plus --hidden-weight times the mean of |x - y|^2 / |y|^2, where x and y are what the heads of both models read. AdamW with linear warm-up in the first 5 % of the steps, then half a cosine; gates multiply activations, so pruned
rows and columns get no gradient.

With --rank R the weights and biases stay as they are, and every linear layer gets an adapter (LoRA, arXiv 2106.09685, alpha = R): W + B A with B = 0 and
A (R, in) uniform in +-1/sqrt(kept columns), drawn by the studio's counter noise for (seed, 0, DRAW_ADAPTERS, matrix, entry), where entries count the
kept columns only. lowRank.safetensors has W + B A.
"""
import argparse, json, math
import torch
import torch.nn.functional as F
from safetensors import safe_open
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM
from prune_reference import *

ap = argparse.ArgumentParser()
ap.add_argument("case"); ap.add_argument("--lr", type=float, default=2e-3)
ap.add_argument("--hidden-weight", type=float, default=4)
ap.add_argument("--rank", type=int, default=0); ap.add_argument("--seed", type=int, default=3)
a = ap.parse_args()
load = lambda: AutoModelForCausalLM.from_pretrained(a.case, dtype=torch.float32, attn_implementation="eager").eval()
dense, student = load(), load()
for model in (dense, student):
    for q in model.parameters(): q.requires_grad_(False)
with safe_open(f"{a.case}/golden.safetensors", "pt") as f:
    batches, ids = f.get_tensor("train.ids").long(), f.get_tensor("ids").long()[None]
    gates = Gates(student)
    gates.values = [f.get_tensor(f"hard.mask.{i}").float() for i in range(len(gates.sizes))]
inputs = ReluInputs(student, gates)

DRAW_ADAPTERS = 8
layers = [m for b in blocks_of(student) for m in (*b.qkv, b.o, *b.ups, b.down)]
if a.rank:
    entering = [v for l, b in enumerate(blocks_of(student)) for v in (*[5 * l] * 3, None, *[5 * l + 2] * len(b.ups), 5 * l + 3)]
    def adapt(m, matrix, vector):
        cols = range(m.in_features) if vector is None else gates.values[vector].nonzero()[:, 0].tolist()
        m.A, m.B = torch.nn.Parameter(torch.zeros(a.rank, m.in_features)), torch.nn.Parameter(torch.zeros(m.out_features, a.rank))
        u = torch.tensor([counter_noise(a.seed, 0, DRAW_ADAPTERS, matrix, i) for i in range(a.rank * len(cols))], dtype=torch.float64)
        m.A.data[:, list(cols)] = ((2 * u - 1) / math.sqrt(len(cols))).float().reshape(a.rank, -1)
        m.forward = lambda x: F.linear(x, m.weight, m.bias) + x @ m.A.T @ m.B.T
    for matrix, (m, vector) in enumerate(zip(layers, entering)): adapt(m, matrix, vector)
trained = [q for m in layers for q in ((m.A, m.B) if a.rank else m.parameters())]
for q in trained: q.requires_grad_(True)
name = "lowRank" if a.rank else "recover"
steps = len(batches); warm_up = max(1, round(0.05 * steps))
rate = lambda s: (s + 1) / warm_up if s < warm_up else 0.5 * (1 + math.cos(math.pi * (s - warm_up + 1) / (steps - warm_up + 1)))
opt = torch.optim.AdamW(trained, lr=a.lr, weight_decay=0.0, eps=1e-8)
kl = []
def forward(model, ids):
    """Log-probabilities (T, V) and the head's input (T, d)."""
    read = []
    handle = model.get_output_embeddings().register_forward_pre_hook(lambda _, inputs: read.append(inputs[0][0]))
    q = F.log_softmax(model(ids[None]).logits[0], -1)
    handle.remove()
    return q, read[0]
for s in range(steps):
    for g in opt.param_groups: g["lr"] = a.lr * rate(s)
    with torch.no_grad(): p, y = forward(dense, batches[s])
    q, x = forward(student, batches[s])
    loss = F.kl_div(q, p, log_target=True, reduction="batchmean"); kl.append(loss.item())
    loss = loss + a.hidden_weight * ((x - y).pow(2).sum(-1) / y.pow(2).sum(-1)).mean()
    opt.zero_grad(); loss.backward(); opt.step()
if inputs.smallest < 5e-6:
    raise SystemExit(f"expected inputs of ReLU at least 5e-6 from 0, where its derivative jumps, got {inputs.smallest:.1e}. Try another --lr.")

with torch.no_grad(): after = student(ids, labels=ids).loss.item()
last = blocks_of(student)[-1]
for m in layers if a.rank else []:
    m.weight.data += (m.B @ m.A).data
    del m.A, m.B
of_last = {id(q) for m in (*last.qkv, last.o, *last.ups, last.down) for q in ([m.weight] if a.rank else m.parameters())}
of_last.discard(id(last.qkv[1].bias))    # softmax ignores it, so its gradient is 0 but for rounding, which AdamW would enlarge
save_file({f"end.{n}": q.detach().clone() for n, q in student.named_parameters() if id(q) in of_last}, f"{a.case}/{name}.safetensors")
info = {"recipe": {"steps": steps, "lr": a.lr, "weight_decay": 0.0, "hidden_weight": a.hidden_weight, **({"rank": a.rank, "seed": a.seed} if a.rank else {})}, "kl": kl, "loss": after}
json.dump(info, open(f"{a.case}/{name}.json", "w"), indent=1)
print(a.case, "KL", round(kl[0], 4), "to", round(kl[-1], 4), "loss", round(after, 4))
