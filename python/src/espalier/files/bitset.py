"""Binary masks as base64 text: eight gates per byte, first gate in the lowest bit, last byte padded with zeros."""

import base64
import binascii

import numpy as np
from numpy.typing import NDArray

from espalier.errors import EspalierError

Mask = NDArray[np.uint8]


def pack_bits(mask: Mask) -> str:
    """The text of N gates (0 or 1)."""
    return base64.b64encode(np.packbits(mask, bitorder="little").tobytes()).decode("ascii")


def unpack_bits(text: str, length: int, where: str = "mask") -> Mask:
    """The gates of `pack_bits`. `where` names the mask in errors. Throws EspalierError unless it is a bitset of exactly `length` gates."""
    try:
        packed = np.frombuffer(base64.b64decode(text, validate=True), np.uint8)
    except (binascii.Error, ValueError) as error:
        raise EspalierError(f"{where}: expected base64 text, got {text[:40]!r}. Use the original file.") from error
    expected = -(-length // 8)
    if len(packed) != expected:
        raise EspalierError(f"{where}: expected {expected} bytes for {length} gates, got {len(packed)}. Use the original file.")
    bits = np.unpackbits(packed, bitorder="little")
    if bits[length:].any():
        raise EspalierError(f"{where}: expected zeros after the last of {length} gates, got ones. Use the original file.")
    return bits[:length]
