"""Masks by scores: DaSS, Wanda and magnitude (METHOD.md 2)."""

from dataclasses import dataclass

import torch

from espalier.files.weight_recipe import Pattern, removed_of
from espalier.weights.matrices import is_along_outputs


@dataclass(frozen=True)
class BlockNorms:
    """L2 norms over the calibration tokens, float32: of the input of gate and up (d), and of the input of down (f)."""

    input: torch.Tensor
    middle: torch.Tensor


def scores_of(method: str, part: str, weight: torch.Tensor, norms: BlockNorms | None) -> torch.Tensor:
    """(out, in) float32: how much each weight of a matrix matters. weight: (out, in) float32. Magnitude needs no norms."""
    size = weight.abs()
    if method == "magnitude":
        return size
    if norms is None:
        raise ValueError(f"{method} needs the norms of the calibration text")
    if part == "down":
        return size * norms.middle
    return size * norms.middle.sqrt()[:, None] if method == "dass" else size * norms.input


def _without_smallest(scores: torch.Tensor, removed: int) -> torch.Tensor:
    """Bool, of the shape of `scores`: without the `removed` smallest along the last dimension. Ties remove the earlier one."""
    smallest = scores.sort(dim=-1, stable=True).indices[..., :removed]
    return torch.ones_like(scores, dtype=torch.bool).scatter_(-1, smallest, False)


def keep_of(method: str, part: str, scores: torch.Tensor, pattern: Pattern) -> torch.Tensor:
    """(out, in) bool: the mask of a matrix for its scores (out, in)."""
    along = is_along_outputs(method, part)
    lines = scores.T if along else scores
    if pattern.size is None:
        keep = _without_smallest(lines, removed_of(lines.shape[1], pattern.share))
    else:
        keep = _without_smallest(lines.reshape(lines.shape[0], -1, pattern.size), pattern.removed).reshape(lines.shape)
    return keep.T if along else keep
