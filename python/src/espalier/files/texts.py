"""Texts: their bytes, names and tokens, and the windows that training and perplexity take from them, as in the studio."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from transformers import AutoTokenizer

from espalier.errors import EspalierError
from espalier.noise import Draw, uniform_noise

_SAVE_AGAIN = "Save it as UTF-8 in an editor, or choose another file."
_UTF32_MARKS = (b"\xff\xfe\0\0", b"\0\0\xfe\xff")
_UTF16_MARKS = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_UTF8_MARK = b"\xef\xbb\xbf"
_NUL_EVERY = 100
"""A text with more NUL characters than one in this many is not a text."""


@dataclass(frozen=True)
class Text:
    """A text file: its name and its content without a byte order mark."""

    name: str
    content: str

    def reference(self) -> dict[str, str]:
        """Name and SHA-256 of the UTF-8 bytes, as receipts and runs store them."""
        return {"name": self.name, "sha256": hashlib.sha256(self.content.encode()).hexdigest()}


def decode_text(name: str, data: bytes) -> str:
    """The text of a file's bytes: UTF-16 with a byte order mark, otherwise UTF-8. Throws EspalierError naming the first wrong byte."""
    if data.startswith(_UTF32_MARKS):
        raise EspalierError(f"{name}: expected UTF-8 text, got the byte order mark of UTF-32. {_SAVE_AGAIN}")
    mark = data[:2]
    encoding = _UTF16_MARKS.get(mark, "utf-8")
    skipped = 2 if mark in _UTF16_MARKS else len(_UTF8_MARK) if data.startswith(_UTF8_MARK) else 0
    try:
        text = data[skipped:].decode(encoding)
    except UnicodeDecodeError as error:
        raise EspalierError(f"{name}: byte {skipped + error.start}: expected {encoding.upper()} text. {_SAVE_AGAIN}") from error
    nul = text.count("\0")
    if nul * _NUL_EVERY > len(text):
        raise EspalierError(f"{name}: expected text, got {nul} NUL characters of {len(text)}. {_SAVE_AGAIN}")
    return text


def read_text(path: Path) -> Text:
    """Reads a text file. Throws EspalierError if it is missing or not a text."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise EspalierError(f"{path}: expected a text file, got {error.strerror}. Check the path.") from error
    return Text(path.name, decode_text(path.name, data))


def encode(folder: Path, text: Text, vocab: int) -> torch.Tensor:
    """(T) int64: the ids of a text without special tokens. Throws EspalierError for ids beyond the `vocab` rows of the embedding."""
    file = folder / "tokenizer.json"
    if file.exists():
        ids = Tokenizer.from_file(str(file)).encode(text.content, add_special_tokens=False).ids
    else:
        tokenizer: Any = AutoTokenizer.from_pretrained(folder)
        ids = tokenizer(text.content, add_special_tokens=False)["input_ids"]
    outside = next((one for one in ids if one >= vocab), None)
    if outside is not None:
        raise EspalierError(f"{text.name}: expected tokens with ids below {vocab}, the rows of the embedding, got {outside}.")
    return torch.tensor(ids, dtype=torch.int64)


def batch_of(text: torch.Tensor, tokens: int, seed: int, step: int, sequence: int = 0) -> torch.Tensor:
    """(tokens): the ids of one sequence of a training step, from a start that the noise draws. Sequence 0 is the studio's.

    text: (T) ids. Throws EspalierError if it is shorter than one sequence.
    """
    if len(text) < tokens:
        raise EspalierError(
            f"calibration text: expected at least {tokens} tokens, got {len(text)}. Choose a longer text or fewer tokens per step."
        )
    u = float(uniform_noise(seed, Draw.BATCH, 1, step=step, first=sequence)[0])
    start = int(np.floor(u * (len(text) - tokens + 1)))
    return text[start : start + tokens]


def windows_of(tokens: int, context: int) -> list[tuple[int, int]]:
    """(start, length) of the windows of `context` tokens; a last window of one token is dropped, because it scores nothing."""
    starts = range(0, tokens - 1, context)
    return [(start, min(context, tokens - start)) for start in starts if tokens - start >= 2]
