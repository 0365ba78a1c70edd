"""Opens an export with transformers and compares its forms with each other, with the receipt and with a golden case.

    python scripts/verify_python.py DIR [--golden CASE/golden.safetensors]

DIR holds masked/ and compact/, or one of them. All is computed in float32 on the CPU. Prints a table; exits with 1 if a check fails.
`npm run verify:python` calls it with an environment of its own.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

import torch
import transformers
from safetensors.torch import load_file, safe_open
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

FORMS = ("masked", "compact")
# Shares of the largest logit: sums in another order; the same where the export rounded its weights to another dtype.
LIMIT = 2e-4
ROUNDED_LIMIT = {"F32": LIMIT, "F16": 2.5e-3, "BF16": 2e-2}
GOLDEN_LIMIT = 1e-4  # of a logit, not of the largest one
ARGMAX_SHARE = 0.98  # one near tie in 64 tokens
TOKENS = 64
PROMPT_TOKENS = 8
NEW_TOKENS = 24
STRIDE = 37


class Table:
    """Rows of (form, check, measured, limit), printed as they come."""

    def __init__(self):
        self.failed = 0

    def row(self, form, check, value, limit=None, good=None):
        """A number against its limit, or a value that `good` judges. A number that is no number fails."""
        good = value <= limit if good is None else good
        shown = value if isinstance(value, str) else f"{value:.2e}"
        bound = "" if limit is None else f"  limit {limit:.2e}"
        print(f"  {'ok  ' if good else 'FAIL'}  {form:<8} {check:<44} {shown}{bound}", flush=True)
        self.failed += not good


def load(folder, own_code):
    """The model in float32, and which tensors did not fit (none should be missing, left over or of another shape)."""
    model, info = AutoModelForCausalLM.from_pretrained(
        folder, trust_remote_code=own_code, dtype=torch.float32, output_loading_info=True
    )
    problems = [f"{kind}: {sorted(map(str, names))[:3]}" for kind, names in info.items() if names]
    return model.eval(), "; ".join(problems)


def forward(model, ids):
    """Logits (T, V) of token ids (T)."""
    with torch.no_grad():
        return model(torch.tensor([ids])).logits[0].float()


def greedy(model, ids, use_cache):
    """Greedy tokens after `ids`, with or without the KV cache."""
    prompt = torch.tensor([ids])
    settings = dict(do_sample=False, use_cache=use_cache, max_new_tokens=NEW_TOKENS, min_new_tokens=NEW_TOKENS)
    return model.generate(prompt, attention_mask=torch.ones_like(prompt), pad_token_id=0, **settings)[0].tolist()


def difference(a, b):
    """Largest absolute difference; infinite where shapes differ, so that it fails."""
    return (a - b).abs().max().item() if a.shape == b.shape else float("inf")


def stored_dtype(folder):
    """The dtype of the weights in the file, as safetensors names it."""
    with safe_open(sorted(folder.glob("*.safetensors"))[0], "pt") as file:
        names = [name for name in file.keys() if name.endswith("weight")]
        return file.get_slice(names[0]).get_dtype()


def check_sample(table, form, logits, receipt, dtype):
    """The logits in the receipt, which the studio computed on WebGPU."""
    sample = receipt["sample"]
    pairs = [
        (logits[position, token].item(), expected)
        for position, top in enumerate(sample["top"])
        for token, expected in zip(top["ids"], top["logits"], strict=True)
    ]
    largest = max(abs(expected) for _, expected in pairs)
    limit = LIMIT if dtype == receipt["model"]["dtype"] else ROUNDED_LIMIT[dtype]
    table.row(form, "receipt's logits: largest difference", max(abs(a - b) for a, b in pairs), limit * largest)


def check_generate(table, form, model, prompt, limit):
    """Greedy text is the same with and without the cache, up to a choice between two tokens with as good as equal logits."""
    with_cache, without = (greedy(model, prompt, use_cache) for use_cache in (True, False))
    pairs = list(zip(with_cache, without, strict=True))
    equal = next((i for i, (a, b) in enumerate(pairs) if a != b), len(pairs))
    gap = 0.0
    if equal < len(pairs):
        last = forward(model, with_cache[:equal])[-1]
        gap = abs(last[with_cache[equal]] - last[without[equal]]).item()
    shown = f"{equal - len(prompt)} of {NEW_TOKENS}" + (f", then a gap of {gap:.1e}" if gap else "")
    table.row(form, "generate: equal with and without KV cache", shown, good=gap <= limit)


def check_form(table, form, folder, ids, receipt, golden):
    """All checks of one form alone; returns its logits on `ids`."""
    own_code = form == "compact"  # masked has to load without
    model, problems = load(folder, own_code)
    files = sum(file.stat().st_size for file in folder.iterdir())
    table.row(form, f"loads as {type(model).__name__}", problems or f"{files / 1e6:.1f} MB", good=not problems)
    logits = forward(model, ids)
    largest = logits.abs().max().item()
    if receipt and "sample" in receipt:
        check_sample(table, form, logits, receipt, stored_dtype(folder))
    if golden:
        worst = difference(forward(model, golden["ids"].tolist()), golden["hard.logits"])
        table.row(form, "golden hard.logits: largest difference", worst, GOLDEN_LIMIT)
    check_generate(table, form, model, ids[:PROMPT_TOKENS], LIMIT * largest)
    with tempfile.TemporaryDirectory() as again:
        model.save_pretrained(again)
        reloaded, problems = load(again, own_code)
        table.row(form, "save_pretrained: logits of the copy", difference(forward(reloaded, ids), logits), LIMIT * largest)
        table.row(form, "save_pretrained: loads again", problems or "yes", good=not problems)
    if (folder / "tokenizer.json").exists():
        tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=own_code)
        text = "The gardener tied the branches."
        back = tokenizer.decode(tokenizer.encode(text, add_special_tokens=False)).strip()
        table.row(form, "tokenizer: text there and back", "equal" if back == text else repr(back), good=back == text)
    return logits


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--golden", type=Path, help="golden.safetensors of the case whose hard masks the export has")
    given = parser.parse_args()
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    forms = {form: given.folder / form for form in FORMS if (given.folder / form / "config.json").exists()}
    if not forms:
        parser.error(f"{given.folder} has neither masked/config.json nor compact/config.json; name the folder of an export")
    first = next(iter(forms.values()))
    receipt = json.loads((first / "receipt.json").read_text()) if (first / "receipt.json").exists() else None
    golden = load_file(given.golden) if given.golden else None
    config = AutoConfig.from_pretrained(first, trust_remote_code="masked" not in forms)
    known = receipt["sample"]["ids"] if receipt and "sample" in receipt else []
    count = min(TOKENS, config.max_position_embeddings) - len(known)
    ids = known + [i * STRIDE % config.vocab_size for i in range(count)]

    print(f"{given.folder}: torch {torch.__version__}, transformers {transformers.__version__}")
    table = Table()
    logits = {}
    for form, folder in forms.items():
        try:
            logits[form] = check_form(table, form, folder, ids, receipt, golden)
        except Exception as error:  # whatever transformers meets in a folder is the answer to the question asked
            table.row(form, type(error).__name__, " ".join(str(error).split())[:200], good=False)
    if len(logits) > 1:
        masked, compact = logits.values()
        limit = LIMIT * masked.abs().max().item()
        table.row("both", "masked against compact: largest difference", difference(masked, compact), limit)
        same = (masked.argmax(-1) == compact.argmax(-1)).float().mean().item()
        table.row("both", "masked against compact: equal argmax", f"{100 * same:.1f} %", good=same >= ARGMAX_SHARE)
    return 1 if table.failed else 0


if __name__ == "__main__":
    sys.exit(main())
