"""Writes the masked and the compact form of a pruned model (docs/formats.md), tensor by tensor from the dense model's files.

Equal folders and masks give the bytes that the studio writes (src/engine/formats/export).
"""

import json
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from espalier.files import js_json
from espalier.files.bitset import Mask
from espalier.files.companions import is_companion
from espalier.files.model_code import model_code
from espalier.files.safetensors_file import NewTensor, StoredTensor, StoredWeights, write_weights
from espalier.masks.shape import VECTOR_NAMES, VECTORS_PER_BLOCK
from espalier.model.families import FAMILIES, Family

FORMS = ("masked", "compact")
_COMPACT_FORMAT = 1
_CODE_FIELDS = ("auto_map", "custom_pipelines")


@dataclass(frozen=True)
class Source:
    """What is exported."""

    folder: Path
    config: dict[str, Any]
    """The parsed config.json."""
    weights: StoredWeights
    masks: Sequence[Mask]
    """0 or 1 for the gates of each of the 5L vectors; empty where single weights are pruned, whose zeros are in `weights`."""
    shard_bytes: int | None = None
    """Most bytes of tensors per file; None: one file."""

    @property
    def family(self) -> Family:
        """The names of the model's tensors."""
        return FAMILIES[self.config["model_type"]]

    def kept(self, vector: int) -> torch.Tensor:
        """(|s|) int64: the kept positions of a vector, ascending."""
        return torch.from_numpy(np.flatnonzero(self.masks[vector]))


def vectors_of(family: Family, tensor: str) -> tuple[int | None, int | None] | None:
    """The vectors that select rows and columns of a tensor, as 5 * block + k; None for a tensor that is never pruned."""
    match = re.fullmatch(rf"{re.escape(family.layers)}\.(\d+)\.(.+)\.(weight|bias)", tensor)
    if match is None:
        return None
    first, name, is_weight = VECTORS_PER_BLOCK * int(match[1]), match[2], match[3] == "weight"
    roles: dict[str, tuple[int | None, int | None]] = {
        **dict.fromkeys(family.qkv, (None, first)),
        family.o: (first + 1, None),
        **dict.fromkeys(family.ups, (first + 3, first + 2)),
        family.down: (first + 4, first + 3),
    }
    rows, columns = roles.get(name, (None, None))
    found = (rows, columns if is_weight else None)
    return None if found == (None, None) else found


def export_masked(source: Source, out: Path) -> None:
    """The shapes of the dense model, with +0 in pruned rows and columns."""

    def masked(info: StoredTensor) -> NewTensor:
        def make() -> torch.Tensor:
            tensor = source.weights.read(info.name)
            for axis, vector in enumerate(vectors_of(source.family, info.name) or ()):
                if vector is not None and source.masks:
                    tensor.index_fill_(axis, torch.from_numpy(np.flatnonzero(source.masks[vector] == 0)), 0)
            return tensor

        return NewTensor(info.name, info.dtype, info.shape, make)

    write_weights(out, [masked(info) for info in source.weights.tensors.values()], source.shard_bytes)
    _copy_settings(source.folder / "config.json", out)
    _copy_companions(source.folder, out)


def export_compact(source: Source, out: Path) -> None:
    """Pruned rows and columns removed, with index lists of the kept positions and the Python file that reads them."""

    def cut(info: StoredTensor) -> NewTensor:
        kept = [None if v is None else source.kept(v) for v in vectors_of(source.family, info.name) or ()]
        axes = [(axis, where) for axis, where in enumerate(kept) if where is not None]
        shape = list(info.shape)
        for axis, where in axes:
            shape[axis] = len(where)

        def make() -> torch.Tensor:
            tensor = source.weights.read(info.name)
            for axis, where in axes:
                tensor = tensor.index_select(axis, where)
            return tensor

        return NewTensor(info.name, info.dtype, shape, make)

    def index_list(vector: int) -> NewTensor:
        block, k = divmod(vector, VECTORS_PER_BLOCK)
        name = f"{source.family.layers}.{block}.espalier.{VECTOR_NAMES[k]}"
        return NewTensor(name, "I32", [int(source.masks[vector].sum())], lambda: source.kept(vector).int())

    tensors = [cut(info) for info in source.weights.tensors.values()]
    write_weights(out, [*tensors, *map(index_list, range(len(source.masks)))], source.shard_bytes)
    _write_json(out / "config.json", compact_config(source.config, [int(mask.sum()) for mask in source.masks]))
    _copy_companions(source.folder, out)
    (out / "modeling_espalier.py").write_bytes(model_code())


def compact_config(base: dict[str, Any], counts: Sequence[int]) -> dict[str, Any]:
    """The config.json of the compact form (src/engine/formats/export/compactConfig.ts). counts: |s| of the 5L vectors."""
    model_type = str(base["model_type"])
    name = FAMILIES[model_type].class_name
    starts = range(0, len(counts), VECTORS_PER_BLOCK)
    return {
        **{key: value for key, value in base.items() if key not in _CODE_FIELDS},
        **_older_rope(base),
        "architectures": [f"Espalier{name}ForCausalLM"],
        "auto_map": {
            "AutoConfig": f"modeling_espalier.Espalier{name}Config",
            "AutoModelForCausalLM": f"modeling_espalier.Espalier{name}ForCausalLM",
        },
        "model_type": f"espalier_{model_type}",
        "espalier": {
            "format": _COMPACT_FORMAT,
            "base_model_type": model_type,
            "base_architectures": base.get("architectures") or [],
            "widths": [list(counts[first : first + VECTORS_PER_BLOCK]) for first in starts],
        },
    }


def _older_rope(base: dict[str, Any]) -> dict[str, Any]:
    """The rotary embedding in the keys of transformers 4, which ignores `rope_parameters`."""
    rope = base.get("rope_scaling") or base.get("rope_parameters")
    if not isinstance(rope, dict):
        return {}
    top = {key: rope[key] for key in ("rope_theta", "partial_rotary_factor") if key in rope}
    scaling = {key: value for key, value in rope.items() if key not in ("rope_theta", "partial_rotary_factor")}
    kind = scaling.get("rope_type") or scaling.get("type") or "default"
    return {**top, **({} if kind == "default" else {"rope_scaling": scaling})}


def _write_json(path: Path, value: Any) -> None:
    path.write_text(js_json.dumps(value, indent=2) + "\n", encoding="utf-8")


def _copy_settings(path: Path, out: Path) -> None:
    """Byte for byte, unless the file names code."""
    try:
        settings = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return  # another parser might find code in it
    if isinstance(settings, dict) and any(field in settings for field in _CODE_FIELDS):
        _write_json(out / path.name, {key: value for key, value in settings.items() if key not in _CODE_FIELDS})
    else:
        shutil.copyfile(path, out / path.name)


def _copy_companions(folder: Path, out: Path) -> None:
    """Files of the tokenizer, of generation and of the licence; only known names, and no code."""
    for path in sorted(folder.iterdir()):
        name = path.name
        if not path.is_file() or not is_companion(name):
            continue
        if name in ("tokenizer_config.json", "generation_config.json"):
            _copy_settings(path, out)
        else:
            shutil.copyfile(path, out / name)
