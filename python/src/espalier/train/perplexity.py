"""Perplexity (METHOD.md 4): windows of the context length that do not overlap, the first token of each not scored."""

import math
from collections.abc import Callable

import torch
from transformers import PreTrainedModel

from espalier.errors import EspalierError
from espalier.files.texts import windows_of
from espalier.ranks import Ranks
from espalier.train.session import language_loss


def turns_of(windows: int, ranks: Ranks) -> list[int]:
    """The windows that this rank computes, one per turn: every n-th. Where they run out, it computes the last one again, uncounted."""
    return [min(turn + ranks.rank, windows - 1) for turn in range(0, windows, ranks.world)]


@torch.no_grad()
def perplexity(model: PreTrainedModel, ids: torch.Tensor, context: int, ranks: Ranks) -> tuple[float, int]:
    """exp(sum of the losses / scored tokens), and the tokens in the windows. ids: (T). All ranks call it and get the same value.

    Throws EspalierError for fewer than 2 ids and for a loss that is not finite.
    """

    def loss_of(start: int, length: int) -> float:
        return float(language_loss(model, ids[start : start + length].to(ranks.device)))

    return mean_perplexity(loss_of, len(ids), context, ranks)


def mean_perplexity(loss_of: Callable[[int, int], float], tokens: int, context: int, ranks: Ranks) -> tuple[float, int]:
    """The same from `loss_of`, the mean loss of the window (start, length) of a text of `tokens` ids."""
    windows = windows_of(tokens, context)
    if not windows:
        raise EspalierError(f"evaluation text: expected at least 2 tokens, got {tokens}. Choose a longer text.")
    total = torch.zeros(2, dtype=torch.float64)
    # All ranks gather sharded weights together, so all compute the same number of windows.
    for turn, window in enumerate(turns_of(len(windows), ranks)):
        start, length = windows[window]
        loss = loss_of(start, length)
        if turn * ranks.world + ranks.rank < len(windows):
            total += torch.tensor([loss * (length - 1), length - 1], dtype=torch.float64)
    loss_sum, scored = ranks.sum_(total.to(ranks.device)).tolist()
    if not math.isfinite(loss_sum):
        raise EspalierError("The perplexity is not a finite number. The model's weights may be damaged.")
    return math.exp(loss_sum / scored), sum(length for _, length in windows)
