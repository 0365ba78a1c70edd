"""What every command writes about its run: the machine, the model, and what perplexity was measured on."""

import platform
from pathlib import Path
from typing import Any

import torch

from espalier import __version__
from espalier.files import js_json
from espalier.files.texts import Text
from espalier.masks.shape import ModelShape
from espalier.model.opening import DenseFolder
from espalier.ranks import Ranks

DTYPES = {"f32": torch.float32, "bf16": torch.bfloat16}
"""Types of the frozen model in memory, by the values of --weights."""
CHECK_TOKENS = 64
"""Tokens whose logits are compared with those of an export."""


def run_facts(folder: DenseFolder, shape: ModelShape, ranks: Ranks, sequences: int, precision: str) -> dict[str, Any]:
    """The fields of RunFacts that a run knows before it begins. sequences: per training step. precision: the value of --weights."""
    device = torch.cuda.get_device_name(ranks.device) if ranks.device.type == "cuda" else platform.processor() or "CPU"
    several = "" if sequences == 1 else f", {sequences} sequences per step"
    return {
        "shape": shape,
        "model_name": folder.name,
        "licence": folder.licence(),
        "dtype": folder.dtype(),
        "precision": precision,
        "fingerprint": folder.fingerprint,
        "adapter": device if ranks.world == 1 else f"{device} x {ranks.world}",
        "host": f"PyTorch {torch.__version__} (espalier {__version__}{several})",
    }


def measured_on(text: Text, context: int, tokens: int, values: tuple[float, float]) -> dict[str, Any]:
    """A pair of perplexities, as files have it. values: dense and pruned."""
    dense, pruned = values
    return {
        "text": text.reference(),
        "context": context,
        "tokens": tokens,
        "beginToken": False,
        "dense": dense,
        "pruned": pruned,
    }


def checked_answer(check: dict[str, Any] | None) -> dict[str, Any]:
    """A form's check in the line of JSON; None where it was not opened again."""
    if check is None:
        return {"checkedBy": None, "tokens": 0, "largestDifference": None, "equalArgmax": None}
    return {
        "checkedBy": check["runtime"],
        "tokens": check["tokens"],
        "largestDifference": check["maxAbsLogitDifference"],
        "equalArgmax": check["argmaxAgreement"],
    }


def write_json(path: Path, value: Any) -> None:
    """Writes a JSON file as the studio does."""
    path.write_text(js_json.dumps(value, indent=2) + "\n", encoding="utf-8")
