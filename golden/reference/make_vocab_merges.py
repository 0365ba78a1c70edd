"""Folders with vocab.json and merges.txt instead of tokenizer.json, and what transformers makes of texts with them.

    python make_vocab_merges.py > golden/vocabMerges.json

A case is {"name", "modelType", "files": {name: content}, "texts": [{"label", "text", "ids", "framed", "decoded", "plain"}]}, as in
make_tokenizers.py. The vocabulary is trained here. vocab and merges are the same in all cases: "vocab" and "merges" at the top.
"""
import json
import logging
import pathlib
import sys
import tempfile

from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from transformers.utils import logging as transformers_logging

from make_tokenizers import nasty_texts, training_lines
from transformers_values import values

transformers_logging.set_verbosity_error()
logging.disable(logging.WARNING)
NAMES = ["<s>", "<pad>", "</s>", "<unk>"]
SHOWN = ["words", "spaces", "lines", "quotes", "cjk", "combining", "digits", "added", "added side by side"]


def vocabulary():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=500, special_tokens=NAMES, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(training_lines(), trainer)
    model = json.loads(tokenizer.to_str())["model"]
    vocab = dict(sorted(model["vocab"].items(), key=lambda one: one[1]))
    return vocab, [merge if isinstance(merge, str) else " ".join(merge) for merge in model["merges"]]


def token(content, **flags):
    return {"content": content, "lstrip": False, "normalized": True, "rstrip": False, "single_word": False, **flags}


def written(content, **flags):
    return {"__type": "AddedToken", **token(content, **flags)}


def cases(size):
    named = {key: written(name) for key, name in zip(["bos_token", "eos_token", "pad_token", "unk_token"], ["</s>", "</s>", "<pad>", "</s>"])}
    yield "opt", "opt", {"tokenizer_config.json": {"errors": "replace", "tokenizer_class": "GPT2Tokenizer", "add_prefix_space": False, "add_bos_token": True, **named}}
    yield "opt with its map", "opt", {
        "tokenizer_config.json": {"add_bos_token": True, "tokenizer_class": "GPT2Tokenizer"},
        "special_tokens_map.json": {"bos_token": token("</s>"), "eos_token": "</s>", "unk_token": "<unk>", "mask_token": token("[MASK]", lstrip=True), "additional_special_tokens": ["<w>"]},
    }
    yield "opt alone", "opt", {}
    yield "opt with tokens named twice", "opt", {"tokenizer_config.json": {
        "tokenizer_class": "GPT2Tokenizer", "pad_token": written("</s>"), "eos_token": "</s>", "mask_token": written("<tok>", rstrip=True, single_word=True),
        "additional_special_tokens": ["[MASK]", "<tok>"], "extra_special_tokens": {"image_token": "<w>"}},
        "added_tokens.json": {"[MASK]": size, "the": size + 1}}
    spaces = {"  ": size, "   ": size + 1, "\t\t": size + 2, "<tok>": size + 3, "<|endoftext|>": size + 4}
    yield "phi with added tokens", "phi", {
        "tokenizer_config.json": {"tokenizer_class": "CodeGenTokenizer", "bos_token": "<|endoftext|>", "eos_token": "<|endoftext|>", "unk_token": "<|endoftext|>"},
        "special_tokens_map.json": {"bos_token": "<|endoftext|>", "eos_token": "<|endoftext|>", "unk_token": "<|endoftext|>"},
        "added_tokens.json": spaces,
    }
    decoder = {str(size): {**token("<|endoftext|>", normalized=False), "special": True}, str(size + 1): {**token("<tok>", normalized=False), "special": True},
               str(size + 2): {**token("e\u0301", normalized=True), "special": False}}
    yield "qwen2", "qwen2", {"tokenizer_config.json": {
        "add_prefix_space": False, "added_tokens_decoder": decoder, "additional_special_tokens": ["<tok>"], "bos_token": None, "eos_token": "<tok>",
        "pad_token": "<|endoftext|>", "unk_token": None, "tokenizer_class": "Qwen2Tokenizer", "add_bos_token": False}}
    yield "qwen3 alone", "qwen3", {}
    yield "llama", "llama", {"tokenizer_config.json": {
        "tokenizer_class": "GPT2TokenizerFast", "add_prefix_space": True, "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>",
        "add_bos_token": True, "add_eos_token": True, "image_token": "<tok>", "extra_special_tokens": ["[MASK]"]}}


def main():
    vocab, merges = vocabulary()
    texts = {label: text for label, text in nasty_texts().items() if label in SHOWN}
    made = []
    for name, model_type, files in cases(len(vocab)):
        with tempfile.TemporaryDirectory() as place:
            folder = pathlib.Path(place)
            (folder / "vocab.json").write_text(json.dumps(vocab, ensure_ascii=False))
            (folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(merges) + "\n")
            (folder / "config.json").write_text(json.dumps({"model_type": model_type}))
            for file, content in files.items():
                (folder / file).write_text(json.dumps(content, ensure_ascii=False))
            made.append({"name": name, "modelType": model_type, "files": files, "texts": values(folder, texts)})
    json.dump({"vocab": vocab, "merges": merges, "cases": made}, sys.stdout, ensure_ascii=False, separators=(",", ":"))


main()
