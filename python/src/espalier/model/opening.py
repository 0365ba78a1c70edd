"""Opens the dense model of a folder: whole on one process, or sharded by block over the ranks without ever being whole anywhere."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedModel
from transformers.utils import logging

from espalier.errors import EspalierError
from espalier.files.licence import licence_of
from espalier.files.safetensors_file import StoredWeights, fingerprint
from espalier.model.families import family_of
from espalier.model.memory import recompute_blocks
from espalier.model.sharding import load_shards, shard_blocks
from espalier.model.stored_names import named_weights
from espalier.ranks import Ranks


@dataclass(frozen=True)
class DenseFolder:
    """A model's folder on disk: its files, but not its weights in memory."""

    path: Path
    raw_config: dict[str, Any]
    weights: StoredWeights
    """Under the names of the family, whichever names the files have."""

    @property
    def name(self) -> str:
        """The name of the folder, by which receipts and runs call the model."""
        return self.path.resolve().name

    @property
    def fingerprint(self) -> str:
        """As in the studio."""
        return fingerprint(self.raw_config, self.weights)

    def dtype(self) -> str:
        """F32, F16 or BF16: that of the embedding."""
        name = next((name for name in self.weights.tensors if name.endswith("embed_tokens.weight")), None)
        dtype = "none" if name is None else self.weights.info(name).dtype
        if dtype not in ("F32", "F16", "BF16"):
            raise EspalierError(f"{self.path}: embed_tokens.weight: expected F32, F16 or BF16, got {dtype}")
        return dtype

    def licence(self) -> str:
        """The licence that the folder's README.md states; "not stated" where it states none."""
        return licence_of(self.path)


def open_folder(path: Path) -> DenseFolder:
    """Reads config.json and the headers of the weights.

    Throws EspalierError where the folder is not a model that can be pruned, also where the weights lack a tensor of the config's model.
    """
    file = path / "config.json"
    if not file.exists():
        raise EspalierError(f"--model: expected a folder with config.json, got {path}")
    config = json.loads(file.read_text(encoding="utf-8"))
    if config.get("quantization_config") is not None:
        raise EspalierError(f"{file}: quantization_config: expected none. Use the model in F32, F16 or BF16.")
    return DenseFolder(path, config, named_weights(empty_model(path, torch.float32), StoredWeights(path)))


def load_model(folder: DenseFolder, dtype: torch.dtype, ranks: Ranks, recompute: bool = False) -> PreTrainedModel:
    """The frozen model in `dtype` on the device of this rank.

    On several ranks it is made on the meta device, sharded by block with FSDP2, and each rank reads only its rows.
    recompute: keep only the residual stream between blocks, and compute a block again in its backward pass (METHOD.md 1.4).
    """
    logging.disable_progress_bar()
    if ranks.world == 1:
        model = _whole_model(folder, dtype).eval().to(ranks.device)
        if recompute:
            recompute_blocks(model)
        return model
    model = empty_model(folder.path, dtype)
    if recompute:
        recompute_blocks(model)
    shard_blocks(model, ranks)
    load_shards(model, folder.weights, ranks)
    return model


def _whole_model(folder: DenseFolder, dtype: torch.dtype) -> PreTrainedModel:
    """transformers does not know the prefixes of wrappers, so it gets renamed tensors one by one."""
    if not folder.weights.is_renamed:
        return AutoModelForCausalLM.from_pretrained(folder.path, dtype=dtype)
    empty = empty_model(folder.path, dtype)
    tensors = {name: folder.weights.read(name) for name in folder.weights.tensors}
    return type(empty).from_pretrained(None, config=empty.config, state_dict=tensors, dtype=dtype)


def empty_model(path: Path, dtype: torch.dtype) -> PreTrainedModel:
    """The model of config.json on the meta device, without weights."""
    config = AutoConfig.from_pretrained(path)
    family_of(config)
    with torch.device("meta"):
        return AutoModelForCausalLM.from_config(config, dtype=dtype).eval()
