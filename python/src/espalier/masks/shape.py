"""The sizes of a model that its budget depends on, and the selection vectors that follow from them (METHOD.md 1.1)."""

from collections.abc import Sequence
from dataclasses import dataclass

VECTORS_PER_BLOCK = 5
VECTOR_NAMES = ("s1", "s2", "s3", "s4", "s5")
S4 = 3
"""Position of s4, the middle of the MLP, within a block."""


def vector_name(vector: int) -> str:
    """ "s1 of block 0" for vector 5 * block + k."""
    return f"{VECTOR_NAMES[vector % VECTORS_PER_BLOCK]} of block {vector // VECTORS_PER_BLOCK}"


@dataclass(frozen=True)
class ModelShape:
    """The sizes of a dense model. All counts of weights are exact integers."""

    model_type: str
    layers: int
    d_model: int
    d_mlp: int
    heads: int
    kv_heads: int
    head_dim: int
    glu: bool
    biases: tuple[bool, bool, bool]
    """Whether q, k and v, o, and the MLP have biases."""
    total_weights: int
    """Parameters of the entire model; a tied head counts once."""

    @property
    def s1_cost(self) -> int:
        """Weights that one gate of s1 costs: a column of q, k and v, dq + 2 dkv."""
        return (self.heads + 2 * self.kv_heads) * self.head_dim

    @property
    def s2_cost(self) -> int:
        """Weights that one gate of s2 costs: a row of o, dq."""
        return self.heads * self.head_dim

    @property
    def ups(self) -> int:
        """g: matrices that read s3 and are cut by s4: gate and up, or fc1."""
        return 2 if self.glu else 1

    @property
    def sizes(self) -> list[int]:
        """N_i: the number of gates of each of the 5L vectors."""
        return [self.d_model, self.d_model, self.d_model, self.d_mlp, self.d_model] * self.layers

    @property
    def block_weights(self) -> int:
        """T_total: linear weights of all blocks, without biases."""
        return self.kept_weights(self.sizes)

    def kept_weights(self, counts: Sequence[int]) -> int:
        """T(s) of METHOD.md 1.4 for |s| of the 5L vectors."""
        kept = 0
        for first in range(0, len(counts), VECTORS_PER_BLOCK):
            n1, n2, n3, n4, n5 = (int(count) for count in counts[first : first + VECTORS_PER_BLOCK])
            kept += n1 * self.s1_cost + n2 * self.s2_cost + n4 * (self.ups * n3 + n5)
        return kept

    def kept_total(self, counts: Sequence[int]) -> int:
        """Parameters of the pruned model in compact form: without the weights and biases of pruned outputs."""
        _, o, mlp = self.biases
        per_gate = (0, int(o), 0, self.ups * int(mlp), int(mlp))
        pruned = (size - int(count) for size, count in zip(self.sizes, counts, strict=True))
        biases = sum(gone * per_gate[i % VECTORS_PER_BLOCK] for i, gone in enumerate(pruned))
        return self.total_weights - self.block_weights + self.kept_weights(counts) - biases

    def target_weights(self, ratio: float) -> int:
        """floor(p T_total). A product that differs from an integer only by rounding counts as that integer."""
        weights = ratio * self.block_weights
        nearest = int(weights + 0.5)
        return nearest if abs(weights - nearest) <= self.block_weights * 4 * 2**-52 else int(weights)
