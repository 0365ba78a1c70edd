"""Writes golden/ggufTokenizers.json: small tokenizers with each split that GGUF exports name, and ones as of SentencePiece.

    python golden/reference/make_gguf_tokenizers.py TEXT > golden/ggufTokenizers.json

TEXT is any plain text; its first 60,000 characters are used. Merges are learned without the split, so that some cross the borders of
words: wherever another split cuts, other tokens come out.
"""

import json
import sys
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

VOCAB = 700
CONTRACTIONS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"
REST = r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
BLOOM = r" ?[^(\s|[.,!?…。，、।۔،])]+"


def isolated(*patterns):
    return [pre_tokenizers.Split(Regex(pattern), "isolated") for pattern in patterns]


SPLITS = {
    "gpt-2": [],
    "smollm": [pre_tokenizers.Digits(individual_digits=True)],
    "llama-bpe": isolated(CONTRACTIONS + r"\p{N}{1,3}" + REST),
    "qwen2": isolated(CONTRACTIONS + r"\p{N}" + REST),
    "deepseek-v3": isolated(
        r"\p{N}{1,3}",
        "[一-龥぀-ゟ゠-ヿ]+",
        r"""[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+"""
        r"""| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+""",
    ),
    # with line breaks as characters
    "seed-coder": isolated(CONTRACTIONS + "\\p{N}{1}| ?[^\\s\\p{L}\\p{N}\r\n]+|\\s*[\r\n]+|\\s+(?!\\S)|\\s+"),
    "bloom": isolated(BLOOM),
    "viking": [*isolated(BLOOM), pre_tokenizers.Digits(individual_digits=True)],
}
# What is added to a text; nothing in tokenizers that are not listed.
TEMPLATES = {**{name: "<s> $A" for name in ("gpt-2", "smollm", "llama-bpe")}, "seed-coder": "<s> $A </s>", "viking": "$A </s>"}
# Letters of several scripts, digits and signs, so that merges of all kinds are learned.
MORE = "12 345 6789 café naïve été здравствуй мир 漢字かな交じり 한국어 don't WE'LL a_b == != 🐋🚀 \t\n\n  x    y\r\n(z);\n\n" * 60
HARD_TEXT = (Path(__file__).parents[2] / "scripts" / "verify_text.txt").read_bytes().decode()


def byte_level(text, name):
    tokenizer = Tokenizer(models.BPE(ignore_merges=name == "llama-bpe"))
    steps = SPLITS[name]
    cut = name in ("gpt-2", "smollm")
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    trainer = trainers.BpeTrainer(
        vocab_size=VOCAB, special_tokens=["<s>", "</s>"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    tokenizer.train_from_iterator([text, MORE, *[HARD_TEXT] * 20], trainer)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([*steps, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=cut)])
    tokenizer.decoder = decoders.ByteLevel()
    if name == "llama-bpe":  # a token that no merges make: found only where words that are tokens ignore them
        tokenizer = with_token(tokenizer, "Ġgardener")
    if name in TEMPLATES:
        special = [("<s>", 0), ("</s>", 1)]
        tokenizer.post_processor = processors.TemplateProcessing(single=TEMPLATES[name], special_tokens=special)
    return json.loads(tokenizer.to_str())


def with_token(tokenizer, token):
    content = json.loads(tokenizer.to_str())
    vocab = content["model"]["vocab"]
    vocab.setdefault(token, len(vocab))
    return Tokenizer.from_str(json.dumps(content))


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
