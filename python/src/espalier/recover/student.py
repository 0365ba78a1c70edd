"""The pruned model as it is trained: with its own float32 copies of some matrices and biases, or with adapters on all matrices."""

import copy
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from transformers import PreTrainedModel

from espalier.files.bitset import Mask
from espalier.files.export import vectors_of
from espalier.model.families import Block, blocks_of, family_of
from espalier.model.selection import Selection
from espalier.noise import Draw, uniforms
from espalier.weights.matrices import WeightMask


@dataclass(frozen=True)
class Pruning:
    """What was pruned."""

    masks: Sequence[Mask] = ()
    """Of the 5L vectors, for structural pruning."""
    weights: Sequence[WeightMask] = ()
    """Of single weights."""
    values: Mapping[str, torch.Tensor] = field(default_factory=dict)
    """Other weights of the pruned model, by the names and in the shapes of the files' tensors."""


class Student:
    """A pruned copy of `dense`, which shares its frozen parameters. `trained` are the parameters to train."""

    def __init__(self, dense: PreTrainedModel, pruning: Pruning, copied: Collection[str]):
        """copied: names of parameters that the copy has for itself, beside those with other values."""
        for parameter in dense.parameters():
            parameter.requires_grad_(False)
        own = {*pruning.values, *copied}
        shared = {id(one): one for name, one in dense.named_parameters() if name not in own}
        self.model: PreTrainedModel = copy.deepcopy(dense, shared)
        self.trained: dict[str, nn.Parameter] = {}
        self._family = family_of(dense.config)
        self._masks = pruning.masks
        self._keep = {mask.matrix.name: mask.keep() for mask in pruning.weights}
        for name, value in pruning.values.items():
            parameter = self.model.get_parameter(name)
            parameter.data = value.to(parameter.device, parameter.dtype)
        selection = Selection(blocks_of(self.model))
        selection.gates = [torch.from_numpy(mask).to(dense.device) for mask in self._masks] if self._masks else None

    def state(self) -> dict[str, torch.Tensor]:
        """Copies of the trained parameters."""
        return {name: one.detach().clone() for name, one in self.trained.items()}

    @torch.no_grad()
    def restore(self, state: Mapping[str, torch.Tensor]) -> None:
        """Goes back to an earlier `state`."""
        for name, value in state.items():
            self.trained[name].copy_(value)

    def load(self, values: Mapping[str, torch.Tensor]) -> None:
        """Computes with other values in place of `values`, such as the rounded ones. Training ends with this."""
        raise NotImplementedError

    def values(self) -> dict[str, torch.Tensor]:
        """The changed parameters in the shapes of the files' tensors, float32 on the CPU; what was pruned is +0."""
        raise NotImplementedError

    def assert_zeros(self) -> None:
        """Throws AssertionError if a pruned single weight is not exactly 0."""
        for name, value in self.values().items():
            keep = self._keep.get(name)
            if keep is not None and bool(value[~keep].any()):
                raise AssertionError(f"{name}: a pruned weight was trained")

    def _zeroed(self, name: str, value: torch.Tensor) -> torch.Tensor:
        """A parameter's value with +0 in rows and columns that structural pruning removed."""
        for axis, vector in enumerate(vectors_of(self._family, name) or ()):
            if vector is not None and self._masks:
                value.index_fill_(axis, torch.from_numpy((self._masks[vector] == 0).nonzero()[0]), 0)
        return value


class CopiedStudent(Student):
    """Trains float32 copies. matrices: out or all, with their biases."""

    def __init__(self, dense: PreTrainedModel, pruning: Pruning, matrices: str):
        trained = {id(one) for block in blocks_of(dense) for layer in _trained_layers(block, matrices) for one in layer.parameters()}
        names = [name for name, one in dense.named_parameters() if id(one) in trained]
        super().__init__(dense, pruning, names)
        for name in names:
            self.trained[name] = self._train(name)

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
        for name, value in values.items():
            self.trained[name].copy_(value.to(self.trained[name].device))

    @torch.no_grad()
    def values(self) -> dict[str, torch.Tensor]:
        return {name: self._zeroed(name, one.detach().cpu().clone()) for name, one in self.trained.items()}


class AdaptedStudent(Student):
    """Trains an adapter B A of a rank on every matrix of the blocks; the matrices and biases stay (arXiv 2106.09685, scale 1).

    seed: of A at the start, uniform in +-1/sqrt(columns) over the columns that are kept. B starts at 0. stored: the weights that the
    adapters are added to at the end, by name.
    """

    def __init__(self, dense: PreTrainedModel, pruning: Pruning, rank: int, seed: int, stored: Callable[[str], torch.Tensor]):
        super().__init__(dense, pruning, ())
        self._stored, self._linears = stored, dict[str, nn.Linear]()
        names = {id(module): name for name, module in self.model.named_modules()}
        for layer in (one for block in blocks_of(self.model) for one in _trained_layers(block, "all")):
            self._adapt(f"{names[id(layer)]}.weight", layer, rank, seed)

    def _adapt(self, name: str, layer: nn.Linear, rank: int, seed: int) -> None:
        columns = (vectors_of(self._family, name) or (None, None))[1]
        kept = np.arange(layer.in_features) if columns is None or not self._masks else self._masks[columns].nonzero()[0]
        start = np.zeros((rank, layer.in_features), np.float32)
        bound = 1 / math.sqrt(len(kept))
        start[:, kept] = uniforms(seed, Draw.ADAPTERS, rank * len(kept), bound, vector=len(self._linears)).reshape(rank, -1)
        device = layer.weight.device
        a = nn.Parameter(torch.from_numpy(start).to(device))
        b = nn.Parameter(torch.zeros(layer.out_features, rank, device=device))
        self._linears[name] = layer
        self.trained |= {f"{name}.A": a, f"{name}.B": b}
        keep = self._keep.get(name)
        layer.forward = _adapted_linear(layer, a, b, None if keep is None else keep.to(device))

    @torch.no_grad()
    def load(self, values: Mapping[str, torch.Tensor]) -> None:
        for name, value in values.items():
            weight = self._linears[name].weight
            self._linears[name].weight = nn.Parameter(value.to(weight.device, weight.dtype), requires_grad=False)
            self.trained[f"{name}.B"].zero_()

    @torch.no_grad()
    def values(self) -> dict[str, torch.Tensor]:
        found = {}
        for name in self._linears:
            a, b = self.factors()[name]
            value = self._stored(name).float() + b @ a
            keep = self._keep.get(name)
            found[name] = self._zeroed(name, value) if keep is None else value.masked_fill_(~keep, 0)
        return found

    @torch.no_grad()
    def factors(self) -> dict[str, tuple[torch.Tensor, torch.Tensor]]:
        """A (rank, in) and B (out, rank) of every matrix, float32 on the CPU, by the name of its weight."""
        return {name: (self.trained[f"{name}.A"].cpu().clone(), self.trained[f"{name}.B"].cpu().clone()) for name in self._linears}


def _trained_layers(block: Block, matrices: str) -> list[nn.Linear]:
    return [block.o, block.down] if matrices == "out" else [*block.qkv, block.o, *block.ups, block.down]


def _cast_linear(layer: nn.Module) -> Callable[[torch.Tensor], torch.Tensor]:
    """The forward pass of a linear layer whose parameters may be of a wider type than its input."""

    def forward(x: torch.Tensor) -> torch.Tensor:
        bias = layer.bias
        return F.linear(x, layer.weight.to(x.dtype), None if bias is None else bias.to(x.dtype))

    return forward


def _adapted_linear(
    layer: nn.Linear, a: torch.Tensor, b: torch.Tensor, keep: torch.Tensor | None
) -> Callable[[torch.Tensor], torch.Tensor]:
    """W x + bias + B (A x); under a mask of single weights W x + bias + (M * (B A)) x, so that what is trained is what is exported."""

    def forward(x: torch.Tensor) -> torch.Tensor:
        own = F.linear(x, layer.weight, layer.bias)
        if keep is not None:
            return own + F.linear(x, torch.where(keep, b @ a, 0.0).to(x.dtype))
        return own + F.linear(F.linear(x, a.to(x.dtype)), b.to(x.dtype))

    return forward
