"""The matrices of the MLP that one-shot pruning changes, and whether a pattern fits them. As src/engine/masks/mlpMatrices.ts."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from espalier.errors import EspalierError
from espalier.files.weight_recipe import WeightRecipe, parse_pattern
from espalier.masks.shape import ModelShape
from espalier.model.families import FAMILIES


@dataclass(frozen=True)
class MlpMatrix:
    """One matrix (out, in). part: gate, up or down; without a GLU, up is fc1 and down is fc2."""

    name: str
    """Of the tensor in the model's files."""
    block: int
    part: str
    shape: tuple[int, int]


@dataclass(frozen=True)
class WeightMask:
    """The mask of a matrix: one bit per weight, row by row, eight per byte, first weight in the lowest bit; 1 is kept."""

    matrix: MlpMatrix
    packed: NDArray[np.uint8]

    @property
    def of(self) -> int:
        """Weights of the matrix."""
        return self.matrix.shape[0] * self.matrix.shape[1]

    @property
    def kept(self) -> int:
        """Weights that are kept."""
        return int(self.keep().sum())

    def keep(self) -> torch.Tensor:
        """(out, in) bool on the CPU."""
        bits = np.unpackbits(self.packed, count=self.of, bitorder="little")
        return torch.from_numpy(bits.astype(bool)).reshape(self.matrix.shape)


def pack_mask(matrix: MlpMatrix, keep: torch.Tensor) -> WeightMask:
    """keep: (out, in) bool on any device."""
    return WeightMask(matrix, np.packbits(keep.cpu().numpy(), bitorder="little"))


def mlp_matrices(shape: ModelShape) -> list[MlpMatrix]:
    """The matrices of every block's MLP, in order of use."""
    family = FAMILIES[shape.model_type]
    parts = ("gate", "up") if shape.glu else ("up",)
    found = []
    for block in range(shape.layers):
        at = f"{family.layers}.{block}."
        for name, part in zip(family.ups, parts, strict=True):
            found.append(MlpMatrix(f"{at}{name}.weight", block, part, (shape.d_mlp, shape.d_model)))
        found.append(MlpMatrix(f"{at}{family.down}.weight", block, "down", (shape.d_model, shape.d_mlp)))
    return found


def is_along_outputs(method: str, part: str) -> bool:
    """DaSS compares gate and up along their outputs, the intermediate dimension; all other weights are compared along the inputs."""
    return method == "dass" and part != "down"


def check_fits(shape: ModelShape, recipe: WeightRecipe) -> None:
    """Throws EspalierError for DaSS on a model without a GLU, and for a matrix that M of N:M does not divide."""
    if recipe.method == "dass" and not shape.glu:
        up = FAMILIES[shape.model_type].ups[0]
        raise EspalierError(
            "DaSS is defined for GLU variants: it scores gate and up by the norms of their product, "
            f"but {shape.model_type} has a single {up}. Choose Wanda, magnitude or SparseGPT."
        )
    pattern = parse_pattern(recipe.pattern)
    for matrix in mlp_matrices(shape):
        along = is_along_outputs(recipe.method, matrix.part)
        width = matrix.shape[0 if along else 1]
        if pattern.size is not None and width % pattern.size:
            raise EspalierError(
                f"{matrix.name}: expected a multiple of {pattern.size} {'outputs' if along else 'inputs'} for {recipe.pattern}, "
                f"got {width}; choose an M that divides {width}, or a share such as 50%"
            )
