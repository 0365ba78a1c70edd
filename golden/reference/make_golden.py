"""Makes one golden case: a small Hugging Face model, really trained, and PyTorch's results for it.

    python make_golden.py llama --text TRAIN.txt --eval HELD.txt --out ../llama

With --extend, the model in --out is not trained again, and golden.* keeps its values and gets those that it does not have.
Writes config.json, model.safetensors, tokenizer.json, golden.safetensors (tensors) and golden.json (numbers); see ../README.md.
"""
import argparse, json, math, os, random
import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, models, pre_tokenizers, decoders, trainers
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedTokenizerFast
from prune_reference import *

TINY = dict(vocab_size=512, hidden_size=64, num_hidden_layers=3, bos_token_id=0, eos_token_id=1, pad_token_id=None, max_position_embeddings=256, attention_dropout=0.0)
GLU = dict(TINY, intermediate_size=176, num_attention_heads=4, num_key_value_heads=2)
# Families of later years: fewer and odder numbers, so that a case takes less than 300 kB.
SMALL = dict(TINY, vocab_size=272, hidden_size=20, intermediate_size=28, num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=1, head_dim=12, max_position_embeddings=128, rms_norm_eps=1e-5)
SMALL_FAMILIES = {
    "smollm3": dict(SMALL, model_type="smollm3", tie_word_embeddings=True, no_rope_layers=[1, 0]),
    "granite": dict(SMALL, model_type="granite", tie_word_embeddings=True, embedding_multiplier=6.0, residual_multiplier=0.3, attention_multiplier=0.1, logits_scaling=4.0),
    "olmo2": dict(SMALL, model_type="olmo2", num_key_value_heads=2, tie_word_embeddings=True),
    "gemma3_text": dict(SMALL, model_type="gemma3_text", query_pre_attn_scalar=20, sliding_window=11, layer_types=["sliding_attention", "full_attention"],
                        rope_parameters=dict(sliding_attention=dict(rope_type="default", rope_theta=1e4), full_attention=dict(rope_type="linear", factor=2.0, rope_theta=1e6))),
    "gemma2": dict(SMALL, model_type="gemma2", query_pre_attn_scalar=20, sliding_window=11, attn_logit_softcapping=1.5, final_logit_softcapping=4.0),
    "phi3": dict({**SMALL, "hidden_size": 16, "head_dim": 8, "pad_token_id": 0}, model_type="phi3", sliding_window=20, original_max_position_embeddings=48,
                 rope_parameters=dict(rope_type="longrope", rope_theta=1e4, partial_rotary_factor=0.75, short_factor=[1.0, 1.1, 1.3], long_factor=[1.5, 2.0, 3.0])),
}
FAMILIES = {
    **SMALL_FAMILIES,
    "llama":   dict(GLU, model_type="llama", rms_norm_eps=1e-5, tie_word_embeddings=True),
    "llama3":  dict(GLU, model_type="llama", rms_norm_eps=1e-5, tie_word_embeddings=False, rope_theta=500000.0,
                    rope_scaling=dict(rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=64)),
    "mistral": dict(GLU, model_type="mistral", rms_norm_eps=1e-5, tie_word_embeddings=False, sliding_window=32),
    "qwen2":   dict(GLU, model_type="qwen2", rms_norm_eps=1e-6, tie_word_embeddings=True),
    "qwen3":   dict(GLU, model_type="qwen3", rms_norm_eps=1e-6, tie_word_embeddings=True, head_dim=24),
    "gemma":   dict(GLU, model_type="gemma", rms_norm_eps=1e-6, head_dim=24, num_key_value_heads=1, hidden_act="gelu_pytorch_tanh", hidden_activation="gelu_pytorch_tanh"),
    "opt":     dict(TINY, model_type="opt", ffn_dim=160, num_attention_heads=4, word_embed_proj_dim=64, dropout=0.0, activation_function="relu", do_layer_norm_before=True),
    "phi":     dict(TINY, model_type="phi", intermediate_size=160, num_attention_heads=4, partial_rotary_factor=0.5, hidden_act="gelu_new", resid_pdrop=0.0, embd_pdrop=0.0),
}

ap = argparse.ArgumentParser()
ap.add_argument("family", choices=FAMILIES); ap.add_argument("--text", required=True); ap.add_argument("--eval", required=True); ap.add_argument("--out", required=True)
ap.add_argument("--seed", type=int, default=0); ap.add_argument("--set", default="{}", help="JSON of config overrides")
ap.add_argument("--like", help="use this existing Hugging Face folder instead of training a model"); ap.add_argument("--extend", action="store_true", help="add what is missing to the existing case in --out"); ap.add_argument("--steps", type=int, default=400); ap.add_argument("--dtype", default="float32"); ap.add_argument("--tokens", type=int)
a = ap.parse_args(); small = a.family in SMALL_FAMILIES and not a.like
torch.manual_seed(a.seed); random.seed(a.seed); os.makedirs(a.out, exist_ok=True)
text = open(a.text, encoding="utf-8").read()[:1_500_000]; held = open(a.eval, encoding="utf-8").read()[:40_000]

def train_tokenizer():
    tok = Tokenizer(models.BPE()); tok.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False); tok.decoder = decoders.ByteLevel()
    tok.train_from_iterator([text], trainers.BpeTrainer(vocab_size=cfg_kw["vocab_size"], special_tokens=["<s>", "</s>"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    PreTrainedTokenizerFast(tokenizer_object=tok, bos_token="<s>", eos_token="</s>").save_pretrained(a.out)
    return tok


def train_model(train):
    cfg = AutoConfig.for_model(**cfg_kw); cfg._attn_implementation = "eager"
    model = AutoModelForCausalLM.from_config(cfg)
    opt = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.05)
    for s in range(a.steps):
        for g in opt.param_groups: g["lr"] = 3e-3 * min(1, (s + 1) / 40) * (1 - s / a.steps)
        ix = torch.randint(0, len(train) - 97, (12,)); x = torch.stack([train[i:i + 96] for i in ix])
        loss = model(x, labels=x).loss; opt.zero_grad(); loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0); opt.step()
    for m in model.modules():        # a bias that is still zero after training would hide that the engine ignores it
        if isinstance(m, nn.Linear) and m.bias is not None: m.bias.data += 0.02 * torch.randn_like(m.bias)
    model.to(getattr(torch, a.dtype)).save_pretrained(a.out)


cfg_kw = {**FAMILIES[a.family], **json.loads(a.set)}
if a.like:
    import shutil
    for f in os.listdir(a.like): shutil.copy(os.path.join(a.like, f), a.out)
    tok = Tokenizer.from_file(f"{a.out}/tokenizer.json")
    train, ev = torch.tensor(tok.encode(text[:400_000], add_special_tokens=False).ids), torch.tensor(tok.encode(held, add_special_tokens=False).ids)
else:
    tok = Tokenizer.from_file(f"{a.out}/tokenizer.json") if a.extend else train_tokenizer()
    train, ev = torch.tensor(tok.encode(text).ids), torch.tensor(tok.encode(held).ids)
    if not a.extend: train_model(train)
model = AutoModelForCausalLM.from_pretrained(a.out, dtype=torch.float32, attn_implementation="eager").eval()   # reload in float32, as a user would
for q in model.parameters(): q.requires_grad_(False)

G, info = {}, {}
T = a.tokens or (33 if small else 77)
ids = ev[:T][None]; G["ids"] = ids[0].int(); G["eval.ids"] = ev[:1024].int()
blocks = blocks_of(model); L = len(blocks); budget = Budget(blocks); gates = Gates(model); sizes = gates.sizes
f32 = lambda t: t.detach().float().contiguous().clone()

# 1 dense forward
hidden = {}
hs = [b.layer.register_forward_hook(lambda m, i, o, l=l: hidden.__setitem__(l, o[0] if isinstance(o, tuple) else o)) for l, b in enumerate(blocks)]
out = model(ids, labels=ids)
for h in hs: h.remove()
G["logits"] = f32(out.logits[0]); info["loss"] = out.loss.item()
for l in range(L): G[f"hidden.{l}"] = f32(hidden[l].reshape(T, -1))
info["perplexity"] = {"context": 64, "tokens": 1024, "value": perplexity(model, ev[:1024], 64)}
prompt = ev[:16][None]
x = prompt
with torch.no_grad():
    gaps = []
    for _ in range(24):
        z = model(x).logits[0, -1]; top = z.topk(2).values; gaps.append((top[0] - top[1]).item()); x = torch.cat([x, z.argmax()[None, None]], 1)
G["greedy"] = x[0].int(); info["greedy_smallest_gap"] = min(gaps)

# 2 hard masks
gen = torch.Generator().manual_seed(100 + a.seed)
hard = [(torch.rand(n, generator=gen) < 0.4 + 0.5 * torch.rand(1, generator=gen)).float() for n in sizes]
hard[1].zero_(); hard[1][3] = 1                     # a vector that keeps a single gate
gates.values = hard; out = model(ids, labels=ids)
for i, m in enumerate(hard): G[f"hard.mask.{i}"] = m.to(torch.uint8)
G["hard.logits"] = f32(out.logits[0]); info["hard"] = {"loss": out.loss.item(), "kept_block_weights": int(budget.count(hard)), "block_weights": int(budget.total),
    "perplexity": {"context": 64, "tokens": 1024, "value": perplexity(model, ev[:1024], 64)}}

# 3 soft masks and their gradients (s4 applied once, to the input of down)
soft = [torch.rand(n, generator=gen).requires_grad_() for n in sizes]
gates.values = soft; out = model(ids, labels=ids); out.loss.backward()
info["soft"] = {"loss": out.loss.item()}
for i, s in enumerate(soft): G[f"soft.mask.{i}"] = f32(s); G[f"soft.grad.{i}"] = f32(s.grad)
gates.remove()

# 4 twelve training steps of the hypernetwork with given noise and batches
torch.manual_seed(200 + a.seed); S, Tt = 12, 48
hn = Hypernetwork(sizes)
if small:                                             # values that float16 has, in which they are stored
    for q in hn.parameters(): q.data = q.data.half().float()
G["hn.z"] = f32(hn.z[:, 0])
for k, v in hn.state_dict().items():
    if k != "z": G[f"hn.start.{k}"] = v.detach().half().clone() if small else f32(v)
for i, v in enumerate(hn()): G[f"hn.logits.{i}"] = f32(v)
starts = torch.randint(0, len(train) - Tt, (S,), generator=gen); batches = torch.stack([train[s:s + Tt] for s in starts]); G["train.ids"] = batches.int()
U = torch.rand(S, sum(sizes), generator=gen).clamp(1e-6, 1 - 1e-6)
offs = [sum(sizes[:i]) for i in range(len(sizes))]
recipe = Recipe(p=0.5, lam=6.0, steps=S, lr=1e-2)      # a large learning rate, so that twelve steps move the gate logits
class Noise:                                            # keeps every draw away from its threshold, so that a rounding error cannot flip a gate
    def __init__(self): self.x = None
    def __call__(self, step, k, i, n):
        if i == 0: self.x = [v.detach() for v in hn()]
        u = U[step, offs[i]:offs[i] + n]; pi = torch.sigmoid(self.x[i] + 3.0)
        close = (u - pi).abs() < 1e-3; u[close] = torch.where(pi[close] > 0.5, pi[close] - 5e-3, pi[close] + 5e-3)
        return u
grads = {}
model2 = model
hn, hist = train_masks(model2, sizes, lambda s: batches[s][None].long(), Noise(), recipe, hn=hn)
G["train.u"] = f32(U); info["train"] = {"recipe": recipe.__dict__, "lm_loss": [h[0] for h in hist], "penalty": [h[1] for h in hist], "kept_block_weights": [int(h[2]) for h in hist]}
for k, v in hn.state_dict().items():
    if k.startswith(("gru", "norm")) and not (small and "weight_" in k): G[f"hn.end.{k}"] = f32(v)
for i, v in enumerate(hn()): G[f"hn.end.logits.{i}"] = f32(v)

# 5 weight pruning of the MLP with calibration statistics
if blocks[0].glu:
    calib = torch.stack([train[s:s + 64] for s in torch.randint(0, len(train) - 64, (4,), generator=gen)]).long(); G["calibration.ids"] = calib.int()
    info["weights"] = {}
    for method in ("magnitude", "wanda", "dass"):
        for name, nm in (("2:4", (2, 4)), ("4:8", (4, 8)), ("50%", None)):
            if nm and any(n % nm[1] for n in sizes): continue     # N:M needs whole groups
            m = AutoModelForCausalLM.from_pretrained(a.out, dtype=torch.float32, attn_implementation="eager").eval()
            masks = prune_mlp_weights(m, [c[None] for c in calib], method, 0.5, nm)
            if nm == (2, 4) or method == "dass":
                for k, v in masks.items(): G[f"{method}.{name}.{k}"] = v.to(torch.uint8)
            info["weights"][f"{method} {name}"] = {"loss": m(ids, labels=ids).loss.item(), "kept": int(sum(v.sum() for v in masks.values())), "of": sum(v.numel() for v in masks.values()),
                "perplexity": {"context": 64, "tokens": 1024, "value": perplexity(m, ev[:1024], 64)}}

if a.extend:
    had = load_file(f"{a.out}/golden.safetensors"); info.update(json.load(open(f"{a.out}/golden.json")))
    for name, value in had.items(): torch.testing.assert_close(G[name].to(value.dtype), value, rtol=0, atol=1e-5 * float(value.abs().max()), msg=lambda m: f"{name}: {m}")
    G.update(had)
save_file(G, f"{a.out}/golden.safetensors")
if a.extend:
    now = load_file(f"{a.out}/golden.safetensors")
    assert all(value.numpy().tobytes() == now[name].numpy().tobytes() for name, value in had.items())
    print("kept", len(had), "tensors, added", sorted(set(now) - set(had)))
json.dump(info, open(f"{a.out}/golden.json", "w"), indent=1)
print(a.family, {k: info[k] for k in ("loss", "perplexity")}, "hard", round(info["hard"]["loss"], 4), "soft", round(info["soft"]["loss"], 4), "gap", info["greedy_smallest_gap"])
print(" train", [round(v, 4) for v in info["train"]["lm_loss"]], [round(v, 4) for v in info["train"]["penalty"]])
if "weights" in info: print(" ", {k: round(v["perplexity"]["value"], 2) for k, v in info["weights"].items()})
