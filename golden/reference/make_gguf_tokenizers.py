"""Writes golden/ggufTokenizers.json: small tokenizers trained with each split that GGUF files can name, and ones as of SentencePiece.

    python golden/reference/make_gguf_tokenizers.py TEXT > golden/ggufTokenizers.json

TEXT is any plain text; its first 60,000 characters are used.
"""

import json
import sys
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

VOCAB = 700
CONTRACTIONS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"
REST = r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
SPLITS = {
    "gpt-2": [],
    "smollm": [pre_tokenizers.Digits(individual_digits=True)],
    "llama-bpe": [pre_tokenizers.Split(Regex(CONTRACTIONS + r"\p{N}{1,3}" + REST), "isolated")],
    "qwen2": [pre_tokenizers.Split(Regex(CONTRACTIONS + r"\p{N}" + REST), "isolated")],
}
# Letters of several scripts, digits and signs, so that merges of all kinds are learned.
MORE = "12 345 6789 café naïve été здравствуй мир 漢字かな交じり 한국어 don't WE'LL a_b == != 🐋🚀 \t\n\n  x    y\r\n" * 60


def byte_level(text, name):
    tokenizer = Tokenizer(models.BPE(ignore_merges=name == "llama-bpe"))
    steps = SPLITS[name]
    cut = name in ("gpt-2", "smollm")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([*steps, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=cut)])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCAB, special_tokens=["<s>", "</s>"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    tokenizer.train_from_iterator([text, MORE], trainer)
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 0)])
    return json.loads(tokenizer.to_str())


def pieces(text, prefixed):
    """BPE with byte fallback whose merges are all pairs of pieces, in the order of the pieces, as a conversion of SentencePiece has them."""
    trained = Tokenizer(models.BPE())
    trained.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always" if prefixed else "never")
    trained.train_from_iterator([text], trainers.BpeTrainer(vocab_size=VOCAB, show_progress=False))
    learned = json.loads(trained.to_str())["model"]["vocab"]
    ordered = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), *sorted(learned, key=learned.get)]
    vocab = {piece: i for i, piece in enumerate(dict.fromkeys(ordered))}
    merges = [
        [piece[:cut], piece[cut:]]
        for piece in vocab
        for cut in range(len(piece) - 1, 0, -1)
        if piece[:cut] in vocab and piece[cut:] in vocab
    ]
    tokenizer = Tokenizer(
        models.BPE(vocab, [tuple(pair) for pair in merges], unk_token="<unk>", fuse_unk=True, byte_fallback=True)
    )
    tokenizer.add_special_tokens(["<unk>", "<s>", "</s>"])
    steps = [normalizers.Prepend("▁")] if prefixed else []
    tokenizer.normalizer = normalizers.Sequence([*steps, normalizers.Replace(" ", "▁")])
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    return json.loads(tokenizer.to_str())


def main():
    text = Path(sys.argv[1]).read_text()[:60_000]
    cases = {name: byte_level(text, name) for name in SPLITS}
    cases["dbrx"] = {**cases["llama-bpe"], "model": {**cases["llama-bpe"]["model"], "ignore_merges": False}}
    cases["spm"] = pieces(text, prefixed=True)
    cases["spm-no-prefix"] = pieces(text, prefixed=False)
    print(json.dumps(cases, ensure_ascii=False, separators=(",", ":")))


main()
