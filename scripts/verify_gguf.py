"""The gguf forms for verify_python.py: opened by llama.cpp itself (its C interface inside the package xllamacpp), and read by gguf."""

import contextlib
import ctypes
import glob
import json
import os
from importlib import metadata
from pathlib import Path

import gguf
import numpy as np
import torch
import xllamacpp
from tokenizers import Tokenizer

# Parameter structs are passed on as llama.cpp returns them. Only fields at known places are changed, and their defaults are checked first.
CONTEXT_FIELDS = {
    **{"n_ctx": (0, 512), "n_batch": (4, 2048), "n_ubatch": (8, 512)},
    **{"flash_attn_type": (52, -1), "type_k": (104, 1), "type_v": (108, 1)},
}
F32 = 0
FLASH_OFF = 0
STRUCT_BYTES = 512


class Params(ctypes.Structure):
    """A struct of llama.cpp as bytes; more than any of them has."""

    _fields_ = [("bytes", ctypes.c_ubyte * STRUCT_BYTES)]

    def replace(self, fields, **values):
        for name, value in values.items():
            at, default = fields[name]
            found = int.from_bytes(bytes(self.bytes[at : at + 4]), "little", signed=True)
            if found != default:
                raise RuntimeError(f"llama_context_params.{name}: expected the default {default} at byte {at}, got {found}")
            self.bytes[at : at + 4] = list(value.to_bytes(4, "little", signed=True))
        return self


class Batch(ctypes.Structure):
    """llama_batch"""

    _fields_ = [
        ("n_tokens", ctypes.c_int32),
        ("token", ctypes.POINTER(ctypes.c_int32)),
        ("embd", ctypes.c_void_p),
        ("pos", ctypes.POINTER(ctypes.c_int32)),
        ("n_seq_id", ctypes.POINTER(ctypes.c_int32)),
        ("seq_id", ctypes.POINTER(ctypes.POINTER(ctypes.c_int32))),
        ("logits", ctypes.POINTER(ctypes.c_int8)),
    ]


def library():
    """The functions of llama.cpp that are used, with their types."""
    [path] = glob.glob(os.path.join(os.path.dirname(xllamacpp.__file__), "xllamacpp*.so"))
    lib = ctypes.CDLL(path)
    pointer, number, flag, text = ctypes.c_void_p, ctypes.c_int32, ctypes.c_bool, ctypes.c_char_p
    types = {
        "llama_backend_init": (None, []),
        "llama_log_set": (None, [pointer, pointer]),
        "llama_model_default_params": (Params, []),
        "llama_context_default_params": (Params, []),
        "llama_model_load_from_file": (pointer, [text, Params]),
        "llama_init_from_model": (pointer, [pointer, Params]),
        "llama_model_get_vocab": (pointer, [pointer]),
        "llama_vocab_n_tokens": (number, [pointer]),
        "llama_batch_init": (Batch, [number, number, number]),
        "llama_batch_free": (None, [Batch]),
        "llama_decode": (number, [pointer, Batch]),
        "llama_get_logits_ith": (ctypes.POINTER(ctypes.c_float), [pointer, number]),
        "llama_tokenize": (number, [pointer, text, number, ctypes.POINTER(number), number, flag, flag]),
        "llama_free": (None, [pointer]),
        "llama_model_free": (None, [pointer]),
    }
    for name, (result, arguments) in types.items():
        function = getattr(lib, name)
        function.restype, function.argtypes = result, arguments
    lib.llama_backend_init()
    return lib


LOG = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p)
ERROR_LEVEL = 4


class Llama:
    """A GGUF file in llama.cpp on the CPU, with a KV cache of float32."""

    lib = library()

    def __init__(self, path, context=512):
        self.errors = []
        self.log = LOG(lambda level, text, _: self.errors.append(text.decode(errors="replace")) if level == ERROR_LEVEL else None)
        self.lib.llama_log_set(ctypes.cast(self.log, ctypes.c_void_p), None)
        self.model = self.lib.llama_model_load_from_file(str(path).encode(), self.lib.llama_model_default_params())
        if not self.model:
            raise RuntimeError(f"llama.cpp does not load {path}: {''.join(self.errors).strip()}")
        params = self.lib.llama_context_default_params().replace(
            CONTEXT_FIELDS, n_ctx=context, n_batch=context, n_ubatch=context, flash_attn_type=FLASH_OFF, type_k=F32, type_v=F32
        )
        self.context = self.lib.llama_init_from_model(self.model, params)
        if not self.context:
            raise RuntimeError(f"llama.cpp makes no context for {path}: {''.join(self.errors).strip()}")
        self.vocab = self.lib.llama_model_get_vocab(self.model)
        self.tokens = self.lib.llama_vocab_n_tokens(self.vocab)

    def close(self):
        self.lib.llama_free(self.context)
        self.lib.llama_model_free(self.model)

    def logits(self, ids, start=0):
        """Logits (T, V) of token ids (T) at positions from `start` on, after all that was computed before."""
        batch = self.lib.llama_batch_init(len(ids), 0, 1)
        batch.n_tokens = len(ids)
        for i, token in enumerate(ids):
            batch.token[i], batch.pos[i], batch.n_seq_id[i], batch.logits[i] = token, start + i, 1, 1
            batch.seq_id[i][0] = 0
        if self.lib.llama_decode(self.context, batch) != 0:
            raise RuntimeError(f"llama_decode failed: {''.join(self.errors).strip()}")
        rows = [torch.tensor(self.lib.llama_get_logits_ith(self.context, i)[: self.tokens]) for i in range(len(ids))]
        self.lib.llama_batch_free(batch)
        return torch.stack(rows)

    def encode(self, text, special=False):
        """Token ids of a text, with what the tokenizer adds to it if `special`."""
        data = text.encode()
        room = len(data) + 16
        ids = (ctypes.c_int32 * room)()
        count = self.lib.llama_tokenize(self.vocab, data, len(data), ids, room, special, special)
        if count < 0:
            raise RuntimeError(f"llama_tokenize needs {-count} tokens of room, has {room}")
        return list(ids[:count])


# Relative limits of llama.cpp's own arithmetic: it rounds activations to the type of the weights, and reads GELU from a table of halves.
ACTIVATION_LIMITS = {"F16": 2.5e-3, "BF16": 2e-2}
GELU_LIMIT = 1e-3
GELU_ARCHITECTURES = ("gemma", "phi2")

# All bytes that UTF-8 has, digits, runs of spaces and line breaks, accents composed and not, CJK, emoji with modifiers.
HARD_TEXT = (Path(__file__).parent / "verify_text.txt").read_bytes().decode()


class GgufForm:
    """A folder with one GGUF file, opened by llama.cpp. Logits are of the first tokens only where the file states a shorter context."""

    problems = ""

    def __init__(self, folder):
        [self.path] = sorted(folder.glob("*.gguf"))
        self.folder = folder
        self.reader = gguf.GGUFReader(self.path)
        self.architecture = self.field("general.architecture")
        self.context = int(self.field(f"{self.architecture}.context_length"))
        self.dtype = main_type(self.reader)
        gelu = GELU_LIMIT if self.architecture in GELU_ARCHITECTURES else 0
        self.limit = max(gelu, ACTIVATION_LIMITS.get(self.dtype, 0))
        self.loaded_as = f"llama.cpp {self.architecture}"
        Llama(self.path).close()

    def field(self, name):
        return self.reader.get_field(name).contents()

    def forward(self, ids):
        with contextlib.closing(Llama(self.path)) as llama:
            return llama.logits(ids[: self.context])

    def greedy(self, ids, count, use_cache):
        """Greedy tokens after `ids`, with the KV cache or from a new context for each."""
        known = list(ids)
        if not use_cache:
            for _ in range(count):
                known.append(int(self.forward(known)[-1].argmax()))
            return known
        with contextlib.closing(Llama(self.path)) as llama:
            logits = llama.logits(known)
            for _ in range(count):
                known.append(int(logits[-1].argmax()))
                logits = llama.logits(known[-1:], start=len(known) - 1)
        return known

    def checks(self, ids, logits):
        """Yields (check, value, good) for checks of this form only."""
        values = [gguf.dequantize(tensor.data, tensor.tensor_type) for tensor in self.reader.tensors]
        finite = all(np.isfinite(array).all() for array in values)
        yield "gguf package reads all tensors", f"{len(values)} tensors", finite
        masked = self.folder.parent / "masked"
        if (masked / "tokenizer.json").exists():
            # not AutoTokenizer, which gives some families another pre-tokenizer than the file
            tokenizer = Tokenizer.from_file(str(masked / "tokenizer.json"))
            plain = tokenizer.encode(HARD_TEXT, add_special_tokens=False).ids
            yield from token_checks(self.path, plain, tokenizer.encode("a b").ids)


def token_checks(path, expected, with_special=None):
    """Compares llama.cpp's tokens of HARD_TEXT, and with what is added to a text those of "a b"."""
    with contextlib.closing(Llama(path)) as llama:
        found = llama.encode(HARD_TEXT)
        special = llama.encode("a b", special=True)
    equal = found == expected
    first = next((i for i, (a, b) in enumerate(zip(found, expected)) if a != b), min(len(found), len(expected)))
    yield "token ids of a hard text", f"{len(found)} equal" if equal else f"differ at {first} of {len(expected)}", equal
    if with_special is not None:
        yield "token ids with what is added", str(special), special == with_special


def gguf_version():
    """What opens and reads the files, with versions."""
    return [f"{name} {metadata.version(name)}" for name in ("xllamacpp", "gguf")]


def main_type(reader):
    """The type of most values, by its name in GGUF."""
    counts = {}
    for tensor in reader.tensors:
        counts[tensor.tensor_type.name] = counts.get(tensor.tensor_type.name, 0) + tensor.n_elements
    return max(counts, key=counts.get)


def check_tokenizers(table, folder):
    """Every tokenizer in the folder: llama.cpp must make the tokens that Espalier makes."""
    table.export = "tokenizers"
    for case in sorted(folder.iterdir()):
        expected = json.loads((case / "tokens.json").read_text())
        try:
            if expected["text"] != HARD_TEXT:
                raise ValueError("tokens.json has another text")
            for check, value, good in token_checks(case / "model.gguf", expected["ids"], expected["added"]):
                table.row(case.name, check, value, good=good)
        except Exception as error:  # any failure of a runtime is a result of the check
            table.row(case.name, type(error).__name__, " ".join(str(error).split())[:200], good=False)
