"""The names that tensors are stored under: with the prefixes of wrappers, or without the one of the base class.

As src/engine/model/storedNames.ts.
"""

from collections.abc import Iterable

from transformers import PreTrainedModel

from espalier.errors import EspalierError
from espalier.files.safetensors_file import StoredWeights
from espalier.model.families import family_of

_WRAPPERS = {"_orig_mod", "module", "_fsdp_wrapped_module", "_checkpoint_wrapped_module"}
"""Parts of names that wrappers add: torch.compile, DataParallel and DDP, FSDP, checkpointing of activations."""
_BASE = "model."
"""The base model within the class with a head, in all families: base_model_prefix of transformers."""
_HEAD = "lm_head.weight"


def named_weights(model: PreTrainedModel, stored: StoredWeights) -> StoredWeights:
    """The stored tensors under the names of the family, every tensor of the model among them in its shape.

    model: may be on the meta device. Of a tied head without its embedding, the head is the embedding. Throws EspalierError for a tensor
    that is missing, has another shape, or is stored twice.
    """
    tied = bool(model.config.tie_word_embeddings)
    shapes = {name: list(one.shape) for name, one in model.named_parameters() if not (tied and name == _HEAD)}
    owners = _owners(stored.tensors, {*shapes, _HEAD})
    embedding = f"{family_of(model.config).layers.removesuffix('layers')}embed_tokens.weight"
    if tied and embedding not in owners and _HEAD in owners:
        owners[embedding] = owners.pop(_HEAD)
    weights = stored.renamed({name: found for found, name in owners.items() if found != name})
    for name, shape in shapes.items():
        weights.expect(name, shape)
    return weights


def _owners(stored: Iterable[str], expected: set[str]) -> dict[str, str]:
    """The stored name of each tensor, by the family's."""
    owners: dict[str, str] = {}
    for name in stored:
        found = _family_name(name, expected)
        if found in owners:
            raise EspalierError(
                f"{name}: expected one tensor for {found}, got {owners[found]} as well. "
                "Remove the copy that is not the model's, or save the model again."
            )
        owners[found] = name
    return owners


def _family_name(stored: str, expected: set[str]) -> str:
    """The name without wrappers, and with or without the prefix of the base class, whichever the family has."""
    if stored in expected:
        return stored
    bare = ".".join(part for part in stored.split(".") if part not in _WRAPPERS)
    return next((name for name in (bare, bare.removeprefix(_BASE), _BASE + bare) if name in expected), bare)
