"""Safetensors files as the studio reads and writes them: headers without the data, and files written tensor by tensor."""

import hashlib
import json
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open

from espalier.errors import EspalierError
from espalier.files import js_json

SINGLE_FILE = "model.safetensors"
INDEX_FILE = "model.safetensors.index.json"
DTYPES: dict[str, torch.dtype] = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "I32": torch.int32}
_ALIGN = 8


@dataclass(frozen=True)
class StoredTensor:
    """One tensor of a model's files; `begin` and `end` are positions in its file, in bytes. `stored`: its name in the file."""

    name: str
    dtype: str
    shape: list[int]
    begin: int
    end: int
    file: Path
    stored: str


class StoredWeights:
    """The tensors of a model's folder, by name, in the order of the files and of their bytes. Data is read on demand.

    Throws EspalierError where the folder has no safetensors, or lacks a shard that the index names.
    """

    def __init__(self, folder: Path):
        self.tensors: dict[str, StoredTensor] = {}
        self._metadata: dict[Path, dict[str, str]] = {}
        for path in self._files(folder):
            tensors, self._metadata[path] = _header(path)
            for tensor in tensors:
                self.tensors[tensor.name] = tensor

    @staticmethod
    def _files(folder: Path) -> list[Path]:
        if (folder / SINGLE_FILE).exists():
            return [folder / SINGLE_FILE]
        index = folder / INDEX_FILE
        if not index.exists():
            raise EspalierError(f"{folder}: expected {SINGLE_FILE} or {INDEX_FILE}. Name a model's folder with --model.")
        shards = sorted(set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()))
        missing = [shard for shard in shards if not (folder / shard).exists()]
        if missing:
            raise EspalierError(f"{folder}: expected the shards that {INDEX_FILE} names, missing: {', '.join(missing)}")
        return [folder / shard for shard in shards]

    def info(self, name: str) -> StoredTensor:
        """Throws EspalierError where there is no such tensor."""
        if name not in self.tensors:
            raise EspalierError(f"{name}: expected this tensor in the model's files. Take config.json and weights from the same model.")
        return self.tensors[name]

    def expect(self, name: str, shape: list[int]) -> StoredTensor:
        """`info` of a tensor of this shape. Throws EspalierError where it has another."""
        info = self.info(name)
        if info.shape != shape:
            raise EspalierError(f"{name}: expected shape {shape}, got {info.shape}. Take config.json and weights from the same model.")
        return info

    @property
    def is_renamed(self) -> bool:
        """Whether the files have other names than those that the tensors are called by here."""
        return any(name != info.stored for name, info in self.tensors.items())

    def renamed(self, names: Mapping[str, str]) -> "StoredWeights":
        """The same tensors; `names` has the new name of each that changes, and the new names are distinct.

        Positions are those in files with the new names in their headers, as the studio presents them: fingerprints have them.
        """
        if not names:
            return self
        found = StoredWeights.__new__(StoredWeights)
        found._metadata, found.tensors = self._metadata, {}
        for path in self._metadata:
            own = [replace(one, name=names.get(one.name, one.name)) for one in self.tensors.values() if one.file == path]
            for one in _moved(own, self._metadata[path]):
                found.tensors[one.name] = one
        return found

    def read(self, name: str) -> torch.Tensor:
        """The tensor in its stored dtype."""
        info = self.info(name)
        with safe_open(info.file, "pt") as file:
            return file.get_tensor(info.stored)

    def read_rows(self, name: str, first: int, end: int) -> torch.Tensor:
        """Rows [first, end) of the first dimension, without reading the others."""
        info = self.info(name)
        with safe_open(info.file, "pt") as file:
            return file.get_slice(info.stored)[first:end]


class ChangedWeights(StoredWeights):
    """The tensors of `base`, some of them with other values. `changed` makes the new values from those of `base`, in any float dtype.

    The values are rounded to the stored dtype (nearest even) when they are read.
    """

    def __init__(self, base: StoredWeights, changed: Mapping[str, Callable[[torch.Tensor], torch.Tensor]]):
        self.tensors, self._metadata = base.tensors, base._metadata
        self._base = base
        self._changed = changed

    def read(self, name: str) -> torch.Tensor:
        values = self._base.read(name)
        change = self._changed.get(name)
        return values if change is None else change(values).to(values.dtype)

    def read_rows(self, name: str, first: int, end: int) -> torch.Tensor:
        return self.read(name)[first:end] if name in self._changed else self._base.read_rows(name, first, end)


def _header(path: Path) -> tuple[list[StoredTensor], dict[str, str]]:
    """The tensors in the order of their bytes, and the metadata."""
    with path.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        entries: dict[str, Any] = json.loads(file.read(length))
    start = 8 + length
    tensors = [
        StoredTensor(name, entry["dtype"], entry["shape"], *(start + at for at in entry["data_offsets"]), file=path, stored=name)
        for name, entry in entries.items()
        if name != "__metadata__"
    ]
    return sorted(tensors, key=lambda tensor: (tensor.begin, tensor.end)), entries.get("__metadata__", {})


def _moved(tensors: Sequence[StoredTensor], metadata: dict[str, str]) -> list[StoredTensor]:
    """The tensors of a file where they are after a header of their names (rewrittenFile of src/engine/formats/safetensors/renamed.ts)."""
    start = min((one.begin for one in tensors), default=0)
    entries: list[tuple[str, Any]] = [("__metadata__", metadata)] if metadata else []
    for one in tensors:
        entry = {"dtype": one.dtype, "shape": one.shape, "data_offsets": [one.begin - start, one.end - start]}
        entries.append((one.name, entry))
    header = "{" + ",".join(f"{js_json.dumps(key)}:{js_json.dumps(value)}" for key, value in entries) + "}"
    shift = 8 + len(header.encode()) - start
    return [replace(one, begin=one.begin + shift, end=one.end + shift) for one in tensors]


def fingerprint(config: Any, weights: StoredWeights) -> str:
    """16 hexadecimal digits that identify a model, the same as the studio's (src/engine/formats/safetensors/describeModel.ts).

    config: the parsed config.json.
    """
    infos = [
        {"name": one.name, "dtype": one.dtype, "shape": one.shape, "begin": one.begin, "end": one.end}
        for one in weights.tensors.values()
    ]
    return hashlib.sha256(js_json.dumps([config, infos]).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class NewTensor:
    """A tensor to be written; `make` is called once, when it is next in the file."""

    name: str
    dtype: str
    shape: list[int]
    make: Callable[[], torch.Tensor]

    @property
    def size_bytes(self) -> int:
        """Bytes of its data."""
        count = 1
        for size in self.shape:
            count *= size
        return count * DTYPES[self.dtype].itemsize


def _ordered(tensors: Sequence[NewTensor]) -> list[NewTensor]:
    """Widest dtype first, so that every tensor is aligned, then by name (as UTF-16, like JavaScript)."""
    return sorted(tensors, key=lambda one: (-DTYPES[one.dtype].itemsize, one.name.encode("utf-16-be")))


def _write_file(path: Path, tensors: Sequence[NewTensor]) -> None:
    """The studio's bytes: src/engine/formats/safetensors/safetensorsWriter.ts."""
    entries: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    at = 0
    for one in tensors:
        entries[one.name] = {"dtype": one.dtype, "shape": one.shape, "data_offsets": [at, at + one.size_bytes]}
        at += one.size_bytes
    header = json.dumps(entries, ensure_ascii=False, separators=(",", ":")).encode()
    header += b" " * (-len(header) % _ALIGN)
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(header)) + header)
        for one in tensors:
            data = one.make()
            if list(data.shape) != one.shape or data.dtype != DTYPES[one.dtype]:
                raise ValueError(f"{one.name}: expected {one.dtype} {one.shape}, got {data.dtype} {list(data.shape)}")
            file.write(data.contiguous().flatten().view(torch.uint8).numpy().tobytes())


def write_tensors(path: Path, tensors: Sequence[NewTensor]) -> None:
    """Writes one file, with the tensors in the order of the studio's."""
    _write_file(path, _ordered(tensors))


def write_weights(folder: Path, tensors: Sequence[NewTensor], shard_bytes: int | None = None) -> None:
    """Writes model.safetensors; with `shard_bytes`, shards of at most that many bytes (or one larger tensor) and their index."""
    groups: list[list[NewTensor]] = []
    free = 0
    for one in _ordered(tensors):
        if not groups or (shard_bytes is not None and one.size_bytes > free):
            groups.append([])
            free = shard_bytes or 0
        groups[-1].append(one)
        free -= one.size_bytes
    if len(groups) == 1:
        _write_file(folder / SINGLE_FILE, groups[0])
        return
    weight_map = {}
    for i, group in enumerate(groups, start=1):
        name = f"model-{i:05d}-of-{len(groups):05d}.safetensors"
        _write_file(folder / name, group)
        weight_map |= {one.name: name for one in group}
    total = sum(one.size_bytes for one in tensors)
    index = {"metadata": {"total_size": total}, "weight_map": weight_map}
    (folder / INDEX_FILE).write_text(js_json.dumps(index, indent=2) + "\n", encoding="utf-8")
