"""Binary gates from gate logits and noise, with the gradients of three estimators (METHOD.md 1.3)."""

from typing import Any

import torch

from espalier.files.recipe import LOGIT_OFFSET

_TEMPERATURE = 0.4
_TINY = 1e-20


class _ReinMax(torch.autograd.Function):
    """B = [u < pi]; the gradient is multiplied by half the probability of the value that was not drawn (arXiv 2304.08612)."""

    @staticmethod
    def forward(ctx: Any, logits: torch.Tensor, u: torch.Tensor) -> torch.Tensor:
        pi = torch.sigmoid(logits + LOGIT_OFFSET)
        gates = (u < pi).to(logits.dtype)
        ctx.save_for_backward(pi, gates)
        return gates

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor, None]:
        pi, gates = ctx.saved_tensors
        return gradient * torch.where(gates > 0, (1 - pi) / 2, pi / 2), None


def reinmax(logits: torch.Tensor, u: torch.Tensor) -> torch.Tensor:
    """(N): 0 or 1, for gate logits (N) without the offset and noise u (N) in (0, 1)."""
    return _ReinMax.apply(logits, u)


def straight_through(logits: torch.Tensor, u: torch.Tensor) -> torch.Tensor:
    """(N): 0 or 1, with the gradient of pi."""
    pi = torch.sigmoid(logits + LOGIT_OFFSET)
    return ((u < pi).to(logits.dtype) - pi).detach() + pi


def gumbel_sigmoid(logits: torch.Tensor, u: torch.Tensor, hard: bool) -> torch.Tensor:
    """(N): y = sigmoid((x + G + 3) / 0.4) with G = -ln(-ln u), in (0, 1); if `hard`, rounded, with the gradient of y."""
    gumbel = -torch.log(-torch.log(u + _TINY) + _TINY)
    y = torch.sigmoid((logits + gumbel + LOGIT_OFFSET) / _TEMPERATURE)
    return (torch.round(y) - y).detach() + y if hard else y
