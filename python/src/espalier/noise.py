"""Counter-based noise (METHOD.md 1.3): the same bits as the studio's src/engine/rng.ts, for any step and in any order."""

import enum

import numpy as np
from numpy.typing import NDArray

Uint32s = NDArray[np.uint32]
Float32s = NDArray[np.float32]


class Draw(enum.IntEnum):
    """The uses of a run's seed. Each has its own streams."""

    LANGUAGE = 0
    BUDGET = 1
    RATIO = 2
    BATCH = 3
    INIT = 4
    INPUTS = 5
    ADAPTERS = 8


def _pcg(value: Uint32s) -> Uint32s:
    """One round of the 32-bit permuted congruential hash pcg_rxs_m_xs_32 (O'Neill 2014). Arrays of uint32 wrap around."""
    state = value * np.uint32(747796405) + np.uint32(2891336453)
    word = ((state >> ((state >> np.uint32(28)) + np.uint32(4))) ^ state) * np.uint32(277803737)
    return (word >> np.uint32(22)) ^ word


def noise_bits(seed: int, draw: int, count: int, *, step: int = 0, vector: int = 0, first: int = 0) -> Uint32s:
    """(count): 32 random bits each, entries `first` and following of the stream of seed, step, draw and vector (all u32)."""
    stream = np.zeros(1, np.uint32)
    for counter in (seed, step, draw, vector):
        stream = _pcg(stream + np.uint32(counter))
    return _pcg(stream + np.arange(first, first + count, dtype=np.uint32))


def uniform_noise(seed: int, draw: int, count: int, *, step: int = 0, vector: int = 0, first: int = 0) -> Float32s:
    """(count): u in (0, 1), odd multiples of 2^-24, which float32 represents exactly."""
    bits = noise_bits(seed, draw, count, step=step, vector=vector, first=first)
    return ((bits >> np.uint32(9)) * np.uint32(2) + np.uint32(1)).astype(np.float32) * np.float32(2**-24)


def normals(seed: int, draw: int, count: int, *, vector: int = 0) -> Float32s:
    """(count): N(0, 1), made from a stream by the method of Box and Muller in float64."""
    u = uniform_noise(seed, draw, 2 * count, vector=vector).astype(np.float64)
    return (np.sqrt(-2 * np.log(u[0::2])) * np.cos(2 * np.pi * u[1::2])).astype(np.float32)


def uniforms(seed: int, draw: int, count: int, bound: float, *, vector: int = 0) -> Float32s:
    """(count): U(-bound, bound)."""
    u = uniform_noise(seed, draw, count, vector=vector).astype(np.float64)
    return (bound * (2 * u - 1)).astype(np.float32)
