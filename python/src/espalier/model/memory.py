"""Activation checkpointing: only the residual stream between blocks is kept for the backward pass (arXiv 1604.06174)."""

from functools import partial

from torch.utils.checkpoint import checkpoint
from transformers import PreTrainedModel

from espalier.model.families import blocks_of


def recompute_blocks(model: PreTrainedModel) -> None:
    """Makes every block compute its forward again in its backward, with the same gates and so the same values."""
    for block in blocks_of(model):
        block.layer.forward = partial(checkpoint, block.layer.forward, use_reentrant=False)
