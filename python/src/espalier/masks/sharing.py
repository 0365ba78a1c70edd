"""Which selection vectors are trained, ranked and pruned, and where each of them acts (METHOD.md 1.1)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from espalier.errors import EspalierError
from espalier.files.recipe import BOUNDS, Recipe
from espalier.masks.shape import S4, VECTORS_PER_BLOCK, ModelShape

Value = TypeVar("Value")


@dataclass(frozen=True)
class Sharing:
    """The distinct vectors of a recipe."""

    sizes: list[int]
    """N_i of the distinct vectors."""
    shown: list[int | None]
    """For each of the 5L places its vector, or None where nothing is pruned and all gates are ones."""
    width_multiple: int

    def spread(self, own: Sequence[Value]) -> list[Value | None]:
        """From one value per distinct vector to the 5L places."""
        return [None if vector is None else own[vector] for vector in self.shown]

    def places(self, vector: int) -> list[int]:
        """The places where a distinct vector acts."""
        return [place for place, own in enumerate(self.shown) if own == vector]


def sharing_of(recipe: Recipe, shape: ModelShape) -> Sharing:
    """constrained: s1, s2, s3 and s5 of all blocks are vector 0, s4 of block l is 1 + l. mlp: s4 of block l is vector l, nothing else."""
    sizes = shape.sizes
    if recipe.gates != "constrained" and not recipe.prunes_mlp_only:
        return Sharing(sizes, list(range(len(sizes))), recipe.width_multiple)
    other, first = (None, 0) if recipe.prunes_mlp_only else (0, 1)
    shown = [first + i // VECTORS_PER_BLOCK if i % VECTORS_PER_BLOCK == S4 else other for i in range(len(sizes))]
    return Sharing([*sizes[:first], *sizes[S4::VECTORS_PER_BLOCK]], shown, recipe.width_multiple)


def check_reachable(shape: ModelShape, recipe: Recipe) -> None:
    """Throws EspalierError if the recipe asks for a ratio that its gates cannot reach.

    At least one gate of each vector stays, or one group of s4.
    """
    least = [size if recipe.prunes_mlp_only else 1 for size in shape.sizes]
    least[S4::VECTORS_PER_BLOCK] = [min(recipe.width_multiple, shape.d_mlp)] * shape.layers
    share = shape.kept_weights(least) / shape.block_weights
    lowest = max(BOUNDS["ratio"][0], -int(-(1000 * share - 1e-9) // 1) / 1000)
    asked = {"keep": recipe.ratio} | ({"keepFrom": recipe.ratio_from} if recipe.ratio_mode == "every" else {})
    for name, ratio in asked.items():
        if ratio < lowest:
            reason = "only s4 is pruned" if recipe.prunes_mlp_only else "at least one gate of each vector stays"
            raise EspalierError(
                f"{name}: expected a ratio from {lowest} to 1, got {ratio}. With gates {recipe.gates} and a width multiple of "
                f"{recipe.width_multiple}, {reason}. Raise it, or choose other gates."
            )
