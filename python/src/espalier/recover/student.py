"""The pruned model as it is trained: its own float32 copies of some matrices and biases; everything else is the dense model's."""

import copy
from collections.abc import Callable, Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import nn
from transformers import PreTrainedModel

from espalier.files.bitset import Mask
from espalier.files.export import vectors_of
from espalier.model.families import Block, blocks_of, family_of
from espalier.model.selection import Selection
from espalier.weights.matrices import WeightMask


def _trained_layers(block: Block, matrices: str) -> list[nn.Linear]:
    return [block.o, block.down] if matrices == "out" else [*block.qkv, block.o, *block.ups, block.down]


class Student:
    """A pruned copy of `dense` that shares its frozen parameters.

    masks: of the 5L vectors, for structural pruning. weights: of single weights. values: other weights of the pruned model by the names of
    the file's tensors, in their shapes.
    """

    def __init__(
        self,
        dense: PreTrainedModel,
        matrices: str,
        masks: Sequence[Mask] = (),
        weights: Sequence[WeightMask] = (),
        values: Mapping[str, torch.Tensor] | None = None,
    ):
        values = values or {}
        for parameter in dense.parameters():
            parameter.requires_grad_(False)
        trained = {id(one) for block in blocks_of(dense) for layer in _trained_layers(block, matrices) for one in layer.parameters()}
        named = dict(dense.named_parameters())
        own = {name: one for name, one in named.items() if id(one) in trained or name in values}
        shared = {id(one): one for name, one in named.items() if name not in own}
        self.model: PreTrainedModel = copy.deepcopy(dense, shared)
        self._family = family_of(dense.config)
        self._masks = masks
        self._keep = {mask.matrix.name: mask.keep() for mask in weights}
        for name in own:
            parameter = self.model.get_parameter(name)
            if name in values:
                parameter.data = values[name].to(parameter.device, parameter.dtype)
        self.trained: dict[str, nn.Parameter] = {}
        for name, one in named.items():
            if id(one) in trained:
                self.trained[name] = self._train(name)
        selection = Selection(blocks_of(self.model))
        selection.gates = [torch.from_numpy(mask).to(dense.device) for mask in masks] if masks else None

    def _train(self, name: str) -> nn.Parameter:
        """Makes a parameter a float32 copy that is trained; pruned single weights get no gradient."""
        owner, _, leaf = name.rpartition(".")
        layer = self.model.get_submodule(owner)
        parameter = nn.Parameter(getattr(layer, leaf).detach().float().clone())
        setattr(layer, leaf, parameter)
        layer.forward = _cast_linear(layer)
        keep = self._keep.get(name)
        if keep is not None:
            kept = keep.to(parameter.device)
            parameter.register_hook(lambda gradient: torch.where(kept, gradient, 0.0))
        return parameter

    @torch.no_grad()
    def load(self, values: Mapping[str, torch.Tensor]) -> None:
        """Replaces trained parameters."""
        for name, value in values.items():
            self.trained[name].copy_(value.to(self.trained[name].device))

    @torch.no_grad()
    def values(self) -> dict[str, torch.Tensor]:
        """Copies of the trained parameters in the shapes of the file's tensors, float32 on the CPU; what was pruned is +0."""
        found = {}
        for name, parameter in self.trained.items():
            value = parameter.detach().cpu().clone()
            for axis, vector in enumerate(vectors_of(self._family, name) or ()):
                if vector is not None and self._masks:
                    value.index_fill_(axis, torch.from_numpy((self._masks[vector] == 0).nonzero()[0]), 0)
            keep = self._keep.get(name)
            found[name] = value if keep is None else value.masked_fill_(~keep, 0)
        return found

    def assert_zeros(self) -> None:
        """Throws AssertionError if a pruned single weight is not exactly 0."""
        for name, keep in self._keep.items():
            parameter = self.trained.get(name)
            if parameter is not None and bool(parameter.detach()[~keep.to(parameter.device)].any()):
                raise AssertionError(f"{name}: a pruned weight was trained")


def _cast_linear(layer: nn.Module) -> Callable[[torch.Tensor], torch.Tensor]:
    """The forward pass of a linear layer whose parameters may be of a wider type than its input."""

    def forward(x: torch.Tensor) -> torch.Tensor:
        bias = layer.bias
        return F.linear(x, layer.weight.to(x.dtype), None if bias is None else bias.to(x.dtype))

    return forward
