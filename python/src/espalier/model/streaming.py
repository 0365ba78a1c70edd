"""A model whose blocks come from its files one at a time, so that it need not fit in memory: only the rest and one block are loaded."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from espalier.errors import EspalierError
from espalier.model.families import Block, blocks_of, family_of, shape_of
from espalier.model.opening import DenseFolder, empty_model
from espalier.model.sharding import restore_buffers


class BlockStream:
    """Runs a model block by block.

    Every block must be run in order for all hidden states before the next one: `embed`, then for each block `loaded` and `run`, then
    `logits`. Throws EspalierError for a model whose files do not fit its config.
    """

    def __init__(self, folder: DenseFolder, dtype: torch.dtype, device: torch.device):
        self.model = empty_model(folder.path, dtype)
        self.shape = shape_of(self.model)
        self._blocks = blocks_of(self.model)
        self._prefix = family_of(self.model.config).layers
        self._weights, self._dtype, self._device = folder.weights, dtype, device
        self._arguments: dict[int, list[dict[str, Any]]] = {}
        self._seen: list[dict[str, Any]] = []
        self._hidden: torch.Tensor | None = None
        self._load_rest()
        for block in self._blocks:
            block.layer.forward = self._pass_by

    @property
    def layers(self) -> int:
        """The number of blocks."""
        return len(self._blocks)

    @torch.no_grad()
    def embed(self, ids: torch.Tensor) -> torch.Tensor:
        """(1, T, d): what the first block reads, for ids (T)."""
        self._seen, self._hidden = [], None
        embedded = self._first_input(ids)
        self._arguments.setdefault(len(ids), self._seen)
        return embedded

    @contextmanager
    def loaded(self, index: int) -> Iterator[Block]:
        """Block `index` with its weights in memory, until the end of the `with`."""
        block = self._blocks[index]
        prefix = f"{self._prefix}.{index}."
        names = [name for name, _ in block.layer.named_parameters()]
        if any(True for _ in block.layer.buffers()):
            raise EspalierError(f"{prefix}: expected blocks without buffers. Use a newer version of transformers.")
        empty = {name: block.layer.get_parameter(name) for name in names}
        for name in names:
            _set(block.layer, name, self._read(prefix + name, empty[name]))
        del block.layer.forward
        try:
            yield block
        finally:
            block.layer.forward = self._pass_by
            for name in names:
                _set(block.layer, name, empty[name])

    @torch.no_grad()
    def run(self, index: int, hidden: torch.Tensor) -> torch.Tensor:
        """(1, T, d): the output of a loaded block for its input (1, T, d)."""
        arguments = self._arguments[hidden.shape[1]][index]
        return _first_of(self._blocks[index].layer(hidden.to(self._device), **arguments))

    @torch.no_grad()
    def logits(self, hidden: torch.Tensor) -> torch.Tensor:
        """(T, V) for the output of the last block (1, T, d)."""
        self._seen, self._hidden = [], hidden.to(self._device)
        ids = torch.zeros(1, hidden.shape[1], dtype=torch.int64, device=self._device)
        found: torch.Tensor = self.model(input_ids=ids, use_cache=False).logits[0]
        return found

    def _first_input(self, ids: torch.Tensor) -> torch.Tensor:
        """What the first block reads. Runs all but the head; blocks pass their input on and note their arguments."""
        first: list[torch.Tensor] = []
        handle = self._blocks[0].layer.register_forward_pre_hook(lambda _, args: first.append(args[0]))
        try:
            self.model.base_model(input_ids=ids[None].to(self._device), use_cache=False)
        finally:
            handle.remove()
        return first[0]

    def _pass_by(self, hidden: torch.Tensor, **arguments: Any) -> torch.Tensor:
        self._seen.append(arguments)
        return hidden if self._hidden is None else self._hidden

    def _load_rest(self) -> None:
        """Loads everything outside the blocks."""
        tied = bool(self.model.config.tie_word_embeddings)
        for name, parameter in list(self.model.named_parameters()):
            if not name.startswith(f"{self._prefix}.") and not (tied and name == "lm_head.weight"):
                _set(self.model, name, self._read(name, parameter))
        self.model.tie_weights()
        for name, buffer in list(self.model.named_buffers()):
            owner, _, leaf = name.rpartition(".")
            self.model.get_submodule(owner)._buffers[leaf] = torch.empty_like(buffer, device=self._device)
        restore_buffers(self.model, self._device)

    def _read(self, name: str, like: torch.Tensor) -> nn.Parameter:
        self._weights.expect(name, list(like.shape))
        return nn.Parameter(self._weights.read(name).to(self._device, self._dtype), requires_grad=False)


def _set(module: nn.Module, name: str, parameter: nn.Parameter | torch.Tensor) -> None:
    owner, _, leaf = name.rpartition(".")
    module.get_submodule(owner).register_parameter(leaf, nn.Parameter(parameter, requires_grad=False))


def _first_of(output: Any) -> torch.Tensor:
    found: torch.Tensor = output[0] if isinstance(output, tuple) else output
    return found
