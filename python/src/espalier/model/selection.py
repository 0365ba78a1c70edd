"""Applies five selection vectors per block to a transformers model, by hooks on its linear layers (METHOD.md 1.1)."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from espalier.masks.shape import VECTORS_PER_BLOCK
from espalier.model.families import Block

Gates = Sequence[torch.Tensor | None]


class Selection:
    """The gates on a model. While `gates` is None, and for vectors that are None, the model computes as without them."""

    def __init__(self, blocks: Sequence[Block]):
        self.gates: Gates | None = None
        """(N_i) for each of the 5L vectors, on the device of the model, in any float type."""
        self.s4_twice = False
        """Whether s4 multiplies both branches of a gated MLP, as the paper's code does."""
        self._handles = []
        for first, block in zip(range(0, VECTORS_PER_BLOCK * len(blocks), VECTORS_PER_BLOCK), blocks, strict=True):
            glu = len(block.ups) == 2
            self._handles += [self._before(linear, first) for linear in block.qkv]
            self._handles.append(self._after(block.o, first + 1))
            self._handles += [self._before(linear, first + 2) for linear in block.ups]
            self._handles.append(self._before(block.down, first + 3, squares=glu))
            self._handles.append(self._after(block.down, first + 4))

    def _gate(self, vector: int, like: torch.Tensor) -> torch.Tensor | None:
        gate = None if self.gates is None else self.gates[vector]
        return None if gate is None else gate.to(like.dtype)

    def _before(self, linear: nn.Linear, vector: int, squares: bool = False) -> Any:
        def hook(_: nn.Module, args: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...] | None:
            gate = self._gate(vector, args[0])
            if gate is None:
                return None
            return (args[0] * (gate * gate if squares and self.s4_twice else gate), *args[1:])

        return linear.register_forward_pre_hook(hook)

    def _after(self, linear: nn.Linear, vector: int) -> Any:
        """After the bias."""

        def hook(_: nn.Module, __: tuple[torch.Tensor, ...], output: torch.Tensor) -> torch.Tensor | None:
            gate = self._gate(vector, output)
            return None if gate is None else output * gate

        return linear.register_forward_hook(hook)

    def remove(self) -> None:
        """Takes the hooks off the model."""
        for handle in self._handles:
            handle.remove()
