"""The budget term R of the objective (METHOD.md 1.4), differentiable in the gates."""

from collections.abc import Sequence

import torch

from espalier.masks.shape import VECTORS_PER_BLOCK, ModelShape


def kept_weights(shape: ModelShape, gates: Sequence[torch.Tensor | None]) -> torch.Tensor:
    """T(s): a float64 scalar. gates: (N_i) of the 5L vectors; None where all are ones."""
    counts = [gate.sum().double() if gate is not None else size for gate, size in zip(gates, shape.sizes, strict=True)]
    kept = torch.zeros((), dtype=torch.float64)
    for first in range(0, len(counts), VECTORS_PER_BLOCK):
        n1, n2, n3, n4, n5 = counts[first : first + VECTORS_PER_BLOCK]
        kept = n1 * shape.s1_cost + n2 * shape.s2_cost + n4 * (shape.ups * n3 + n5) + kept
    return kept


def penalty(shape: ModelShape, kept: torch.Tensor, ratio: float) -> torch.Tensor:
    """R = |ln(T / (p T_total))|, a float64 scalar."""
    return (kept.clamp(min=1) / (ratio * shape.block_weights)).log().abs()
