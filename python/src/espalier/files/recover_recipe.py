"""The recipe of a recovery (METHOD.md 6): its fields, bounds, schedule and JSON. As src/engine/recipes/recoverRecipe.ts."""

import math
from dataclasses import dataclass
from typing import Any

from espalier.errors import EspalierError

MATRICES = ("out", "all")
_BOUNDS: dict[str, tuple[float, float, bool]] = {
    "steps": (1, 100_000, True),
    "tokens": (2, 4096, True),
    "learning_rate": (1e-7, 0.1, False),
    "weight_decay": (0, 1, False),
    "hidden_weight": (0, 1000, False),
    "seed": (0, 2**32 - 1, True),
    "measure_every": (1, 100_000, True),
}
_AT_HALF = {"out": 1e-3, "all": 5e-4}
"""Learning rate where half of the block weights are kept. It is proportional to the pruned share."""
_DEFAULT_RANK, _ADAPTERS_AT_HALF, _ADAPTERS_POWER = 16, 2.5e-3, 0.5
"""The same for adapters of this rank."""
_RANKS = (4, 64)
_LEAST_PRUNED = 0.02
"""The pruned share below which it does not shrink any more."""
_WARM_UP = 0.05
"""The share of the steps in which the learning rate grows to its largest."""


@dataclass(frozen=True)
class RecoverRecipe:
    """The settings of a recovery. The defaults are those of the studio."""

    learning_rate: float
    """AdamW's largest; the schedule multiplies it by `rate_of_step`."""
    steps: int = 300
    tokens: int = 128
    """Consecutive tokens per step."""
    matrices: str = "out"
    """out: o_proj and down_proj of every block; all: every matrix of the blocks. With their biases."""
    rank: int | None = None
    """Of the adapters that are trained on all matrices, in place of the matrices and their biases. None for any other recovery."""
    weight_decay: float = 0
    hidden_weight: float = 4
    """Of the relative error of the head's input, beside the KL."""
    seed: int = 1
    """Of the windows of the training text."""
    measure_every: int = 50
    """The guard measures after this many steps, and after the last one."""


def recover_learning_rate(ratio: float, matrices: str, rank: int | None = None) -> float:
    """For a model that keeps the share `ratio` of its block weights: by the pruned share."""
    pruned: float = max(_LEAST_PRUNED, 1 - ratio) / 0.5
    if rank is not None:
        return float(_ADAPTERS_AT_HALF * math.sqrt(_DEFAULT_RANK / rank) * pruned**_ADAPTERS_POWER)
    return float(_AT_HALF[matrices] * pruned)


def rate_of_step(steps: int, step: int) -> float:
    """What step `step` (from 0) multiplies the learning rate by: linear warm-up, then half a cosine down to almost 0."""
    warm_up = max(1, math.floor(_WARM_UP * steps + 0.5))
    if step < warm_up:
        return (step + 1) / warm_up
    return 0.5 * (1 + math.cos(math.pi * (step - warm_up + 1) / (steps - warm_up + 1)))


def check_recover_recipe(recipe: RecoverRecipe) -> RecoverRecipe:
    """Returns the recipe. Throws EspalierError naming the field that is out of bounds."""
    if recipe.matrices not in MATRICES:
        raise EspalierError(f"recover: matrices: expected one of {', '.join(MATRICES)}, got {recipe.matrices}")
    for name, (low, high, whole) in _BOUNDS.items():
        value = getattr(recipe, name)
        if not (low <= value <= high and (not whole or value == int(value))):
            kind = "a whole number" if whole else "a number"
            raise EspalierError(f"recover: {name}: expected {kind} from {low:g} to {high:g}, got {value}")
    if recipe.rank is not None and not _RANKS[0] <= recipe.rank <= _RANKS[1]:
        raise EspalierError(f"recover: rank: expected a whole number from {_RANKS[0]} to {_RANKS[1]}, got {recipe.rank}")
    if recipe.rank is not None and recipe.matrices != "all":
        raise EspalierError("recover: matrices: expected all beside a rank. Adapters are trained on all matrices.")
    return recipe


def recover_recipe_json(recipe: RecoverRecipe) -> dict[str, Any]:
    """The recipe as receipts store it."""
    return {
        "steps": recipe.steps,
        "tokens": recipe.tokens,
        "matrices": recipe.matrices,
        **({} if recipe.rank is None else {"rank": recipe.rank}),
        "weightDecay": recipe.weight_decay,
        "hiddenWeight": recipe.hidden_weight,
        "seed": recipe.seed,
        "measureEvery": recipe.measure_every,
        "learningRate": recipe.learning_rate,
    }
