"""Folders whose tokenizer.json lacks tokens, or flags of tokens, that the files beside it have, and what transformers makes of texts with them.

    python make_added_tokens.py > golden/addedTokens.json

The tokenizer.json of all cases is "tokenizer" at the top, with the added tokens of the case. A case is {"name", "added", "files":
{name: content}, "texts": [{"label", "text", "ids", "framed", "decoded", "plain"}]}, as in make_tokenizers.py. The vocabulary is trained here.
"""
import json
import logging
import pathlib
import sys
import tempfile

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers.utils import logging as transformers_logging

from make_tokenizers import training_lines
from transformers_values import values

transformers_logging.set_verbosity_error()
logging.disable(logging.WARNING)
TEXTS = {
    "alone": "<tok>",
    "between spaces": "one  <tok>  two <tok>\n three <pad> four",
    "inside words": "x<tok>y the<tok><tok>the <s>a</s> THE",
    "several": "<a> <b>  <c>\t<d> [MASK] <w>",
}
OFF = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
CONFIG = {"tokenizer_class": "PreTrainedTokenizerFast", "bos_token": "<s>", "eos_token": "</s>"}


def trained():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=300, special_tokens=["<s>", "</s>"], initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(training_lines(), trainer)
    return json.loads(tokenizer.to_str())


def token(content, **flags):
    return {"content": content, **OFF, **flags}


def written(content, **flags):
    return {"__type": "AddedToken", **token(content, **flags)}


def cases(size):
    ends = [{"id": 0, **token("<s>")}, {"id": 1, **token("</s>")}]
    tok = [{"id": size, **token("<tok>")}]
    decoder = lambda *more: {"added_tokens_decoder": {"0": token("<s>"), "1": token("</s>"), **{str(size + i): one for i, one in enumerate(more)}}}
    for flag in ["lstrip", "rstrip", "single_word", "normalized"]:
        yield f"another {flag}", ends + tok, {"tokenizer_config.json": decoder(token("<tok>", **{flag: True}))}
    yield "no longer special", ends + tok, {"tokenizer_config.json": decoder(token("<tok>", special=False, lstrip=True))}
    yield "now special", ends + [{"id": size, **token("<tok>", special=False)}], {"tokenizer_config.json": decoder(token("<tok>", rstrip=True))}
    yield "special by its name", ends, {"tokenizer_config.json": {**decoder(token("<tok>", special=False)), "pad_token": "<tok>"}}
    yield "a decoder that lacks one", ends + tok, {"tokenizer_config.json": {**decoder(), "mask_token": written("<tok>", lstrip=True)}}
    yield "the same with other flags", ends + tok, {"tokenizer_config.json": {"mask_token": written("<tok>", lstrip=True)}}
    yield "named tokens", ends, {"tokenizer_config.json": {"pad_token": "<pad>", "mask_token": written("[MASK]", lstrip=True), "unk_token": "<tok>", "image_token": "<w>", "sep_token": "the"}}
    yield "named tokens beside a decoder", ends + tok, {"tokenizer_config.json": {**decoder(token("<tok>"), token("<a>", rstrip=True)), "pad_token": "<pad>", "additional_special_tokens": ["<b>", "<tok>", written("<c>", lstrip=True)]}, "special_tokens_map.json": {"mask_token": "[MASK]"}, "added_tokens.json": {"<d>": size + 9}}
    yield "extra tokens", ends, {"tokenizer_config.json": {"extra_special_tokens": ["<a>", "<tok>"], "additional_special_tokens": ["<b>"]}}
    yield "extra tokens with names", ends, {"tokenizer_config.json": {"extra_special_tokens": {"image_token": "<a>", "video_token": "<tok>"}}}
    yield "a map", ends, {"tokenizer_config.json": {"pad_token": "<a>"}, "special_tokens_map.json": {"pad_token": {**token("<pad>", rstrip=True)}, "additional_special_tokens": ["<tok>", "<b>"]}}
    yield "added_tokens.json", ends + tok, {"tokenizer_config.json": {"pad_token": "<pad>"}, "added_tokens.json": {"<tok>": size, "<pad>": size + 1, "<a>": size + 2}}
    yield "a token listed twice", ends + tok + [{"id": size, **token("<tok>", lstrip=True, special=False)}], {"tokenizer_config.json": {}}


def main():
    tokenizer = trained()
    made = []
    for name, added, files in cases(len(tokenizer["model"]["vocab"])):
        files["tokenizer_config.json"] = {**CONFIG, **files["tokenizer_config.json"]}
        with tempfile.TemporaryDirectory() as place:
            folder = pathlib.Path(place)
            (folder / "tokenizer.json").write_text(json.dumps({**tokenizer, "added_tokens": added}, ensure_ascii=False))
            (folder / "config.json").write_text(json.dumps({"model_type": "llama"}))
            for file, content in files.items():
                (folder / file).write_text(json.dumps(content, ensure_ascii=False))
            made.append({"name": name, "added": added, "files": files, "texts": values(folder, TEXTS, "TokenizersBackend")})
    json.dump({"tokenizer": tokenizer, "cases": made}, sys.stdout, ensure_ascii=False, separators=(",", ":"))


main()
