"""--recover of `espalier prune`: recovers a pruned model, measures it again, and says what its files and its line of JSON have."""

from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from transformers import PreTrainedModel

from espalier.errors import EspalierError
from espalier.files.recover_recipe import RecoverRecipe, check_recover_recipe, recover_learning_rate
from espalier.files.safetensors_file import DTYPES, ChangedWeights, StoredWeights
from espalier.ranks import Ranks
from espalier.recover.student import AdaptedStudent, CopiedStudent, Pruning, Student
from espalier.recover.training import recover, weights_sha256
from espalier.train.perplexity import perplexity

_OPTIONS = ("recover_matrices", "lora", "recover_learning_rate", "recover_tokens", "recover_hidden_weight")


@dataclass(frozen=True)
class PrunedModel:
    """A pruned model as a recovery takes it: the dense one, without hooks, and what was pruned."""

    dense: PreTrainedModel
    stored: StoredWeights
    """The dense model's files."""
    perplexity: float
    """Of the pruned model on the evaluation text."""
    pruning: Pruning
    is_updated: bool = False
    """Whether the values of `pruning` have more than zeros, as SparseGPT's."""

    def student(self, recipe: RecoverRecipe) -> Student:
        """The pruned model with what a recipe trains."""
        if recipe.rank is None:
            return CopiedStudent(self.dense, self.pruning, recipe.matrices)
        values = self.pruning.values

        def stored(name: str) -> torch.Tensor:
            return values[name] if name in values else self.stored.read(name)

        return AdaptedStudent(self.dense, self.pruning, recipe.rank, recipe.seed, stored)


@dataclass(frozen=True)
class Texts:
    """Ids (T) of the calibration and of the evaluation text, and the tokens of a window."""

    calibration: torch.Tensor
    evaluation: torch.Tensor
    context: int


@dataclass(frozen=True)
class Outcome:
    """What a recovery leaves."""

    model: PreTrainedModel
    """The recovered model with its masks; the pruned one where the recovery was undone."""
    perplexity: float
    answer: dict[str, Any]
    """`recovery` in the line of JSON."""
    receipt: dict[str, Any] | None
    """`recovery` in receipts and records; None where it was undone."""
    changed: dict[str, torch.Tensor]
    """Changed tensors in the dtype and the shapes of the files."""
    adapter: dict[str, tuple[torch.Tensor, torch.Tensor]] = field(default_factory=dict)
    """A and B of a low-rank recovery of structural pruning, by the names of the weights: a folder of the masked form."""

    def weights(self, before: StoredWeights) -> StoredWeights:
        """The weights to export: `before` with the changed ones."""

        def replaced(name: str) -> Callable[[torch.Tensor], torch.Tensor]:
            return lambda _: self.changed[name].clone()

        return ChangedWeights(before, {name: replaced(name) for name in self.changed}) if self.changed else before


def recover_recipe(args: Namespace, ratio: float, seed: int) -> RecoverRecipe | None:
    """The recipe of the arguments for a model that keeps `ratio` of its block weights; None without --recover. Throws EspalierError."""
    if args.recover is None:
        given = next((name for name in _OPTIONS if getattr(args, name) is not None), None)
        if given is not None:
            raise EspalierError(f"--{given.replace('_', '-')}: expected --recover with a number of steps beside it")
        return None
    if args.lora is not None and args.recover_matrices is not None:
        raise EspalierError("expected --lora (adapters on all matrices) or --recover-matrices, got both")
    matrices = args.recover_matrices or ("out" if args.lora is None else "all")
    rate, weight = args.recover_learning_rate, args.recover_hidden_weight
    return check_recover_recipe(
        RecoverRecipe(
            learning_rate=recover_learning_rate(ratio, matrices, args.lora) if rate is None else rate,
            steps=args.recover,
            tokens=args.recover_tokens or 128,
            **({} if weight is None else {"hidden_weight": weight}),
            matrices=matrices,
            rank=args.lora,
            seed=seed,
        )
    )


def check_recovery(args: Namespace, ranks: Ranks) -> None:
    """Refuses what cannot be recovered before anything is trained. Throws EspalierError."""
    recover_recipe(args, 0.5, 1)
    if args.recover is not None and ranks.world > 1:
        raise EspalierError(f"--recover: expected one process, got {ranks.world}. Recover in a run of its own.")


def recover_pruned(pruned: PrunedModel, recipe: RecoverRecipe, texts: Texts, ranks: Ranks) -> Outcome:
    """Trains, and measures the result as the files store it. Throws EspalierError."""
    student = pruned.student(recipe)
    found = recover(pruned.dense, student, recipe, texts.calibration, texts.context, ranks)
    if found.undone:
        answer = found.answer(pruned.perplexity, None)
        return Outcome(student.model, pruned.perplexity, answer, None, {})
    trained = {name: value.to(DTYPES[pruned.stored.info(name).dtype]) for name, value in found.values.items()}
    adapter = student.factors() if isinstance(student, AdaptedStudent) and not pruned.pruning.weights else {}
    student.load(trained)
    after, _ = perplexity(student.model, texts.evaluation, texts.context, ranks)
    changed = {**(pruned.pruning.values if pruned.is_updated else {}), **trained}
    sha256 = weights_sha256(changed)
    answer, receipt = found.answer(pruned.perplexity, sha256), found.receipt(pruned.perplexity, sha256)
    return Outcome(student.model, after, answer, receipt, changed, adapter)
