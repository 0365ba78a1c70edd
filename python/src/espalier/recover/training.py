"""Trains a student towards the dense model, with a guard (METHOD.md 6)."""

import hashlib
import math
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import torch
import torch.nn.functional as F
from tqdm import tqdm
from transformers import PreTrainedModel

from espalier.errors import EspalierError
from espalier.files.recover_recipe import RecoverRecipe, check_recover_recipe, rate_of_step, recover_recipe_json
from espalier.files.texts import batch_of
from espalier.ranks import Ranks
from espalier.recover.guard import GuardRecord, guarded_text
from espalier.recover.student import Student
from espalier.train.perplexity import perplexity


def kl_divergence(student: torch.Tensor, dense: torch.Tensor) -> torch.Tensor:
    """The mean over tokens of KL(dense || student) in nats, a float32 scalar. student, dense: logits (T, V)."""
    q, p = F.log_softmax(student.float(), -1), F.log_softmax(dense.float(), -1)
    return F.kl_div(q, p, log_target=True, reduction="batchmean")


def relative_error(student: torch.Tensor, dense: torch.Tensor) -> torch.Tensor:
    """The mean over tokens of |student - dense|^2 / |dense|^2, a float32 scalar. student, dense: (T, d)."""
    x, y = student.float(), dense.float()
    return ((x - y).square().sum(-1) / y.square().sum(-1)).mean()


def _read_by_head(model: PreTrainedModel, ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The head's input (T, d) and its logits (T, V), from ids (T)."""
    read: list[torch.Tensor] = []
    handle = model.get_output_embeddings().register_forward_pre_hook(lambda _, inputs: read.append(inputs[0][0]))
    try:
        logits = model(input_ids=ids[None], use_cache=False).logits[0]
    finally:
        handle.remove()
    return read[0], logits


class RecoverySteps:
    """The steps of a recovery: AdamW on the student's trained parameters."""

    def __init__(self, dense: PreTrainedModel, student: Student, recipe: RecoverRecipe):
        self.dense, self.student, self.recipe = dense, student, check_recover_recipe(recipe)
        self.optimizer = torch.optim.AdamW(
            student.trained.values(), lr=recipe.learning_rate, betas=(0.9, 0.999), eps=1e-8, weight_decay=recipe.weight_decay
        )
        self.steps_done = 0

    def step(self, ids: torch.Tensor) -> float:
        """One update on ids (T); returns the KL before it. Throws EspalierError if that is not finite; nothing is updated then."""
        for group in self.optimizer.param_groups:
            group["lr"] = self.recipe.learning_rate * rate_of_step(self.recipe.steps, self.steps_done)
        with torch.no_grad():
            y, target = _read_by_head(self.dense, ids)
        x, logits = _read_by_head(self.student.model, ids)
        kl = kl_divergence(logits, target)
        value = float(kl.detach())
        if not math.isfinite(value):
            raise EspalierError(
                f"The KL loss of step {self.steps_done} is not a finite number, so the recovery was stopped. "
                "Start it again with a lower learning rate."
            )
        loss = kl + self.recipe.hidden_weight * relative_error(x, y) if self.recipe.hidden_weight > 0 else kl
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        self.steps_done += 1
        return value


@dataclass(frozen=True)
class Recovered:
    """What a recovery found. values: the best ones by the names of the file's tensors; empty where it was undone."""

    recipe: RecoverRecipe
    guard: GuardRecord
    values: Mapping[str, torch.Tensor]
    seconds: float

    @property
    def undone(self) -> bool:
        """Whether the guard measured no improvement."""
        return not self.values

    def receipt(self, pruned_before: float, sha256: str) -> dict[str, Any]:
        """The part of a receipt and of a record. pruned_before: perplexity of the pruned model; sha256: `weights_sha256` at the end."""
        guard = self.guard
        return {
            "recipe": recover_recipe_json(self.recipe),
            "bestStep": guard.best_step,
            "guard": {"before": guard.before, "after": guard.best, "tokens": guard.tokens},
            "prunedBefore": pruned_before,
            "weightsSha256": sha256,
        }

    def answer(self, pruned_before: float, sha256: str | None) -> dict[str, Any]:
        """The part of the line of JSON."""
        guard = asdict(self.guard)
        return {
            "recipe": recover_recipe_json(self.recipe),
            "undone": self.undone,
            "bestStep": self.guard.best_step,
            "guard": {key: guard[key] for key in ("before", "best", "last", "tokens")},
            "secondsRecovering": round(self.seconds, 3),
            "prunedBefore": pruned_before,
            **({} if sha256 is None else {"weightsSha256": sha256}),
        }


def recover(
    dense: PreTrainedModel, student: Student, recipe: RecoverRecipe, text: torch.Tensor, context: int, ranks: Ranks
) -> Recovered:
    """Trains to the last step and keeps the best weights by the guard, with which it leaves the student.

    text: ids (T) of the calibration text, whose end becomes the guard's slice. context: tokens of a window of the guard. Throws
    EspalierError for a text that is too short and for a loss that is not finite.
    """
    parts, steps = guarded_text(text, context), RecoverySteps(dense, student, recipe)
    guard, best = GuardRecord(len(parts.guard)), student.state()
    began = time.perf_counter()

    def measure() -> dict[str, torch.Tensor]:
        value, _ = perplexity(student.model, parts.guard, parts.context, ranks)
        return student.state() if guard.add(steps.steps_done, value) else best

    best = measure()
    with tqdm(total=recipe.steps, desc="recover", unit="step", file=sys.stderr, dynamic_ncols=True) as bar:
        while steps.steps_done < recipe.steps:
            ids = batch_of(parts.training, recipe.tokens, recipe.seed, steps.steps_done)
            bar.set_postfix_str(f"KL {steps.step(ids.to(ranks.device)):.3f} guard {guard.best:.2f}", refresh=False)
            bar.update()
            if steps.steps_done % recipe.measure_every == 0 or steps.steps_done == recipe.steps:
                best = measure()
    student.assert_zeros()
    student.restore(best)
    return Recovered(recipe, guard, student.values() if guard.best_step > 0 else {}, time.perf_counter() - began)


def weights_sha256(stored: Mapping[str, torch.Tensor]) -> str:
    """Of the changed tensors' bytes in the dtype of the file, one after the other in the order of their names."""
    digest = hashlib.sha256()
    for name in sorted(stored):
        digest.update(stored[name].contiguous().flatten().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()
