"""Opens exports with transformers, onnxruntime and llama.cpp, and compares the forms with each other, with the receipt and with PyTorch's numbers.

    python scripts/verify_python.py DIR [DIR ...] [--report FILE]

A DIR contains masked/, compact/, onnx/, gguf/ and gguf-masked/ (or some of them), or one folder with these for each of several ratios
(keep-0.5/), and optionally nested/ and low-rank/: before/masked and recovered/masked, one pruning without and with a low-rank recovery.
A DIR with tokenizers/ has GGUF files of tokenizers instead, one with requantised/ GGUF models pruned in their own files. If it has golden.safetensors, its exports have the hard masks of that golden
case. Everything is computed in float32 on the CPU. Prints a table; exits with 1 if a check fails. `npm run verify:python` runs it in its own environment.
"""

import argparse
import itertools
import json
import sys
from pathlib import Path

import onnx
import onnxruntime
import torch
import transformers
from safetensors.torch import load_file
from transformers import AutoConfig, AutoTokenizer
from verify_adapter import VERSION as PEFT, AdaptedForm
from verify_gguf import GgufForm, check_tokenizers, gguf_version
from verify_requantised import check_requantised
from verify_onnx import OnnxForm
from verify_table import Table
from verify_torch import TorchForm

OPENERS = {
    "masked": lambda folder: TorchForm(folder, own_code=False),
    "compact": lambda folder: TorchForm(folder, own_code=True),
    "onnx": OnnxForm,
    **{name: GgufForm for name in ("gguf", "gguf-f16", "gguf-q8_0", "gguf-q4_0", "gguf-masked")},
}
# Limits relative to the largest logit: for sums in another order, and for weights that the export rounded to another dtype.
LIMIT = 2e-4
ROUNDED_LIMIT = {"F32": LIMIT, "F16": 2.5e-3, "BF16": 2e-2, "Q8_0": 0.1, "Q4_0": 0.6}
ARGMAX_SHARE = 0.98  # allows one near tie in 64 tokens
ROUNDED_ARGMAX_SHARE = {"Q8_0": 0.85, "Q4_0": 0.3}
TOKENS = 64
PROMPT_TOKENS = 8
NEW_TOKENS = 24
STRIDE = 37
TEXT = "The gardener tied the branches."


def check_sample(table, name, form, logits, receipt):
    """Compares with the logits in the receipt, which Espalier computed on WebGPU."""
    pairs = [
        (logits[position, token].item(), expected)
        for position, top in enumerate(receipt["sample"]["top"])
        for token, expected in zip(top["ids"], top["logits"], strict=True)
    ]
    largest = max(abs(expected) for _, expected in pairs)
    limit = limit_of(form, LIMIT if form.dtype == receipt["model"]["dtype"] else ROUNDED_LIMIT[form.dtype])
    table.row(name, "receipt's logits: largest difference", max(abs(a - b) for a, b in pairs), limit * largest)


def check_greedy(table, name, form, prompt, limit):
    """Greedy text must be the same with and without the cache, up to a choice between two tokens with nearly equal logits."""
    with_cache, without = (form.greedy(prompt, NEW_TOKENS, use_cache) for use_cache in (True, False))
    pairs = list(zip(with_cache, without, strict=True))
    equal = next((i for i, (a, b) in enumerate(pairs) if a != b), len(pairs))
    gap = 0.0
    if equal < len(pairs):
        last = form.forward(with_cache[:equal])[-1]
        gap = abs(last[with_cache[equal]] - last[without[equal]]).item()
    shown = f"{equal - len(prompt)} of {NEW_TOKENS}" + (f", then a gap of {gap:.1e}" if gap else "")
    table.row(name, "greedy text: equal with and without KV cache", shown, good=gap <= limit)


def check_form(table, name, folder, ids, receipt, golden):
    """Runs all checks of one form; returns it and its logits for `ids`."""
    form = OPENERS[name](folder)
    megabytes = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6
    loaded = f"{form.loaded_as}, {form.dtype}, {megabytes:.1f} MB"
    table.row(name, "loads", form.problems or loaded, good=not form.problems)
    logits = form.forward(ids)
    limit = LIMIT * logits.abs().max().item()
    if receipt and "sample" in receipt:
        check_sample(table, name, form, logits, receipt)
    if golden:
        expected = golden["hard.logits"]
        worst = difference(form.forward(golden["ids"].tolist()), rows_of(form, expected))
        relative = limit_of(form, ROUNDED_LIMIT[form.dtype])
        table.row(name, "PyTorch's logits: largest difference", worst, relative * expected.abs().max().item())
    check_greedy(table, name, form, ids[:PROMPT_TOKENS], limit)
    for check, value, good in form.checks(ids, logits):
        table.row(name, check, value, limit if good is None else None, good)
    if (folder / "tokenizer.json").exists():
        tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=name == "compact")
        back = tokenizer.decode(tokenizer.encode(TEXT, add_special_tokens=False)).strip()
        table.row(name, "tokenizer: encodes and decodes", "equal" if back == TEXT else repr(back), good=back == TEXT)
    return form, logits


def limit_of(form, limit):
    """The limit, or the form's own where its runtime is less exact."""
    return max(limit, getattr(form, "limit", None) or 0)


def difference(a, b):
    """Largest absolute difference; infinite where shapes differ, so that it fails."""
    return (a - b).abs().max().item() if a.shape == b.shape else float("inf")


def rows_of(form, logits):
    """The rows of logits that the form has too: those of its context."""
    return logits[: getattr(form, "context", None)]


def check_pair(table, names, one, other):
    """Compares two forms on the same tokens."""
    (form, logits), (other_form, other_logits) = one, other
    logits, other_logits = rows_of(other_form, logits), rows_of(form, other_logits)
    dtypes = (form.dtype, other_form.dtype)
    relative = LIMIT if dtypes[0] == dtypes[1] else max(ROUNDED_LIMIT[dtype] for dtype in dtypes)
    relative = max(limit_of(form, relative), limit_of(other_form, relative))
    pair = " = ".join(names)
    table.row(pair, "largest difference", difference(logits, other_logits), relative * logits.abs().max().item())
    same = (logits.argmax(-1) == other_logits.argmax(-1)).float().mean().item()
    least = min(ROUNDED_ARGMAX_SHARE.get(dtype, ARGMAX_SHARE) for dtype in dtypes)
    table.row(pair, "equal argmax", f"{100 * same:.1f} %", good=same >= least)


def check_nested(table, export):
    """Every ratio cut out of a nested model must have the logits that Espalier computed, also after saving and loading it."""
    table.export = f"{export.parent.name}/{export.name}"
    receipt = json.loads((export / "receipt.json").read_text())
    ratios = json.loads((export / "nested.json").read_text())["ratios"]
    for ratio in ratios:
        name = ratio["name"]
        try:
            form = TorchForm(export, own_code=True, keep=ratio["keep"])
            table.row(name, "loads", form.problems or f"{form.loaded_as}, {form.dtype}", good=not form.problems)
            ids = ratio["sample"]["ids"]
            logits = form.forward(ids)
            check_sample(table, name, form, logits, {**receipt, "sample": ratio["sample"]})
            limit = LIMIT * logits.abs().max().item()
            check_greedy(table, name, form, ids[:PROMPT_TOKENS], limit)
            for check, value, good in form.checks(ids, logits):
                table.row(name, check, value, limit if good is None else None, good)
        except Exception as error:  # as in check_export
            table.row(name, type(error).__name__, " ".join(str(error).split())[:200], good=False)


def check_adapter(table, folder):
    """peft must make the recovered model from the masked form before the recovery and the adapter."""
    table.export = f"{folder.parent.name}/{folder.name}"
    name = "lora"
    try:
        form = AdaptedForm(folder / "before" / "masked", folder / "recovered" / "masked")
        table.row(name, "loads", form.problems or type(form.adapted).__name__, good=not form.problems)
        vocab = form.expected.config.vocab_size
        adapted, expected, before = form.logits([i * STRIDE % vocab for i in range(TOKENS)])
        limit = ROUNDED_LIMIT[form.dtype] * expected.abs().max().item()
        table.row(name, "recovered form's logits: largest difference", difference(adapted, expected), limit)
        moved = difference(before, expected)
        table.row(name, "logits without the adapter differ", moved, good=moved > 4 * limit)
        table.row(name, "merged weights: largest relative difference", form.merged_difference(), ROUNDED_LIMIT[form.dtype])
        stay = form.zeros_stay()
        table.row(name, "pruned rows and columns stay 0", "yes" if stay else "no", good=stay)
    except Exception as error:  # as in check_export
        table.row(name, type(error).__name__, " ".join(str(error).split())[:200], good=False)


def exports_in(folder):
    """The folders with forms in a DIR: itself, or one per ratio."""
    ratios = sorted(folder.glob("keep-*"))
    return ratios or [folder]


def has_form(folder):
    return (folder / "config.json").exists() or any(folder.glob("*.gguf"))


def check_export(table, export):
    """Checks every form in the folder, then every pair of forms."""
    table.export = f"{export.parent.name}/{export.name}" if export.name.startswith("keep-") else export.name
    folders = {name: export / name for name in OPENERS if has_form(export / name)}
    if not folders:
        table.row("", "is an export", f"none of {', '.join(OPENERS)} in {export}", good=False)
        return
    # a GGUF file alone has no config.json: something else must be beside it
    first, folder = next((name, folder) for name, folder in folders.items() if (folder / "config.json").exists())
    receipt = json.loads((folder / "receipt.json").read_text()) if (folder / "receipt.json").exists() else None
    golden = load_file(export / "golden.safetensors") if (export / "golden.safetensors").exists() else None
    config = AutoConfig.from_pretrained(folder, trust_remote_code=first == "compact")
    known = receipt["sample"]["ids"] if receipt and "sample" in receipt else []
    count = min(TOKENS, config.max_position_embeddings) - len(known)
    ids = known + [i * STRIDE % config.vocab_size for i in range(count)]
    forms = {}
    for name, folder in folders.items():
        try:
            forms[name] = check_form(table, name, folder, ids, receipt, golden)
        except Exception as error:  # any failure of a runtime is a result of the check
            table.row(name, type(error).__name__, " ".join(str(error).split())[:200], good=False)
    for pair in itertools.combinations(forms, 2):
        if sum(name.startswith("gguf") for name in pair) == 1 and "masked" not in pair:
            continue  # every GGUF form is compared with the masked one and with the other GGUF forms
        check_pair(table, pair, *(forms[name] for name in pair))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", type=Path, nargs="+", metavar="DIR")
    parser.add_argument("--report", type=Path, help="JSON file for the number of passed and failed checks")
    given = parser.parse_args()
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    table = Table()
    modules = (torch, transformers, onnx, onnxruntime)
    table.heading(*(f"{module.__name__} {module.__version__}" for module in modules), PEFT, *gguf_version())
    for folder in given.folders:
        if (folder / "tokenizers").exists():
            check_tokenizers(table, folder / "tokenizers")
        elif (folder / "requantised").exists():
            check_requantised(table, folder / "requantised")
        else:
            for export in exports_in(folder):
                check_export(table, export)
        if (folder / "nested" / "nested.json").exists():
            check_nested(table, folder / "nested")
        if (folder / "low-rank").exists():
            check_adapter(table, folder / "low-rank")
    if given.report:
        table.write(given.report)
    print(f"{table.passed} checks passed, {table.failed} failed")
    return 1 if table.failed else 0


if __name__ == "__main__":
    sys.exit(main())
