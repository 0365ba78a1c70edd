"""The gguf forms for verify_python.py: opened by llama.cpp itself (its C interface inside the package xllamacpp), and read by gguf."""

import contextlib
import ctypes
import glob
import os
import sys
from pathlib import Path

import gguf
import torch
import xllamacpp

# Parameter structs are passed on as llama.cpp returns them. Only fields at known places are changed, and their defaults are checked first.
CONTEXT_FIELDS = {"n_ctx": (0, 512), "n_batch": (4, 2048), "n_ubatch": (8, 512), "flash_attn": (52, -1), "type_k": (104, 1), "type_v": (108, 1)}
F32 = 0
FLASH_OFF = 0
THREADS = {"n_threads": (28, 4), "n_threads_batch": (32, 4)}
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
            CONTEXT_FIELDS, n_ctx=context, n_batch=context, n_ubatch=context, flash_attn=FLASH_OFF, type_k=F32, type_v=F32
        )
        self.context = self.lib.llama_init_from_model(self.model, params)
        if not self.context:
            raise RuntimeError(f"llama.cpp makes no context for {path}: {''.join(self.errors).strip()}")
        self.vocab = self.lib.llama_model_get_vocab(self.model)
        self.tokens = self.lib.llama_vocab_n_tokens(self.vocab)

    def close(self):
        self.lib.llama_free(self.context)
        self.lib.llama_model_free(self.model)

    def logits(self, ids):
        """Logits (T, V) of token ids (T); call it once."""
        batch = self.lib.llama_batch_init(len(ids), 0, 1)
        batch.n_tokens = len(ids)
        for i, token in enumerate(ids):
            batch.token[i], batch.pos[i], batch.n_seq_id[i], batch.logits[i] = token, i, 1, 1
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
