"""The linear layers of each family's blocks: the modules that the selection vectors act on, and the names of their tensors."""

from dataclasses import dataclass

from torch import nn
from transformers import PretrainedConfig, PreTrainedModel

from espalier.errors import EspalierError
from espalier.masks.shape import ModelShape


@dataclass(frozen=True)
class Family:
    """Names of a family's modules. Those of linear layers follow `layers`, the block's number and a dot."""

    layers: str
    """The list of blocks, such as "model.layers"."""
    class_name: str
    """In transformers' class names."""
    qkv: tuple[str, str, str] = ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj")
    o: str = "self_attn.o_proj"
    ups: tuple[str, ...] = ("mlp.gate_proj", "mlp.up_proj")
    """gate and up, or fc1."""
    down: str = "mlp.down_proj"


FAMILIES: dict[str, Family] = {
    "llama": Family("model.layers", "Llama"),
    "mistral": Family("model.layers", "Mistral"),
    "gemma": Family("model.layers", "Gemma"),
    "qwen2": Family("model.layers", "Qwen2"),
    "qwen3": Family("model.layers", "Qwen3"),
    "opt": Family("model.decoder.layers", "OPT", o="self_attn.out_proj", ups=("fc1",), down="fc2"),
    "phi": Family("model.layers", "Phi", o="self_attn.dense", ups=("mlp.fc1",), down="mlp.fc2"),
}


def family_of(config: PretrainedConfig) -> Family:
    """Throws EspalierError for a model_type that is not one of FAMILIES."""
    family = FAMILIES.get(config.model_type)
    if family is None:
        raise EspalierError(f"config.json: model_type: expected one of {', '.join(FAMILIES)}, got {config.model_type}")
    return family


@dataclass(frozen=True)
class Block:
    """One decoder block and its linear layers."""

    layer: nn.Module
    qkv: list[nn.Linear]
    o: nn.Linear
    ups: list[nn.Linear]
    down: nn.Linear


def _linear(layer: nn.Module, name: str) -> nn.Linear:
    module = layer.get_submodule(name)
    if not isinstance(module, nn.Linear):
        raise EspalierError(f"{name}: expected a linear layer, got {type(module).__name__}. Quantised models cannot be pruned.")
    return module


def blocks_of(model: PreTrainedModel) -> list[Block]:
    """The blocks of a model in order."""
    family = family_of(model.config)
    return [
        Block(
            layer,
            [_linear(layer, name) for name in family.qkv],
            _linear(layer, family.o),
            [_linear(layer, name) for name in family.ups],
            _linear(layer, family.down),
        )
        for layer in model.get_submodule(family.layers).children()
    ]


def shape_of(model: PreTrainedModel) -> ModelShape:
    """The sizes of a model; its weights may be on the meta device."""
    config, blocks = model.config, blocks_of(model)
    q, k, _ = blocks[0].qkv
    heads = int(config.num_attention_heads)
    head_dim = q.out_features // heads
    return ModelShape(
        model_type=config.model_type,
        layers=len(blocks),
        d_model=blocks[0].o.out_features,
        d_mlp=blocks[0].down.in_features,
        heads=heads,
        kv_heads=k.out_features // head_dim,
        head_dim=head_dim,
        glu=len(blocks[0].ups) == 2,
        biases=(q.bias is not None, blocks[0].o.bias is not None, blocks[0].down.bias is not None),
        total_weights=sum(parameter.numel() for parameter in model.parameters()),
    )
