"""Attempts to improve one training for every ratio: variants of the recipe, trained and measured with PyTorch.

    python try_every_ratio.py ../../public/model --train TRAIN.txt --held HELD.txt --out variants.json [--variants plain FiLM] [--seeds 1 2 3]

Adds the missing results to the JSON, one training at a time: perplexity on 20,480 held-out tokens, context 512, at five ratios.
"""
import argparse, json, math, os
import torch
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM
from prune_reference import *

KEEPS, LOW, HIGH, TOKENS, LAMBDA = (0.8, 0.7, 0.6, 0.5, 0.4), 0.35, 0.95, 128, 6.0
GOLDEN_RATIO = 0.6180339887498949


class Film(Hypernetwork):
    """The ratio also scales and shifts the input of the heads (FiLM, Perez et al. 2018)."""
    def __init__(self, sizes):
        super().__init__(sizes, every=True)
        self.film = nn.Linear(32, 256)
        nn.init.zeros_(self.film.weight); nn.init.zeros_(self.film.bias)

    def forward(self, p):
        told = self.ratio(ratio_features(p))
        h, _ = self.gru(self.z + told)
        scale, shift = self.film(F.gelu(told)).chunk(2)
        h = F.gelu(self.norm(h) * (1 + scale) + shift)[:, 0]
        return [head(h[i]) for i, head in enumerate(self.heads)]


@dataclass
class Variant:
    p: float | None = None         # trained for this ratio only
    steps: int = 3000
    lr: float = 1e-3
    schedule: str = "flat"         # cosine: to zero | tail: to zero over the last 30 %
    stratified: bool = False       # p from a sequence that covers its range evenly
    power: float = 1.0             # above 1, small ratios are drawn more often
    two_ratios: bool = False       # the budget term is the mean over p and the ratio half the range away
    average: float | None = None   # the result is a moving average of the parameters with this factor
    network: type | None = None


DEDICATED = {f"dedicated {p}": Variant(p=p, steps=1500) for p in KEEPS}
VARIANTS = {
    "plain": Variant(),
    "stratified p": Variant(stratified=True),
    "budget over two p": Variant(two_ratios=True),
    "6000 steps": Variant(steps=6000),
    "FiLM": Variant(network=Film),
    "learning rate to zero over the last 30 %": Variant(schedule="tail"),
    "cosine learning rate": Variant(schedule="cosine"),
    "learning rate 2e-3": Variant(lr=2e-3),
    "moving average of the parameters": Variant(average=0.995),
    "small ratios more often": Variant(power=RATIO_POWER),
    "small ratios more often, moving average": Variant(average=0.995, power=RATIO_POWER),
    **DEDICATED,
}


def learning_rate(v: Variant, step):
    if v.schedule == "cosine": return v.lr * 0.5 * (1 + math.cos(math.pi * step / v.steps))
    if v.schedule == "tail": return v.lr * min(1, (1 - step / v.steps) / 0.3)
    return v.lr


def train_variant(v: Variant, seed, model, gates, budget, train):
    """Returns a function from the ratio to the gate logits of the trained hypernetwork."""
    torch.manual_seed(seed)
    gen = torch.Generator().manual_seed(1000 + seed)
    draw = lambda: float(torch.rand(1, generator=gen))
    uniforms = lambda x: [torch.rand(len(a), generator=gen).clamp(1e-6, 1 - 1e-6) for a in x]
    hn = v.network(gates.sizes) if v.network else Hypernetwork(gates.sizes, every=v.p is None)
    logits = lambda p: hn(p) if v.p is None else hn()
    opt = torch.optim.AdamW(hn.parameters(), lr=v.lr, weight_decay=0.05)
    average, start = None, draw()
    for step in range(v.steps):
        for group in opt.param_groups: group["lr"] = learning_rate(v, step)
        r = draw()
        if v.stratified: r = (start + step * GOLDEN_RATIO) % 1
        r **= v.power
        p = LOW + (HIGH - LOW) * r if v.p is None else v.p
        x = logits(p)
        gates.values = s = [reinmax(a, u) for a, u in zip(x, uniforms(x))]
        at = int(torch.randint(0, len(train) - TOKENS, (1,), generator=gen))
        ids = train[at:at + TOKENS][None]
        penalty = budget.penalty(s, p)
        if v.two_ratios:
            other = LOW + (HIGH - LOW) * ((r + 0.5) % 1)
            x = logits(other)
            penalty = (penalty + budget.penalty([reinmax(a, u) for a, u in zip(x, uniforms(x))], other)) / 2
        loss = model(ids, labels=ids).loss + LAMBDA * penalty
        opt.zero_grad(); loss.backward(); opt.step()
        if v.average is not None:
            factor = min(v.average, (step + 1) / (step + 10))
            with torch.no_grad():
                if average is None: average = [q.detach().clone() for q in hn.parameters()]
                else:
                    for a, q in zip(average, hn.parameters()): a.mul_(factor).add_(q, alpha=1 - factor)
    if average is not None:
        with torch.no_grad():
            for a, q in zip(average, hn.parameters()): q.copy_(a)
    return logits


@torch.no_grad()
def measure(v: Variant, logits, model, gates, budget, held):
    found = {}
    for p in KEEPS if v.p is None else (v.p,):
        gates.values = budget_masks(logits(p), budget, p)
        found[str(p)] = perplexity(model, held, 512)
    gates.values = None
    return found


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("model"); ap.add_argument("--train", required=True); ap.add_argument("--held", required=True); ap.add_argument("--out", required=True)
    ap.add_argument("--variants", nargs="+", choices=list(VARIANTS), default=list(VARIANTS)); ap.add_argument("--seeds", nargs="+", default=["1"])
    a = ap.parse_args()
    tokenizer = Tokenizer.from_file(f"{a.model}/tokenizer.json")
    encode = lambda path: torch.tensor(tokenizer.encode(open(path, encoding="utf-8").read(), add_special_tokens=False).ids)
    train, held = encode(a.train), encode(a.held)[:20480]
    model = AutoModelForCausalLM.from_pretrained(a.model, dtype=torch.float32).eval()
    for q in model.parameters(): q.requires_grad_(False)
    gates = Gates(model); budget = Budget(gates.blocks)
    found = json.load(open(a.out)) if os.path.exists(a.out) else {}
    for name in a.variants:
        v = VARIANTS[name]
        for seed in a.seeds:
            if seed in found.get(name, {}): continue
            logits = train_variant(v, int(seed), model, gates, budget, train)
            found.setdefault(name, {})[seed] = measure(v, logits, model, gates, budget, held)
            json.dump(found, open(a.out, "w"), indent=1)
            print(name, seed, {p: round(x, 2) for p, x in found[name][seed].items()}, flush=True)


if __name__ == "__main__": main()
