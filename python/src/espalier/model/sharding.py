"""Shards the frozen model over the ranks with FSDP2 (fully_shard), and reads each rank's rows from the safetensors files."""

import torch
from torch import nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.distributed.tensor import DTensor
from transformers import PreTrainedModel

from espalier.errors import EspalierError
from espalier.files.safetensors_file import StoredWeights
from espalier.model.families import blocks_of
from espalier.ranks import Ranks


def shard_blocks(model: PreTrainedModel, ranks: Ranks) -> None:
    """Each block is gathered when it computes and freed afterwards; embedding, head and norms are one more group.

    model: on the meta device.
    """
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    mesh = init_device_mesh(ranks.device.type, (ranks.world,))
    for block in blocks_of(model):
        fully_shard(block.layer, mesh=mesh)
    fully_shard(model, mesh=mesh)


def load_shards(model: PreTrainedModel, weights: StoredWeights, ranks: Ranks) -> None:
    """Allocates this rank's rows of every parameter and reads them. Throws EspalierError for a tensor that the files lack."""
    model.to_empty(device=ranks.device)
    model.tie_weights()
    restore_buffers(model, ranks.device)
    tied = bool(model.config.tie_word_embeddings)
    for name, parameter in model.named_parameters():
        if tied and name == "lm_head.weight":
            continue
        _load_rows(name, parameter, weights, ranks)


@torch.no_grad()
def _load_rows(name: str, parameter: nn.Parameter, weights: StoredWeights, ranks: Ranks) -> None:
    weights.expect(name, list(parameter.shape))
    if not isinstance(parameter, DTensor):
        parameter.copy_(weights.read(name))
        return
    # Shard(0) splits as torch.chunk: every rank has ceil(rows / ranks) rows until none are left.
    local, rows = parameter.to_local(), parameter.shape[0]
    each = -(-rows // ranks.world)
    first = min(rows, each * ranks.rank)
    if local.shape[0] != min(rows, first + each) - first:
        raise EspalierError(
            f"{name}: expected {each} rows per rank, got {local.shape[0]} on rank {ranks.rank}. Use another version of torch."
        )
    if local.shape[0]:
        local.copy_(weights.read_rows(name, first, first + local.shape[0]))


def restore_buffers(model: PreTrainedModel, device: torch.device) -> None:
    """Computes the buffers that no file stores: the frequencies of RoPE, and Gemma's scale. Throws EspalierError for any other."""
    for name, module in list(model.named_modules()):
        lost = module._non_persistent_buffers_set
        if lost == {"embed_scale"}:
            module.get_buffer("embed_scale").fill_(module.scalar_embed_scale)
        elif lost and name.endswith("rotary_emb"):
            made = type(module)(model.config).to(device)
            for buffer in lost:
                setattr(module, buffer, made.get_buffer(buffer))
        elif lost:
            raise EspalierError(f"{name}: expected only buffers that can be computed, got {', '.join(sorted(lost))}. Use one process.")
