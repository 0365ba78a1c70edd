"""Perplexity (METHOD.md 4): windows of the context length that do not overlap, the first token of each not scored."""

import math

import torch
from transformers import PreTrainedModel

from espalier.errors import EspalierError
from espalier.files.texts import windows_of
from espalier.ranks import Ranks
from espalier.train.session import language_loss


@torch.no_grad()
def perplexity(model: PreTrainedModel, ids: torch.Tensor, context: int, ranks: Ranks) -> tuple[float, int]:
    """exp(sum of the losses / scored tokens), and the tokens in the windows. ids: (T). All ranks call it and get the same value.

    Throws EspalierError for fewer than 2 ids and for a loss that is not finite.
    """
    windows = windows_of(len(ids), context)
    if not windows:
        raise EspalierError(f"evaluation text: expected at least 2 tokens, got {len(ids)}. Choose a longer text.")
    total = torch.zeros(2, dtype=torch.float64)
    # Each rank takes every n-th window. All ranks gather sharded weights together, so all compute the same number of windows.
    for turn in range(0, len(windows), ranks.world):
        mine = turn + ranks.rank
        start, length = windows[min(mine, len(windows) - 1)]
        loss = float(language_loss(model, ids[start : start + length].to(ranks.device)))
        if mine < len(windows):
            total += torch.tensor([loss * (length - 1), length - 1], dtype=torch.float64)
    loss_sum, scored = ranks.sum_(total.to(ranks.device)).tolist()
    if not math.isfinite(loss_sum):
        raise EspalierError("The perplexity is not a finite number. The model's weights may be damaged.")
    return math.exp(loss_sum / scored), sum(length for _, length in windows)
