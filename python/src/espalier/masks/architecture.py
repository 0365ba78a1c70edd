"""From gate logits to binary masks that meet a budget exactly: one threshold over all gates, without noise (METHOD.md 1.5).

The same result, gate by gate, as src/engine/masks/architecture.ts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from espalier.errors import EspalierError
from espalier.files.bitset import Mask
from espalier.files.recipe import LOGIT_OFFSET
from espalier.masks.shape import S4, VECTORS_PER_BLOCK, ModelShape, vector_name
from espalier.masks.sharing import Sharing
from espalier.noise import Float32s

Keys = NDArray[np.int64]


@dataclass(frozen=True)
class Architecture:
    """Which gates are kept, and how that compares with the budget."""

    masks: list[Mask]
    """0 or 1 for the gates of each of the 5L vectors."""
    counts: list[int]
    """|s| of the 5L vectors."""
    kept_weights: int
    """T(s). Above `target_weights` only if one gate per vector is already more than that."""
    target_weights: int
    """floor(p T_total)."""
    threshold: float
    """The largest logit + 3 among the pruned gates; -inf if nothing is pruned."""


@dataclass
class _Ranked:
    """A distinct vector's gates in units that stay or leave together: single gates, or groups of adjacent ranks."""

    logits: Float32s
    places: list[int]
    units: list[NDArray[np.int64]]
    """Gates of each unit."""
    lengths: Keys
    """Number of gates of each unit."""
    keys: Keys
    """(units): integers that order as the logits do; of a group, the key of its middle gate."""
    best: int
    """The unit that stays in any case: that of the largest logit."""


def _keys_of(logits: Float32s, place: int) -> Keys:
    """The bits of the logits as integers that order as the floats do. Throws EspalierError for a logit that is not finite."""
    wrong = np.flatnonzero(~np.isfinite(logits))
    if len(wrong):
        raise EspalierError(
            f"gate logits: expected finite numbers, got {logits[wrong[0]]} at gate {wrong[0]} of {vector_name(place)}. "
            "Resume from the last checkpoint."
        )
    bits = (logits + np.float32(0)).view(np.uint32).astype(np.int64)  # -0 + 0 is 0
    return np.where(bits >> 31, ~bits & 0xFFFFFFFF, bits | 0x80000000)


def _rank(logits: Float32s, places: list[int], width_multiple: int) -> _Ranked:
    keys = _keys_of(logits, places[0])
    multiple = width_multiple if places[0] % VECTORS_PER_BLOCK == S4 else 1
    if multiple == 1:
        units = list(np.arange(len(keys)).reshape(-1, 1))
        return _Ranked(logits, places, units, np.ones(len(keys), np.int64), keys, int(np.argmax(keys)))
    order = np.argsort(-keys, kind="stable")
    units = [order[first : first + multiple] for first in range(0, len(order), multiple)]
    middles = np.array([keys[unit[-(-len(unit) // 2) - 1]] for unit in units])
    return _Ranked(logits, places, units, np.array([len(unit) for unit in units]), middles, 0)


def _next_gate_cost(shape: ModelShape, counts: Sequence[int], vector: int) -> int:
    """dT/ds: the weights that one more gate of a vector costs (METHOD.md 1.4)."""
    k = vector % VECTORS_PER_BLOCK
    _, _, n3, n4, n5 = counts[vector - k : vector - k + VECTORS_PER_BLOCK]
    return (shape.s1_cost, shape.s2_cost, shape.ups * n4, shape.ups * n3 + n5, n4)[k]


class _Cut:
    """Keeps the units of `key` or more and at least one per vector, then units of the next smaller key, one by one, while they fit."""

    def __init__(self, shape: ModelShape, counts: list[int], target: int):
        self.shape, self.counts, self.target = shape, counts, target
        self.kept = shape.kept_weights(counts)
        self.full = False
        self.threshold = -np.inf

    def _take(self, vector: _Ranked, gates: int) -> bool:
        """Counts `gates` more of a vector, in all its places, if they fit."""
        before, cost = list(self.counts), 0
        for place in vector.places:
            cost += gates * _next_gate_cost(self.shape, self.counts, place)
            self.counts[place] += gates
        self.full = self.kept + cost > self.target
        if self.full:
            self.counts[:] = before
        else:
            self.kept += cost
        return not self.full

    def mask(self, vector: _Ranked, key: int) -> Mask:
        """(N): the mask of a distinct vector."""
        stays = vector.keys >= key
        stays[vector.best] = True
        for unit in np.flatnonzero(vector.keys == key - 1):
            if not stays[unit] and not self.full:
                stays[unit] = self._take(vector, len(vector.units[unit]))
        mask = np.zeros(len(vector.logits), np.uint8)
        for unit in np.flatnonzero(stays):
            mask[vector.units[unit]] = 1
        pruned = vector.logits[mask == 0]
        if len(pruned):
            self.threshold = max(self.threshold, float(pruned.max()) + LOGIT_OFFSET)
        return mask


def architecture_of(logits: Sequence[Float32s], shape: ModelShape, sharing: Sharing, ratio: float) -> Architecture:
    """Ranks the gates by logit and keeps the largest prefix with T <= p T_total, in groups of `sharing.width_multiple` for s4.

    logits: (N_i) for each distinct vector, without the offset 3. ratio: p in (0, 1]. Equal logits rank by position, the earlier gate first.
    A vector that would be empty keeps its largest logit. Throws EspalierError for a logit that is not finite.
    """
    ranked = [_rank(one, sharing.places(i), sharing.width_multiple) for i, one in enumerate(logits)]
    sizes, target = shape.sizes, shape.target_weights(ratio)

    def counts_at(key: int) -> list[int]:
        own = [max(int(one.lengths[one.keys >= key].sum()), int(one.lengths[one.best])) for one in ranked]
        return [sizes[place] if vector is None else own[vector] for place, vector in enumerate(sharing.shown)]

    low, high = min(int(one.keys.min()) for one in ranked), max(int(one.keys.max()) for one in ranked) + 1
    while low < high:
        middle = (low + high) // 2
        if shape.kept_weights(counts_at(middle)) <= target:
            high = middle
        else:
            low = middle + 1
    cut = _Cut(shape, counts_at(low), target)
    own = [cut.mask(vector, low) for vector in ranked]
    masks = [np.ones(sizes[i], np.uint8) if mask is None else mask for i, mask in enumerate(sharing.spread(own))]
    return Architecture(masks, cut.counts, cut.kept, target, cut.threshold)


def nestedness_of(masks: Sequence[Sequence[Mask]]) -> dict[str, float]:
    """Of architectures in ascending order of ratio: the gates that a smaller one keeps but the next larger one does not.

    broken: how many; of: all gates that the smaller ones keep; share: broken / of.
    """
    broken = of = 0
    for smaller, larger in zip(masks, masks[1:], strict=False):
        for small, large in zip(smaller, larger, strict=True):
            of += int(small.sum())
            broken += int((small > large).sum())
    return {"broken": broken, "of": of, "share": broken / of if of else 0}
