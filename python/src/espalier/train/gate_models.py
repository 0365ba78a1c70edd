"""What a run trains: the hypernetwork (METHOD.md 1.2 and 1.7), or what replaces it in an ablation (METHOD.md 1.1).

Names and order of the parameters are those of the studio, whose noise numbers the tensors in this order: equal recipes start equal.
"""

import math

import torch
import torch.nn.functional as F
from torch import nn

from espalier.files.recipe import Recipe
from espalier.noise import Draw, normals, uniforms

_INPUT_WIDTH = 32
_HIDDEN = 64
_WIDTH = 2 * _HIDDEN
_RATIO_FEATURES = 8


def ratio_features(ratio: float) -> torch.Tensor:
    """(8): cos(pi k p) for k = 0 .. 7 (METHOD.md 1.7)."""
    return torch.tensor([math.cos(math.pi * k * ratio) for k in range(_RATIO_FEATURES)], dtype=torch.float32)


def _inputs(vectors: int, seed: int, width: int) -> torch.Tensor:
    """z: (vectors, width) ~ N(0, 1), fixed."""
    return torch.stack([torch.from_numpy(normals(seed, Draw.INPUTS, width, vector=i)) for i in range(vectors)])


def _heads(sizes: list[int]) -> nn.ModuleList:
    return nn.ModuleList([nn.Linear(_WIDTH, size, bias=False) for size in sizes])


def _fill(parameter: nn.Parameter, seed: int, vector: int, bound: float) -> None:
    """PyTorch's initial values, U(-bound, bound), from the counter-based noise."""
    values = uniforms(seed, Draw.INIT, parameter.numel(), bound, vector=vector)
    parameter.data.copy_(torch.from_numpy(values).view_as(parameter))


class GateModel(nn.Module):
    """Makes the gate logits of the distinct vectors of a recipe."""

    def forward(self, ratio: float) -> list[torch.Tensor]:
        """(N_i) for each distinct vector, without the offset 3. ratio: p, which only a hypernetwork for every ratio reads."""
        raise NotImplementedError


class Hypernetwork(GateModel):
    """z (V, 32) -> bidirectional GRU (V, 128) -> LayerNorm -> exact GELU -> a linear head (128 -> N_i) for each of V vectors."""

    def __init__(self, sizes: list[int], seed: int, every_ratio: bool = False):
        super().__init__()
        self.register_buffer("z", _inputs(len(sizes), seed, _INPUT_WIDTH))
        self.gru = nn.GRU(_INPUT_WIDTH, _HIDDEN, bidirectional=True)
        self.norm = nn.LayerNorm(_WIDTH)
        self.heads = _heads(sizes)
        if every_ratio:
            layers = (nn.Linear(_RATIO_FEATURES, _INPUT_WIDTH), nn.GELU(), nn.Linear(_INPUT_WIDTH, _INPUT_WIDTH))
            self.ratio: nn.Sequential | None = nn.Sequential(*layers)
        else:
            self.ratio = None
        for vector, (name, parameter) in enumerate(self.named_parameters()):
            if not name.startswith("norm."):
                _fill(parameter, seed, vector, self._bound(name))

    @staticmethod
    def _bound(name: str) -> float:
        """1/sqrt(H) in the GRU, 1/sqrt(inputs) in linear layers."""
        if name.startswith("gru."):
            return 1 / math.sqrt(_HIDDEN)
        if name.startswith("ratio.0."):
            return 1 / math.sqrt(_RATIO_FEATURES)
        return 1 / math.sqrt(_INPUT_WIDTH if name.startswith("ratio.") else _WIDTH)

    def forward(self, ratio: float) -> list[torch.Tensor]:
        z = self.get_buffer("z")
        if self.ratio is not None:
            z = z + self.ratio(ratio_features(ratio).to(z.device))
        states, _ = self.gru(z)  # h0 = 0
        features = F.gelu(self.norm(states))
        return [head(features[i]) for i, head in enumerate(self.heads)]


class LinearHeads(GateModel):
    """Without the GRU: x_i = W_i z_i, with z_i (128) ~ N(0, 1) fixed."""

    def __init__(self, sizes: list[int], seed: int):
        super().__init__()
        self.register_buffer("z", _inputs(len(sizes), seed, _WIDTH))
        self.heads = _heads(sizes)
        for vector, parameter in enumerate(self.parameters()):
            _fill(parameter, seed, vector, 1 / math.sqrt(_WIDTH))

    def forward(self, ratio: float) -> list[torch.Tensor]:
        return [head(self.get_buffer("z")[i]) for i, head in enumerate(self.heads)]


class FreeLogits(GateModel):
    """Without the hypernetwork: the parameters are the gate logits, which start at 0."""

    def __init__(self, sizes: list[int]):
        super().__init__()
        self.theta = nn.ParameterList([nn.Parameter(torch.zeros(size)) for size in sizes])

    def forward(self, ratio: float) -> list[torch.Tensor]:
        return list(self.theta)


def gate_model_for(recipe: Recipe, sizes: list[int]) -> GateModel:
    """A new gate model for the distinct vectors of a recipe; equal recipes give equal values on every machine."""
    if recipe.gates.endswith("no-hypernetwork"):
        return FreeLogits(sizes)
    if recipe.gates.endswith("no-gru"):
        return LinearHeads(sizes, recipe.seed)
    return Hypernetwork(sizes, recipe.seed, every_ratio=recipe.ratio_mode == "every")
