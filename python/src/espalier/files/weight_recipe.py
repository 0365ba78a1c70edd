"""The recipe of one-shot pruning of single weights: its fields, bounds and JSON. As src/engine/recipes/weightRecipe.ts."""

import math
import re
from dataclasses import asdict, dataclass
from typing import Any

from espalier.errors import EspalierError

METHOD_NAMES = {"dass": "DaSS", "wanda": "Wanda", "magnitude": "magnitude", "sparsegpt": "SparseGPT"}
WEIGHT_METHODS = tuple(METHOD_NAMES)
_BOUNDS: dict[str, tuple[int, int]] = {"sequences": (1, 4096), "tokens": (2, 4096), "seed": (0, 2**32 - 1)}
_MAX_GROUP = 32
"""Largest M in N:M."""


@dataclass(frozen=True)
class Pattern:
    """Which weights are pruned: `removed` of every `size` consecutive ones, or, where size is None, the share `share` of every line."""

    size: int | None
    removed: int = 0
    share: float = 0.0


@dataclass(frozen=True)
class WeightRecipe:
    """The settings of a run. The defaults are those of the studio."""

    method: str = "dass"
    pattern: str = "2:4"
    """ "N:M" or "P%"."""
    sequences: int = 64
    """Calibration sequences, of `tokens` each."""
    tokens: int = 128
    seed: int = 1


def parse_pattern(text: str) -> Pattern:
    """Reads "2:4" or "50%". Throws EspalierError."""
    groups = re.fullmatch(r"(\d+):(\d+)", text)
    if groups:
        removed, size = int(groups[1]), int(groups[2])
        if 1 <= removed < size <= _MAX_GROUP:
            return Pattern(size, removed)
    share = re.fullmatch(r"(\d+(?:\.\d+)?)%", text)
    if share and 0 < float(share[1]) < 100:
        return Pattern(None, share=float(share[1]) / 100)
    raise EspalierError(
        f"pattern: expected N:M with 1 <= N < M <= {_MAX_GROUP} (N of every M weights become zero), such as 2:4, "
        f'or a share between 0% and 100%, such as 50%; got "{text}"'
    )


def removed_of(length: int, share: float) -> int:
    """How many of `length` weights a share removes: the floor of their product, which may be a rounding error below an integer."""
    return math.floor(length * share + length * 4 * 2**-52)


def check_weight_recipe(recipe: WeightRecipe) -> WeightRecipe:
    """Returns the recipe. Throws EspalierError naming the field that is out of bounds."""
    if recipe.method not in WEIGHT_METHODS:
        raise EspalierError(f"method: expected one of {', '.join(WEIGHT_METHODS)}, got {recipe.method}")
    parse_pattern(recipe.pattern)
    for name, (low, high) in _BOUNDS.items():
        value = getattr(recipe, name)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise EspalierError(f"{name}: expected a whole number from {low} to {high}, got {value!r}")
    return recipe


def weight_recipe_json(recipe: WeightRecipe) -> dict[str, Any]:
    """The recipe as files store it."""
    return asdict(recipe)


def read_weight_recipe(json: dict[str, Any]) -> WeightRecipe:
    """The recipe of a file; unknown fields are dropped, missing ones have their defaults. Throws EspalierError naming the field."""
    known = {name: json[name] for name in asdict(WeightRecipe()) if name in json}
    texts = [name for name in ("method", "pattern") if not isinstance(known.get(name, ""), str)]
    if texts:
        raise EspalierError(f"recipe.{texts[0]}: expected a text, got {known[texts[0]]!r}.")
    return check_weight_recipe(WeightRecipe(**known))
