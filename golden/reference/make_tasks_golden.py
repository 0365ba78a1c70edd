"""Adds PyTorch's log-likelihoods of zero-shot tasks to a golden case.

    python make_tasks_golden.py ../llama --text HELD.txt

Writes choices.jsonl (multiple choice), pairs.jsonl (minimal pairs), words.jsonl (a passage and its last word) and tasks.json (for each file, the sums of
ln p and whether the continuation is greedy, item by item) to the folder of the case, whose model it uses. Contexts and continuations become tokens as in
lm-evaluation-harness: spaces at the end of the context belong to the continuation, and an empty context is the bos token. What is longer than the model's
context and one token more is cut on the left.
"""
import argparse, json, re
import torch
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM

ap = argparse.ArgumentParser()
ap.add_argument("case"); ap.add_argument("--text", required=True)
a = ap.parse_args()
tok = Tokenizer.from_file(f"{a.case}/tokenizer.json")
model = AutoModelForCausalLM.from_pretrained(a.case, dtype=torch.float32, attn_implementation="eager").eval()
limit = model.config.max_position_embeddings
encode = lambda text: tok.encode(text, add_special_tokens=False).ids

sentences = [s for s in re.split(r"(?<=[.!?])\s+(?=[A-Z])", open(a.text, encoding="utf-8").read()[:60_000]) if 5 <= len(s.split()) <= 40]
choices = []
for i in range(8):
    at = 12 * i + 3
    others = [sentences[(at + 37 * k) % len(sentences)] for k in (1, 2, 3)]
    gold = i % 4
    choices.append({"query": " ".join(sentences[at - 2:at]) + (" " if i == 5 else ""), "choices": others[:gold] + [sentences[at]] + others[gold:], "gold": gold})
choices[6]["query"] = " ".join(sentences[40:70])                   # longer than the context: cut on the left
choices[7]["query"] = ""                                           # no context
pairs = [{"good": s, "bad": " ".join(reversed(s.split()))} for s in sentences[100:106]]
words = []
def written(context):                                              # what the model itself writes next, if that is a word after a space
    ids = encode(context)
    with torch.no_grad():
        for _ in range(3): ids.append(model(torch.tensor(ids[-limit:])[None]).logits[0, -1].argmax().item())
    text = tok.decode(ids)[len(tok.decode(encode(context))):]
    return text[1:] if re.match(r" \S", text) and encode(context + text) == ids else None
for s in sentences[120:240]:
    m = re.match(r"(.*\S)\s+([A-Za-z]{4,})\W*$", s)
    own = m and written(m[1])
    if own and len(words) < 8: words.append({"query": m[1], "choices": [m[2], own], "gold": 0})

def score(context, continuation):
    kept = context.rstrip()
    moved = context[len(kept):] + continuation
    if kept == "":
        ids, n = [model.config.bos_token_id] + encode(moved), len(encode(moved))
    else:
        ids = encode(kept + moved); n = len(ids) - len(encode(kept))
    ids = torch.tensor(ids[-(limit + 1):])[None]                     # the last token is only predicted
    with torch.no_grad(): logits = model(ids[:, :-1]).logits[0].double()
    logp = logits.log_softmax(-1); target = ids[0, 1:]
    rows = range(len(target) - n, len(target))
    return sum(logp[r, target[r]].item() for r in rows), all(logits[r].argmax().item() == target[r].item() for r in rows)

info = {}
for name, items in (("choices", choices), ("pairs", pairs), ("words", words)):
    scored = [[score(i.get("query", ""), " " + c) for c in (i["choices"] if "choices" in i else [i["good"], i["bad"]])] for i in items]
    info[name] = {"logLikelihoods": [[round(s, 6) for s, _ in item] for item in scored], "greedy": [[g for _, g in item] for item in scored]}
    with open(f"{a.case}/{name}.jsonl", "w", encoding="utf-8") as f:
        f.writelines(json.dumps(i, ensure_ascii=False) + "\n" for i in items)
with open(f"{a.case}/tasks.json", "w", encoding="utf-8") as f: json.dump(info, f, indent=1)
print({name: (len(v["greedy"]), sum(g for item in v["greedy"] for g in item)) for name, v in info.items()})
