"""Tokenizers of every kind, and what the tokenizers library makes of nasty texts.

    python make_tokenizers.py OUT             every case, a file each (the Python part of the tests)
    python make_tokenizers.py OUT --few       small ones of each kind in one file (golden/tokenizers.json)
    python make_tokenizers.py OUT --megabyte  ten tokenizers on a megabyte of nasty text

A case is {"name", "tokenizer", "texts": [{"label", "text", "ids", "framed", "decoded", "plain"}]}: framed are the ids with special tokens,
decoded is the text of the ids, and plain the same without special tokens. Models are trained here, on two files of this repository and on
the texts themselves, so nothing is downloaded.
"""
import argparse
import itertools
import json
import pathlib
import random
import warnings

from tokenizers import AddedToken, Regex, Tokenizer, decoders as D, models as M, normalizers as N
from tokenizers import pre_tokenizers as P, processors as R, trainers as T

ROOT = pathlib.Path(__file__).resolve().parents[2]
warnings.filterwarnings("ignore")

GPT2 = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+"
LLAMA3 = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"
QWEN2 = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"
GPT4O = (
    "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"
    "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"
    "\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"
)
BEHAVIOURS = ["removed", "isolated", "merged_with_previous", "merged_with_next", "contiguous"]


def nasty_texts():
    words = "The quick brown fox, aren't they? I'LL say 12,345.67 things; don't  double   space."
    return {
        "words": words,
        "empty": "",
        "space": " ",
        "spaces": "  two before, three after   ",
        "tab": "\ttab\there\t\t",
        "lines": "line\nline\n\nline\r\nwindows\rold mac\n\n\n  indented\n",
        "quotes": "“quoted” ‘single’ — dash – en… naïve café coöperate",
        "cjk": "日本語のテキスト、漢字。中文字符！한국어 텍스트 𠀀𠀁",
        "emoji": "ok 👍🏽 family 👨‍👩‍👧‍👦 flag 🇩🇪 heart ❤️ new 🫠",
        "combining": "e\u0301 a\u0308\u0323 Z\u0351\u0300 \u0301start q\u0307\u0323 ﬁ ﬀ ½ ² ① Å Ω",
        "case": "ǅ İ ı ß ẞ ΑΣ ΣΣ ſ K Ǆ",
        "digits": "0 12 345 6789 ٣٤٥ Ⅷ ½ 1/2 3.14e-10 0x1F",
        "marks": "a_b-c+d=e*f/g\\h|i&j^k%l$m#n@o!p?q:r;s,t.u'v\"w`x~y<z>(a)[b]{c}",
        "spaces of all kinds": "a\u00a0b\u2003c\u200bd\u3000e\u2028f\u2029g\u0085h\ufeffi\u1680j\u180ek",
        "controls": "".join(chr(i) for i in range(1, 32)) + "\x7f" + "".join(chr(i) for i in range(0x80, 0xa0)),
        "latin": "".join(chr(i) for i in range(0xa0, 0x180)),
        "scripts": "Ελληνικά Русский עברית العربية हिन्दी ไทย ქართული አማርኛ ᏣᎳᎩ",
        "unknown": "zz\u2603\u2603z \u2603 ☃x☃",
        "marked": "▁already ▁▁marked▁ ▁ a▁b",
        "added": "<s>one</s> two<tok> three <tok>four [MASK] five[MASK]six  [MASK]  seven a<w>b <w> c, <w>! é<w> TOK Tok tok\n<tok>\n",
        "added side by side": "<tok><tok>  <tok> <tokx><s><s> [MASK][MASK] <w><w>",
        "every byte": " ".join(chr(i) for i in range(0x21, 0x250)),
    }


def training_lines():
    prose = (ROOT / "METHOD.md").read_text().split("\n") + (ROOT / "README.md").read_text().split("\n")
    return [line for line in prose if line] + [t for t in nasty_texts().values() if t] + ["<tok> tok the and"] * 3


SPECIAL = ["<unk>", "<s>", "</s>"]
BYTES = [f"<0x{i:02X}>" for i in range(256)]


def bpe(pre, norm=None, byte_fallback=False, unk=None, fuse=False, prefix="", suffix="", ignore=False, alphabet=None, size=600, limit=None):
    given = {"unk_token": unk, "continuing_subword_prefix": prefix, "end_of_word_suffix": suffix}
    t = Tokenizer(M.BPE(fuse_unk=fuse, byte_fallback=byte_fallback, ignore_merges=ignore, **{k: v for k, v in given.items() if v}))
    if norm is not None: t.normalizer = norm
    if pre is not None: t.pre_tokenizer = pre
    specials = SPECIAL + (BYTES if byte_fallback else [])
    kw = {"vocab_size": size + len(specials), "special_tokens": specials, "show_progress": False}
    if prefix: kw["continuing_subword_prefix"] = prefix
    if suffix: kw["end_of_word_suffix"] = suffix
    if alphabet is not None: kw["initial_alphabet"] = alphabet
    if limit is not None: kw["limit_alphabet"] = limit
    t.train_from_iterator(training_lines(), T.BpeTrainer(**kw))
    return plain_specials(t)


def plain_specials(t):
    """The trainer makes its special tokens added ones; byte tokens must not be, as in real files."""
    j = json.loads(t.to_str())
    j["added_tokens"] = [a for a in j["added_tokens"] if a["content"] in SPECIAL]
    return Tokenizer.from_str(json.dumps(j))


def unigram(pre, norm=None, byte_fallback=False, size=2000):
    t = Tokenizer(M.Unigram())
    if norm is not None: t.normalizer = norm
    if pre is not None: t.pre_tokenizer = pre
    t.train_from_iterator(training_lines(), T.UnigramTrainer(vocab_size=size, special_tokens=SPECIAL, unk_token="<unk>", show_progress=False, max_piece_length=12))
    j = json.loads(t.to_str())
    vocab = j["model"]["vocab"]
    if byte_fallback:
        # characters that are rare are left to their bytes
        vocab = [v for i, v in enumerate(vocab) if i < 3 or all(ord(c) < 0x80 or c == "▁" for c in v[0])] + [[b, -8.0] for b in BYTES]
        j["model"]["byte_fallback"] = True
    else:
        vocab = [v for i, v in enumerate(vocab) if i < 3 or "☃" not in v[0]]
    j["model"]["vocab"] = vocab
    return Tokenizer.from_str(json.dumps(j))


def word_piece(pre, norm=None, size=500):
    t = Tokenizer(M.WordPiece(unk_token="[UNK]"))
    if norm is not None: t.normalizer = norm
    t.pre_tokenizer = pre
    t.train_from_iterator(training_lines(), T.WordPieceTrainer(vocab_size=size, special_tokens=["[UNK]", "<s>", "</s>"], show_progress=False, limit_alphabet=120))
    return t


def word_level(pre, norm=None, size=400):
    t = Tokenizer(M.WordLevel(unk_token="<unk>"))
    if norm is not None: t.normalizer = norm
    t.pre_tokenizer = pre
    t.train_from_iterator(training_lines(), T.WordLevelTrainer(vocab_size=size, special_tokens=SPECIAL, show_progress=False))
    return t


def pre_tokenizers():
    yield "bytelevel", P.ByteLevel(add_prefix_space=False)
    yield "bytelevel-prefix", P.ByteLevel(add_prefix_space=True)
    yield "bytelevel-noregex", P.ByteLevel(add_prefix_space=False, use_regex=False)
    for scheme, splits in itertools.product(["always", "first", "never"], [True, False]):
        yield f"metaspace-{scheme}-{'split' if splits else 'whole'}", P.Metaspace("▁", prepend_scheme=scheme, split=splits)
    yield "whitespace", P.Whitespace()
    yield "whitespacesplit", P.WhitespaceSplit()
    yield "bert", P.BertPreTokenizer()
    for b in BEHAVIOURS:
        yield f"punctuation-{b}", P.Punctuation(b)
        for invert in (False, True):
            yield f"split-{b}{'-invert' if invert else ''}", P.Split(Regex("\\p{N}+|[aeiou]+"), b, invert)
            yield f"splitstring-{b}{'-invert' if invert else ''}", P.Split("e", b, invert)
    yield "digits", P.Digits(individual_digits=False)
    yield "digits-individual", P.Digits(individual_digits=True)
    yield "chardelimiter", P.CharDelimiterSplit(",")
    yield "fixedlength", P.FixedLength(4)
    yield "sequence-digits-bytelevel", P.Sequence([P.Digits(individual_digits=True), P.ByteLevel(add_prefix_space=False)])
    yield "sequence-space-punctuation", P.Sequence([P.WhitespaceSplit(), P.Punctuation("isolated"), P.Metaspace("▁", prepend_scheme="first")])
    yield "sequence-split-metaspace", P.Sequence([P.Split(" ", "merged_with_next"), P.Metaspace("▁", prepend_scheme="always")])
    for name, pattern in {"gpt2": GPT2, "llama3": LLAMA3, "qwen2": QWEN2, "gpt4o": GPT4O}.items():
        yield f"{name}-isolated", P.Sequence([P.Split(Regex(pattern), "isolated"), P.ByteLevel(add_prefix_space=False, use_regex=False)])
        yield f"{name}-removed", P.Sequence([P.Split(Regex(pattern), "removed", True), P.ByteLevel(add_prefix_space=False, use_regex=False)])


def normalizers():
    yield "nfc", N.NFC()
    yield "nfd", N.NFD()
    yield "nfkc", N.NFKC()
    yield "nfkd", N.NFKD()
    yield "lowercase", N.Lowercase()
    yield "strip", N.Strip()
    yield "strip-left", N.Strip(left=True, right=False)
    yield "nfd-stripaccents", N.Sequence([N.NFD(), N.StripAccents()])
    yield "stripaccents", N.StripAccents()
    yield "nmt", N.Nmt()
    yield "prepend", N.Prepend("▁")
    yield "llama", N.Sequence([N.Prepend("▁"), N.Replace(" ", "▁")])
    yield "replace", N.Replace(Regex(" {2,}"), " ")
    yield "replace-dollar", N.Replace("o", "$1$&")
    yield "bytelevel", N.ByteLevel()
    for clean, cjk, accents, lower in [(True, True, None, True), (True, True, None, False), (False, False, True, False), (True, False, False, True), (False, True, False, False)]:
        yield f"bert-{clean:d}{cjk:d}{'n' if accents is None else int(accents)}{lower:d}", N.BertNormalizer(clean_text=clean, handle_chinese_chars=cjk, strip_accents=accents, lowercase=lower)


def decoders():
    yield "bytelevel", D.ByteLevel()
    yield "metaspace", D.Metaspace()
    yield "metaspace-never", D.Metaspace("▁", prepend_scheme="never")
    yield "llama", D.Sequence([D.Replace("▁", " "), D.ByteFallback(), D.Fuse(), D.Strip(" ", 1, 0)])
    yield "wordpiece", D.WordPiece()
    yield "wordpiece-nocleanup", D.WordPiece(cleanup=False)
    yield "bpe", D.BPEDecoder()
    yield "strip", D.Sequence([D.Strip("e", 2, 0), D.Fuse()])


def processors():
    yield "template", R.TemplateProcessing(single="<s> $A </s>", pair="<s> $A </s> $B:1", special_tokens=[("<s>", 1), ("</s>", 2)])
    yield "template-begin", R.TemplateProcessing(single="<s> $A", pair="<s> $A <s> $B:1", special_tokens=[("<s>", 1)])
    yield "roberta", R.RobertaProcessing(("</s>", 2), ("<s>", 1))
    yield "bert", R.BertProcessing(("</s>", 2), ("<s>", 1))
    yield "sequence", R.Sequence([R.ByteLevel(trim_offsets=False), R.TemplateProcessing(single="<s> $A", pair="<s> $A $B", special_tokens=[("<s>", 1)])])


def added_flags():
    for single, left, right, normalized, special in itertools.product([False, True], repeat=5):
        yield f"{single:d}{left:d}{right:d}{normalized:d}{special:d}", dict(single_word=single, lstrip=left, rstrip=right, normalized=normalized, special=special)


def with_added(t, flags):
    special = flags.pop("special")
    tokens = [AddedToken(content, special=special, **flags) for content in ("<tok>", "[MASK]", "<w>", "Tok", "<tokx>")]
    (t.add_special_tokens if special else t.add_tokens)(tokens)
    return t


def cases():
    byte = list(P.ByteLevel.alphabet())
    make = {
        "bpe": lambda pre, norm=None: bpe(pre, norm, alphabet=byte),
        "bpe-unk": lambda pre, norm=None: bpe(pre, norm, unk="<unk>", limit=60),
        "bpe-unk-fuse": lambda pre, norm=None: bpe(pre, norm, unk="<unk>", fuse=True, limit=60),
        "bpe-nounk": lambda pre, norm=None: bpe(pre, norm, limit=60),
        "bpe-fallback": lambda pre, norm=None: bpe(pre, norm, unk="<unk>", fuse=True, byte_fallback=True, limit=60),
        "bpe-ignore": lambda pre, norm=None: bpe(pre, norm, ignore=True, unk="<unk>"),
        "unigram": lambda pre, norm=None: unigram(pre, norm),
        "unigram-fallback": lambda pre, norm=None: unigram(pre, norm, byte_fallback=True),
        "wordpiece": word_piece,
        "wordlevel": word_level,
    }
    for pre_name, pre in pre_tokenizers():
        for name, maker in make.items():
            yield f"{name} {pre_name}", maker(pre)
    for name in ("bpe-unk", "bpe-fallback", "bpe-nounk", "unigram", "unigram-fallback"):
        yield f"{name} none", make[name](None)
    yield "bpe-prefix whitespace", bpe(P.Whitespace(), unk="<unk>", prefix="##")
    yield "bpe-suffix whitespace", bpe(P.Whitespace(), unk="<unk>", suffix="</w>")
    for norm_name, norm in normalizers():
        for name in ("bpe", "bpe-fallback", "unigram-fallback"):
            pre = P.ByteLevel(add_prefix_space=False) if name == "bpe" else P.Metaspace("▁", prepend_scheme="first")
            yield f"{name} norm-{norm_name}", make[name](pre, norm)
        yield f"bpe-fallback none norm-{norm_name}", make["bpe-fallback"](None, norm)
    for flags_name, flags in added_flags():
        for base, pre, norm in [("bpe", P.ByteLevel(add_prefix_space=True), N.NFC()), ("bpe-fallback", P.Metaspace("▁", prepend_scheme="first"), N.Lowercase()),
                                ("unigram-fallback", P.Metaspace("▁", prepend_scheme="always"), N.Sequence([N.Strip(), N.NFKC()]))]:
            yield f"{base} added-{flags_name}", with_added(make[base](pre, norm), dict(flags))
        yield f"bpe-fallback llama added-{flags_name}", with_added(make["bpe-fallback"](None, N.Sequence([N.Prepend("▁"), N.Replace(" ", "▁")])), dict(flags))
    for decoder_name, decoder in decoders():
        for name, pre in [("bpe", P.ByteLevel(add_prefix_space=False)), ("bpe-fallback", P.Metaspace()), ("wordpiece", P.BertPreTokenizer())]:
            t = make[name](pre)
            t.decoder = decoder
            yield f"{name} decoder-{decoder_name}", t
    for processor_name, processor in processors():
        t = make["bpe"](P.ByteLevel(add_prefix_space=False))
        t.post_processor = processor
        yield f"bpe processor-{processor_name}", t


FEW = [
    "bpe gpt2-isolated", "bpe llama3-isolated", "bpe gpt4o-removed", "bpe bytelevel-prefix", "bpe-unk split-merged_with_next", "bpe-unk-fuse punctuation-contiguous",
    "bpe-fallback none", "bpe-fallback metaspace-first-split", "bpe-fallback norm-llama", "bpe-ignore whitespace", "bpe-nounk split-merged_with_previous-invert",
    "unigram metaspace-always-split", "unigram-fallback none", "unigram-fallback norm-strip", "wordpiece bert", "wordlevel digits-individual",
    "bpe-prefix whitespace", "bpe-suffix whitespace", "bpe norm-bert-11n1", "bpe-fallback norm-nmt",
    "bpe added-11100", "bpe-fallback added-01110", "unigram-fallback added-00101", "bpe processor-sequence", "bpe-fallback decoder-llama", "wordpiece decoder-wordpiece",
]
FEW_TEXTS = ["words", "spaces", "lines", "quotes", "cjk", "emoji", "combining", "digits", "unknown", "marked", "added", "added side by side"]


def megabyte():
    """Pieces of all texts in random order, about a million characters."""
    texts = [t for t in nasty_texts().values() if t]
    prose = (ROOT / "METHOD.md").read_text()
    parts, length = [], 0
    while length < 1_000_000:
        at = random.randrange(len(prose) - 300)
        parts.append(random.choice(texts) + " " + prose[at : at + random.randrange(20, 300)])
        length += len(parts[-1])
    return "".join(parts)


def long_cases():
    byte = list(P.ByteLevel.alphabet())
    llama = N.Sequence([N.Prepend("▁"), N.Replace(" ", "▁")])
    yield "gpt2", bpe(P.ByteLevel(add_prefix_space=False), alphabet=byte)
    yield "llama3", bpe(P.Sequence([P.Split(Regex(LLAMA3), "isolated"), P.ByteLevel(add_prefix_space=False, use_regex=False)]), alphabet=byte)
    yield "llama", bpe(None, llama, unk="<unk>", fuse=True, byte_fallback=True, limit=60)
    yield "one word, unknown fused", bpe(None, None, unk="<unk>", fuse=True, limit=60)
    yield "one word, unknown single", bpe(None, None, unk="<unk>", limit=60)
    yield "gemma", bpe(P.Split(" ", "merged_with_previous"), N.Replace(" ", "▁"), unk="<unk>", fuse=True, byte_fallback=True, limit=60)
    yield "unigram", unigram(P.Metaspace())
    yield "unigram, one word", unigram(None)
    yield "unigram, one word, bytes", unigram(None, byte_fallback=True)
    yield "wordpiece", word_piece(P.BertPreTokenizer(), N.BertNormalizer())


def result(t, text):
    ids = t.encode(text, add_special_tokens=False).ids
    return {"text": text, "ids": ids, "framed": t.encode(text).ids, "decoded": t.decode(ids, skip_special_tokens=False), "plain": t.decode(ids)}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=pathlib.Path)
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--few", action="store_true")
    kind.add_argument("--megabyte", action="store_true")
    args = parser.parse_args()
    random.seed(0)
    texts = {"megabyte": megabyte()} if args.megabyte else nasty_texts()
    if args.few:
        texts = {label: texts[label] for label in FEW_TEXTS}
    found_cases = []
    for name, tokenizer in long_cases() if args.megabyte else cases():
        if args.few and name not in FEW: continue
        found = []
        for label, text in texts.items():
            try:
                found.append({"label": label, **result(tokenizer, text)})
            except Exception as error:  # the library refuses some: so must we
                found.append({"label": label, "text": text, "error": str(error)})
        found_cases.append({"name": name, "tokenizer": json.loads(tokenizer.to_str()), "texts": found})
    if args.few:
        args.out.write_text("[\n" + ",\n".join(json.dumps(case, ensure_ascii=False) for case in found_cases) + "\n]\n")
    else:
        args.out.mkdir(parents=True, exist_ok=True)
        for case in found_cases:
            (args.out / f"{case['name'].replace(' ', '_')}.json").write_text(json.dumps(case))
    print(len(found_cases), "tokenizers")


if __name__ == "__main__":
    main()
