"""Prunes single weights block by block from disk (METHOD.md 2), and measures the dense and the pruned model in the same pass."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from tqdm import tqdm

from espalier.errors import EspalierError
from espalier.files.safetensors_file import ChangedWeights
from espalier.files.texts import windows_of
from espalier.files.weight_recipe import WeightRecipe, parse_pattern
from espalier.model.families import Block
from espalier.model.opening import DenseFolder
from espalier.model.streaming import BlockStream
from espalier.ranks import Ranks
from espalier.train.perplexity import mean_perplexity, turns_of
from espalier.weights.matrices import MlpMatrix, WeightMask, check_fits, mlp_matrices, pack_mask
from espalier.weights.scores import BlockNorms, keep_of, scores_of
from espalier.weights.sparsegpt import Factor, sparsegpt


@dataclass(frozen=True)
class Evaluated:
    """A text that is measured: ids (T), and the tokens of a window."""

    ids: torch.Tensor
    context: int


@dataclass
class PrunedMlp:
    """The result. Kept weights are those of the files, but for SparseGPT's, which are in `updates`, one file per block."""

    masks: list[WeightMask]
    updates: Path | None
    dense: float
    """Perplexity of the dense model."""
    pruned: float
    tokens: int
    """Tokens that both are measured on."""
    sample: torch.Tensor
    """(T, V) logits of the pruned model on the sample ids, on the CPU."""

    def weights(self, folder: DenseFolder) -> ChangedWeights:
        """The pruned weights: zeros in the files' tensors, or SparseGPT's values."""

        def change(mask: WeightMask) -> Callable[[torch.Tensor], torch.Tensor]:
            if self.updates is not None:
                file = _update_file(self.updates, mask.matrix.block)
                return lambda _: load_file(file)[mask.matrix.name]
            return lambda values: values.masked_fill_(~mask.keep(), 0)

        return ChangedWeights(folder.weights, {mask.matrix.name: change(mask) for mask in self.masks})


def _update_file(folder: Path, block: int) -> Path:
    return folder / f"block-{block:04d}.safetensors"


@dataclass
class _Sums:
    """What a method needs of the inputs of gate and up, and of down, over the calibration tokens, in float64: squares, or X^T X."""

    grams: bool
    of: dict[str, torch.Tensor] = field(default_factory=dict)

    def add(self, key: str, x: torch.Tensor) -> None:
        rows = x.reshape(-1, x.shape[-1]).double()
        value = rows.T @ rows if self.grams else (rows * rows).sum(0)
        self.of[key] = self.of[key] + value if key in self.of else value

    def norms(self, block: int) -> BlockNorms:
        """L2 norms; throws EspalierError if one is not finite."""
        found = []
        for key in ("input", "middle"):
            squares = self.of[key].diagonal() if self.grams else self.of[key]
            found.append(squares.sqrt().float())
            if not torch.isfinite(found[-1]).all():
                raise EspalierError(
                    f"The activations of block {block} are not finite, so they cannot rank weights. "
                    "The model may be damaged: open another copy, or choose magnitude, which reads no activations."
                )
        return BlockNorms(*found)


@contextmanager
def _observed(block: Block, sums: _Sums) -> Iterator[None]:
    handles = [
        linear.register_forward_pre_hook(lambda _, args, key=key: sums.add(key, args[0]))
        for key, linear in (("input", block.ups[0]), ("middle", block.down))
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


class WeightPruning:
    """One pass over a model's blocks. On several ranks each has a share of the sequences and windows; the masks are the same on all."""

    def __init__(self, stream: BlockStream, folder: DenseFolder, recipe: WeightRecipe, ranks: Ranks, updates: Path):
        check_fits(stream.shape, recipe)
        self.stream, self.folder, self.recipe, self.ranks = stream, folder, recipe, ranks
        self.pattern = parse_pattern(recipe.pattern)
        self.updates = updates if recipe.method == "sparsegpt" else None
        self.masks: list[WeightMask] = []

    @torch.no_grad()
    def run(self, calibration: Sequence[torch.Tensor], text: Evaluated, sample: torch.Tensor) -> PrunedMlp:
        """calibration: sequences of ids. sample: ids (T) whose logits of the pruned model are returned. All ranks call it.

        Throws EspalierError for a text without two tokens, for activations that are not finite, and where SparseGPT needs more sequences.
        """
        stream, ranks = self.stream, self.ranks
        windows = windows_of(len(text.ids), text.context)
        mine = [windows[one] for one in turns_of(len(windows), ranks)] if windows else []
        embedded = [stream.embed(text.ids[start : start + length]) for start, length in mine]
        dense, pruned = list(embedded), list(embedded)
        used = [] if self.recipe.method == "magnitude" else calibration
        seen = [stream.embed(ids) for ids in used[ranks.rank :: ranks.world]]
        sampled = stream.embed(sample)
        blocks = tqdm(range(stream.layers), desc="prune", unit="block", file=sys.stderr, disable=not ranks.first)
        for index in blocks:
            with stream.loaded(index) as block:
                dense = [stream.run(index, hidden) for hidden in dense]
                self._prune(index, block, seen, len(used))
                seen, pruned = ([stream.run(index, hidden) for hidden in part] for part in (seen, pruned))
                sampled = stream.run(index, sampled)
        before, tokens = self._perplexity(text, mine, dense)
        after, _ = self._perplexity(text, mine, pruned)
        logits = stream.logits(sampled).cpu()
        return PrunedMlp(self.masks, self.updates, before, after, tokens, logits)

    def _prune(self, index: int, block: Block, seen: Sequence[torch.Tensor], sequences: int) -> None:
        """Observes the dense block, then prunes its MLP in place. sequences: those of all ranks."""
        method = self.recipe.method
        sums, norms, factors = _Sums(method == "sparsegpt"), None, {}
        if method != "magnitude":
            with _observed(block, sums):
                for hidden in seen:
                    self.stream.run(index, hidden)
            self._sum_over_ranks(block, sums)
            norms = sums.norms(index)
        if sums.grams:
            factors = {key: Factor(gram, sequences) for key, gram in sums.of.items()}
        changed = {}
        matrices = [matrix for matrix in mlp_matrices(self.stream.shape) if matrix.block == index]
        for matrix, linear in zip(matrices, [*block.ups, block.down], strict=True):
            keep, values = self._pruned_matrix(matrix, norms, factors)
            linear.weight.copy_(values)
            changed[matrix.name] = values
            self.masks.append(pack_mask(matrix, keep))
        if self.updates is not None and self.ranks.first:
            self.updates.mkdir(parents=True, exist_ok=True)
            save_file({name: values.cpu() for name, values in changed.items()}, _update_file(self.updates, index))

    def _pruned_matrix(
        self, matrix: MlpMatrix, norms: BlockNorms | None, factors: dict[str, Factor]
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """The mask, and the pruned values in the dtype of the file: what is measured is what is written."""
        stored = self.folder.weights.read(matrix.name).to(self.ranks.device)
        if factors:
            values, keep = sparsegpt(stored, factors["middle" if matrix.part == "down" else "input"], self.pattern)
            return keep, values.to(stored.dtype)
        scores = scores_of(self.recipe.method, matrix.part, stored.float(), norms)
        keep = keep_of(self.recipe.method, matrix.part, scores, self.pattern)
        return keep, stored.masked_fill_(~keep, 0)

    def _sum_over_ranks(self, block: Block, sums: _Sums) -> None:
        for key, linear in (("input", block.ups[0]), ("middle", block.down)):
            if key not in sums.of:  # this rank has no sequence
                width = linear.in_features
                size = (width, width) if sums.grams else (width,)
                sums.of[key] = torch.zeros(size, dtype=torch.float64, device=self.ranks.device)
            self.ranks.sum_(sums.of[key])

    def _perplexity(
        self, text: Evaluated, mine: Sequence[tuple[int, int]], hidden: Sequence[torch.Tensor]
    ) -> tuple[float, int]:
        outputs = dict(zip(mine, hidden, strict=True))

        def loss_of(start: int, length: int) -> float:
            logits = self.stream.logits(outputs[start, length])
            ids = text.ids[start + 1 : start + length].to(logits.device)
            return float(F.cross_entropy(logits[:-1].float(), ids))

        return mean_perplexity(loss_of, len(text.ids), text.context, self.ranks)
