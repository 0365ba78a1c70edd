"""Opens a written form in transformers and compares its logits with those of the pruned model in memory."""

from pathlib import Path
from typing import Any

import torch
import transformers
from transformers import AutoModelForCausalLM, PreTrainedModel

from espalier.errors import EspalierError
from espalier.model.opening import open_folder
from espalier.model.streaming import BlockStream
from espalier.ranks import Ranks

_TOLERANCE = 1e-3
"""Largest accepted difference, as a share of the largest logit, in float32."""
_BF16_TOLERANCE = 0.1
_POSITIONS, _TOP, _DIGITS = 16, 4, 7


@torch.no_grad()
def pruned_logits(model: PreTrainedModel, ids: torch.Tensor, ranks: Ranks) -> torch.Tensor:
    """(T, V) in the model's dtype, on the CPU, for ids (T). All ranks call it."""
    return model(input_ids=ids[None].to(ranks.device), use_cache=False).logits[0].cpu()


@torch.no_grad()
def check_form(folder: Path, form: str, ids: torch.Tensor, expected: torch.Tensor) -> dict[str, Any]:
    """Opens the form and compares it. expected: (T, V) of the pruned model. Throws EspalierError if the form computes something else."""
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=expected.dtype, trust_remote_code=form == "compact").eval()
    return _compared(form, model(input_ids=ids[None], use_cache=False).logits[0], expected)


def check_by_blocks(folder: Path, ids: torch.Tensor, expected: torch.Tensor) -> dict[str, Any]:
    """The same for the masked form, block by block from its files, so that it need not fit in memory."""
    stream = BlockStream(open_folder(folder), expected.dtype, torch.device("cpu"))
    hidden = stream.embed(ids)
    for index in range(stream.layers):
        with stream.loaded(index):
            hidden = stream.run(index, hidden)
    return _compared("masked", stream.logits(hidden), expected)


def _compared(form: str, logits: torch.Tensor, expected: torch.Tensor) -> dict[str, Any]:
    """The check for the receipt, for logits (T, V) of a form that was opened. Throws EspalierError if they differ."""
    found = logits.float()
    wanted = expected.float()
    difference = float((found - wanted).abs().max())
    tolerance = _TOLERANCE if expected.dtype == torch.float32 else _BF16_TOLERANCE
    if not difference <= tolerance * float(wanted.abs().max()):
        raise EspalierError(
            f"expected the logits of the pruned model, got a difference of {difference}, more than {tolerance} of the largest logit. "
            "Please report this bug."
        )
    return {
        "form": form,
        "runtime": "transformers",
        "version": transformers.__version__,
        "tokens": len(found),
        "maxAbsLogitDifference": difference,
        "argmaxAgreement": float((found.argmax(-1) == wanted.argmax(-1)).float().mean()),
    }


def sample_of(ids: torch.Tensor, logits: torch.Tensor) -> dict[str, Any]:
    """A few logits of the pruned model for the receipt: at the first positions the largest ones, largest first."""
    top = logits[:_POSITIONS].float().topk(_TOP)
    rows = zip(top.indices.tolist(), top.values.tolist(), strict=True)
    return {
        "ids": ids[:_POSITIONS].tolist(),
        "top": [{"ids": best, "logits": [float(f"{x:.{_DIGITS}g}") for x in values]} for best, values in rows],
    }
