"""The guard of a recovery: a slice of the training text that is not trained on, and on which the weights must improve."""

import math
from dataclasses import dataclass

import torch

from espalier.errors import EspalierError

_SHARE = 0.05
"""The guard's share of the training text, taken from its end."""
_LEAST_WINDOWS = 2
_MOST = 0.25
"""The largest share that these windows may take; a shorter text gets shorter windows."""
_MEASURED_TOKENS = 4096
"""Tokens that are measured each time: the first ones of the slice, at least two windows."""
_SHORTEST = 16


@dataclass(frozen=True)
class GuardedText:
    """A training text divided: ids to train on, ids that the guard measures, and the tokens of its windows."""

    training: torch.Tensor
    guard: torch.Tensor
    context: int


def guarded_text(ids: torch.Tensor, context: int) -> GuardedText:
    """Divides ids (T). Throws EspalierError for a text of less than 16 tokens."""
    length = len(ids)
    if length < _SHORTEST:
        raise EspalierError(f"training text: expected at least {_SHORTEST} tokens, got {length}. Choose a longer text.")
    window = min(context, math.floor(_MOST * length / _LEAST_WINDOWS))
    held = max(_LEAST_WINDOWS * window, math.floor(_SHARE * length))
    measured = min(held, max(_LEAST_WINDOWS * window, _MEASURED_TOKENS))
    first = length - held
    return GuardedText(ids[:first], ids[first : first + measured], window)


@dataclass
class GuardRecord:
    """What the guard has measured so far: perplexities of its slice. The pruned model counts as step 0."""

    tokens: int
    before: float = math.nan
    best: float = math.inf
    best_step: int = 0
    last: float = math.nan
    last_step: int = -1

    def add(self, step: int, value: float) -> bool:
        """Adds a measurement; returns whether it is the best so far. NaN is never better."""
        if self.last_step < 0:
            self.before = value
        self.last, self.last_step = value, step
        better = value < self.best
        if better:
            self.best, self.best_step = value, step
        return better
