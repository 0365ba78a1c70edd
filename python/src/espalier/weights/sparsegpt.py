"""SparseGPT (Frantar and Alistarh 2023, arXiv 2301.00774): prunes one input after the other; the later inputs make up for the error."""

import torch

from espalier.errors import EspalierError
from espalier.files.weight_recipe import Pattern, removed_of

_COLUMNS = 128
"""Inputs whose errors are collected before the inputs after them are updated."""
_DAMPING = 0.01
"""The share of the mean of H's diagonal that is added to the diagonal (METHOD.md 2)."""


class Factor:
    """U of H = (2/n) X^T X with damping: upper triangular with U^T U = H^-1, in float64. gram: X^T X (in, in), of n sequences."""

    def __init__(self, gram: torch.Tensor, sequences: int):
        hessian = 2 / sequences * gram.double()
        diagonal = hessian.diagonal()
        self.dead = diagonal == 0
        """(in) bool: inputs that were 0 throughout."""
        diagonal[self.dead] = 1
        diagonal += _DAMPING * diagonal.mean()
        lower, failed = torch.linalg.cholesky_ex(hessian)
        if failed or not torch.isfinite(lower).all():
            raise EspalierError("The sums over the calibration tokens are not positive definite. Use more calibration sequences.")
        self.upper = torch.linalg.cholesky(torch.cholesky_inverse(lower), upper=True)


def sparsegpt(weight: torch.Tensor, factor: Factor, pattern: Pattern) -> tuple[torch.Tensor, torch.Tensor]:
    """Prunes and updates a matrix (out, in); returns the new weights in float64, with zeros where pruned, and the mask, bool.

    The score of a weight is (w / U_jj)^2. N:M drops the N smallest of every M consecutive inputs of a row, chosen when the first of them is
    reached. A share drops the smallest of every 128 inputs of all rows together. Ties drop the earlier one.
    """
    new, upper, size = weight.double().clone(), factor.upper, pattern.size
    new[:, factor.dead] = 0
    keep = torch.ones_like(new, dtype=torch.bool)
    columns = new.shape[1]
    step = _COLUMNS - _COLUMNS % size if size else _COLUMNS
    for first in range(0, columns, step):
        end = min(first + step, columns)
        if size is None:
            keep[:, first:end] = _without_share(_scores(new, upper, first, end), pattern.share)
        errors = torch.zeros_like(new[:, first:end])
        for j in range(first, end):
            if size is not None and j % size == 0:
                gone = _scores(new, upper, j, j + size).sort(dim=1, stable=True).indices[:, : pattern.removed]
                keep[:, j : j + size].scatter_(1, gone, False)
            error = torch.where(keep[:, j], 0.0, new[:, j] / upper[j, j])
            errors[:, j - first] = error
            new[:, j] = torch.where(keep[:, j], new[:, j], 0.0)
            new[:, j + 1 : end] -= error[:, None] * upper[j, j + 1 : end]
        new[:, end:] -= errors @ upper[first:end, end:]
    return new, keep


def _scores(weight: torch.Tensor, upper: torch.Tensor, first: int, end: int) -> torch.Tensor:
    return (weight[:, first:end] / upper.diagonal()[first:end]) ** 2


def _without_share(scores: torch.Tensor, share: float) -> torch.Tensor:
    flat = scores.flatten()
    gone = flat.sort(stable=True).indices[: removed_of(flat.numel(), share)]
    keep = torch.ones_like(flat, dtype=torch.bool)
    keep[gone] = False
    return keep.reshape(scores.shape)
