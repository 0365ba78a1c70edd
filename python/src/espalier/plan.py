"""`espalier plan`: the memory that a rank needs, from config.json alone. No weight is read or allocated.

The activations are counted, not estimated: a forward pass runs on fake tensors, and every tensor that autograd would keep is added up.
"""

import re
import sys
from argparse import Namespace
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from transformers import AutoConfig, AutoModelForCausalLM

from espalier.errors import EspalierError
from espalier.files.recipe import Recipe
from espalier.masks.shape import ModelShape
from espalier.masks.sharing import sharing_of
from espalier.model.families import blocks_of, family_of, shape_of
from espalier.model.memory import recompute_blocks
from espalier.model.selection import Selection
from espalier.train.session import language_loss

_F32 = 4
_HYPERNETWORK_WIDTH = 128
_GRU_WEIGHTS = 2 * 192 * (32 + 64 + 2) + 2 * _HYPERNETWORK_WIDTH
"""Both directions of the GRU, and the LayerNorm."""
_GATHERED_BLOCKS = 2
"""FSDP2 gathers the next block while one computes."""


@dataclass(frozen=True)
class RankMemory:
    """Bytes on one rank at the peak of a training step."""

    weights: int
    """Of the frozen model: this rank's rows, or all on one rank."""
    gathered: int
    """Blocks in use, and embedding, head and norms, in full; 0 on one rank."""
    gate_model: int
    """Parameters, gradients and AdamW's two moments in f32, and one more copy while they are summed or updated."""
    activations: int
    """What autograd keeps for the backward pass of one sequence."""
    logits: int
    """Logits and their gradient while the loss is computed."""

    @property
    def total(self) -> int:
        """All of it."""
        return sum(asdict(self).values())


@dataclass(frozen=True)
class PlannedModel:
    """What the plan takes from config.json."""

    shape: ModelShape
    vocab: int
    block_parameters: int
    """All parameters of one block."""


def planned_model(folder: Path) -> PlannedModel:
    """The sizes of the model in a folder, of which only config.json is read. Throws EspalierError for an unknown family."""
    config = AutoConfig.from_pretrained(folder)
    family_of(config)
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config)
    block = sum(parameter.numel() for parameter in blocks_of(model)[0].layer.parameters())
    return PlannedModel(shape_of(model), int(config.vocab_size), block)


def activation_bytes(folder: Path, tokens: int, dtype: torch.dtype, recompute: bool, layers: int) -> int:
    """Bytes that autograd keeps for one sequence in a model of this config with another number of layers.

    Matrices of (tokens, tokens) are not counted, because the fused attention kernels keep none.
    """
    config = AutoConfig.from_pretrained(folder)
    config.num_hidden_layers = layers
    if getattr(config, "layer_types", None):
        config.layer_types = config.layer_types[:layers]
    kept: dict[int, torch.UntypedStorage] = {}
    with FakeTensorMode(allow_non_fake_inputs=True):
        model = AutoModelForCausalLM.from_config(config, dtype=dtype).eval()
        own = {tensor.untyped_storage()._cdata for tensor in [*model.parameters(), *model.buffers()]}
        for parameter in model.parameters():
            parameter.requires_grad_(False)
        if recompute:
            recompute_blocks(model)
        selection = Selection(blocks_of(model))
        selection.gates = [torch.ones(size, requires_grad=True) for size in shape_of(model).sizes]

        def keep(tensor: torch.Tensor) -> torch.Tensor:
            storage = tensor.untyped_storage()
            if storage._cdata not in own and tensor.shape[-2:] != (tokens, tokens):
                kept[storage._cdata] = storage
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
            loss = language_loss(model, torch.zeros(tokens, dtype=torch.int64))
        del loss
    return sum(storage.nbytes() for storage in kept.values())


def step_activations(folder: Path, model: PlannedModel, tokens: int, dtype: torch.dtype, recompute: bool) -> int:
    """Bytes that the backward pass of one sequence needs.

    Counted in models of one and two layers, so that planning a large model costs no more than a small one.
    """
    one, two = (activation_bytes(folder, tokens, dtype, False, layers) for layers in (1, 2))
    block = two - one
    if not recompute:
        return one + (model.shape.layers - 1) * block
    first, second = (activation_bytes(folder, tokens, dtype, True, layers) for layers in (1, 2))
    return first + (model.shape.layers - 1) * (second - first) + block


def gate_parameters(shape: ModelShape, recipe: Recipe) -> int:
    """Trained parameters of the recipe's gate model."""
    gates = sum(sharing_of(recipe, shape).sizes)
    if recipe.gates.endswith("no-hypernetwork"):
        return gates
    return gates * _HYPERNETWORK_WIDTH + (0 if recipe.gates.endswith("no-gru") else _GRU_WEIGHTS)


def rank_memory(folder: Path, model: PlannedModel, recipe: Recipe, ranks: int, dtype: torch.dtype, recompute: bool) -> RankMemory:
    """The peak of a step on each of `ranks` ranks with one sequence at a time."""
    size, shape = dtype.itemsize, model.shape
    rest = shape.total_weights - shape.layers * model.block_parameters
    gathered = rest + min(_GATHERED_BLOCKS, shape.layers) * model.block_parameters
    return RankMemory(
        weights=-(-shape.total_weights // ranks) * size,
        gathered=gathered * size if ranks > 1 else 0,
        gate_model=gate_parameters(shape, recipe) * 5 * _F32,
        activations=step_activations(folder, model, recipe.tokens, dtype, recompute),
        logits=recipe.tokens * model.vocab * (_F32 + max(_F32, size)),
    )


def step_flops(shape: ModelShape, tokens: int, recompute: bool) -> int:
    """Operations of one sequence: forward and the gradient of the inputs, 2 per weight and token each; without attention's own products."""
    passes = 3 if recompute else 2
    return 2 * passes * shape.total_weights * tokens


def read_gpus(text: str) -> tuple[int, float]:
    """Number of GPUs and their memory in GB."""
    match = re.fullmatch(r"(\d+)x.*?-?(\d+(?:\.\d+)?)", text)
    if match is None:
        raise EspalierError(f"--gpus: expected a number of GPUs and their memory in GB, such as 4xA100-80, got {text}")
    return int(match[1]), float(match[2])


def plan(args: Namespace, recipe: Recipe) -> dict[str, Any]:
    """Runs the command; prints a table and returns the line of JSON."""
    ranks, memory = read_gpus(args.gpus)
    dtype = {"f32": torch.float32, "bf16": torch.bfloat16}[args.weights]
    model = planned_model(args.model)
    choices = []
    for recompute in (False, True):
        needed = rank_memory(args.model, model, recipe, ranks, dtype, recompute)
        fits = needed.total <= memory * 1e9
        choices.append({"recompute": recompute, "fits": fits, "bytes": {**asdict(needed), "total": needed.total},
                        "flops": step_flops(model.shape, recipe.tokens, recompute)})  # fmt: skip
        parts = "  ".join(f"{name.replace('_', ' ')} {value / 1e9:.2f}" for name, value in asdict(needed).items())
        label = "with --recompute" if recompute else "without --recompute"
        print(f"{label}: {needed.total / 1e9:.2f} of {memory:g} GB per rank, {'fits' if fits else 'does not fit'}", file=sys.stderr)
        print(f"  GB: {parts}", file=sys.stderr)
    shape = model.shape
    return {
        "ranks": ranks,
        "memoryGb": memory,
        "precision": args.weights,
        "tokens": recipe.tokens,
        "modelWeights": shape.total_weights,
        "blockWeights": shape.block_weights,
        "gates": sum(shape.sizes),
        "gateParameters": gate_parameters(shape, recipe),
        "choices": choices,
    }
