"""One training run of the gates: the frozen model, the gate model, AdamW, and the metrics of every step (METHOD.md 1.2 to 1.4)."""

import math
from dataclasses import dataclass, field
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import nn
from transformers import PreTrainedModel

from espalier.errors import EspalierError
from espalier.files.recipe import RATIO_POWER, Recipe
from espalier.files.texts import batch_of
from espalier.masks.architecture import Architecture, architecture_of
from espalier.masks.budget import kept_weights, penalty
from espalier.masks.sharing import Sharing, check_reachable, sharing_of
from espalier.model.families import blocks_of, shape_of
from espalier.model.selection import Selection
from espalier.noise import Draw, Float32s, uniform_noise
from espalier.ranks import Ranks
from espalier.train.estimators import gumbel_sigmoid, reinmax, straight_through
from espalier.train.gate_models import GateModel, gate_model_for

Vectors = list[torch.Tensor]


class Draws(Protocol):
    """What a step draws."""

    def tokens(self, step: int, sequence: int) -> torch.Tensor:
        """(T) int64: the ids of a sequence."""

    def uniform(self, step: int, draw: Draw, vector: int, size: int) -> torch.Tensor:
        """(size): u in (0, 1) for a distinct vector."""


@dataclass(frozen=True)
class CounterDraws:
    """The studio's draws: equal recipes and texts give equal tokens and equal noise."""

    recipe: Recipe
    text: torch.Tensor

    def tokens(self, step: int, sequence: int) -> torch.Tensor:
        return batch_of(self.text, self.recipe.tokens, self.recipe.seed, step, sequence)

    def uniform(self, step: int, draw: Draw, vector: int, size: int) -> torch.Tensor:
        return torch.from_numpy(uniform_noise(self.recipe.seed, draw, size, step=step, vector=vector))


@dataclass
class History:
    """Metrics of all steps so far, one column per number."""

    loss: list[float] = field(default_factory=list)
    """Mean cross-entropy in nats per token, under the sampled masks."""
    penalty: list[float] = field(default_factory=list)
    """R."""
    kept: list[float] = field(default_factory=list)
    """Kept share of the block weights, under the sampled masks."""
    target: list[float] = field(default_factory=list)
    """The ratio that the step aimed at."""


def language_loss(model: PreTrainedModel, ids: torch.Tensor) -> torch.Tensor:
    """Mean cross-entropy over the T - 1 predictions of a sequence of ids (T), in nats, a float32 scalar."""
    logits = model(input_ids=ids[None], use_cache=False).logits[0, :-1]
    return F.cross_entropy(logits.float(), ids[1:])


def ratio_of_step(recipe: Recipe, step: int) -> float:
    """The ratio that a step is for; a run for every ratio draws it (METHOD.md 1.7)."""
    if recipe.ratio_mode == "one":
        return recipe.ratio
    u = float(uniform_noise(recipe.seed, Draw.RATIO, 1, step=step)[0])
    return recipe.ratio_from + (recipe.ratio_to - recipe.ratio_from) * u**RATIO_POWER


class Session:
    """A training run. All ranks make one with equal arguments and call `step` together.

    sequences: sequences per step, a multiple of the number of ranks; each has `recipe.tokens` tokens, and their gradients are averaged.
    Throws EspalierError for a recipe that cannot be trained.
    """

    def __init__(self, model: PreTrainedModel, recipe: Recipe, draws: Draws, ranks: Ranks, sequences: int = 1):
        if sequences % ranks.world:
            raise EspalierError(f"--sequences: expected a multiple of the {ranks.world} ranks, got {sequences}")
        self.model, self.recipe, self.draws, self.ranks, self.sequences = model, recipe, draws, ranks, sequences
        self.shape = shape_of(model)
        check_reachable(self.shape, recipe)
        self.sharing: Sharing = sharing_of(recipe, self.shape)
        self.selection = Selection(blocks_of(model))
        self.selection.s4_twice = recipe.estimator == "gumbel"
        self.gate_model: GateModel = gate_model_for(recipe, self.sharing.sizes).to(ranks.device)
        self.optimizer = torch.optim.AdamW(
            self.gate_model.parameters(), lr=recipe.learning_rate, betas=(0.9, 0.999), eps=1e-8, weight_decay=recipe.weight_decay
        )
        self.steps_done = 0
        self.history = History()
        for parameter in model.parameters():
            parameter.requires_grad_(False)

    def step(self) -> None:
        """One update, and its metrics in `history`. Throws EspalierError if the loss is not finite; the parameters are then unchanged."""
        ratio = ratio_of_step(self.recipe, self.steps_done)
        logits = self.gate_model(ratio)
        drawn, counted = self._draw(logits)
        kept = kept_weights(self.shape, self.sharing.spread(counted))
        term = penalty(self.shape, kept, ratio)
        loss, gradients = self._language_gradients(drawn)
        self._check_finite(loss, float(term.detach()))
        self.optimizer.zero_grad()
        # Each rank adds its share of the language model's gradient and of the budget's, so that the sum over ranks is the step's gradient.
        share = self.recipe.lam / self.ranks.world * term
        torch.autograd.backward([*drawn, share], [*gradients, None])
        self._sum_gradients()
        self.optimizer.step()
        self.steps_done += 1
        for column, value in (
            (self.history.loss, loss),
            (self.history.penalty, float(term.detach())),
            (self.history.kept, float(kept.detach()) / self.shape.block_weights),
            (self.history.target, ratio),
        ):
            column.append(value)

    @torch.no_grad()
    def gate_logits(self, ratio: float | None = None) -> list[Float32s]:
        """(N_i) for each distinct vector after the last update, for a ratio or the nearest one that was trained. Default: the recipe's."""
        recipe, ratio = self.recipe, self.recipe.ratio if ratio is None else ratio
        if recipe.ratio_mode == "every":
            ratio = min(recipe.ratio_to, max(recipe.ratio_from, ratio))
        return [logits.float().cpu().numpy() for logits in self.gate_model(ratio)]

    def architecture(self, ratio: float | None = None) -> Architecture:
        """The masks of a ratio. Default: the recipe's."""
        ratio = self.recipe.ratio if ratio is None else ratio
        return architecture_of(self.gate_logits(ratio), self.shape, self.sharing, ratio)

    def _draw(self, logits: Vectors) -> tuple[Vectors, Vectors]:
        """The gates of the loss and those that the budget counts: two draws in the paper's code (gumbel), otherwise the same."""

        def uniform(draw: Draw) -> Vectors:
            sizes = enumerate(self.sharing.sizes)
            return [self.draws.uniform(self.steps_done, draw, i, size).to(self.ranks.device) for i, size in sizes]

        u = uniform(Draw.LANGUAGE)
        if self.recipe.estimator == "gumbel":
            soft = [gumbel_sigmoid(x, v, hard=False) for x, v in zip(logits, u, strict=True)]
            again = uniform(Draw.BUDGET)
            return soft, [gumbel_sigmoid(x, v, hard=True) for x, v in zip(logits, again, strict=True)]
        estimate = reinmax if self.recipe.estimator == "reinmax" else straight_through
        gates = [estimate(x, v) for x, v in zip(logits, u, strict=True)]
        return gates, gates

    def _language_gradients(self, drawn: Vectors) -> tuple[float, Vectors]:
        """The mean loss over the sequences of all ranks, and this rank's part of its gradient for each distinct vector."""
        leaves = [gates.detach().requires_grad_() for gates in drawn]
        self.selection.gates = self.sharing.spread(leaves)
        total = torch.zeros((), device=self.ranks.device)
        try:
            for sequence in range(self.ranks.rank, self.sequences, self.ranks.world):
                ids = self.draws.tokens(self.steps_done, sequence).to(self.ranks.device)
                loss = language_loss(self.model, ids) / self.sequences
                loss.backward()
                total += loss.detach()
        finally:
            self.selection.gates = None
        gradients = [torch.zeros_like(leaf) if leaf.grad is None else leaf.grad for leaf in leaves]
        return float(self.ranks.sum_(total)), gradients

    def _sum_gradients(self) -> None:
        """Sums the gradients of the gate model over the ranks, in one transfer."""
        if self.ranks.world == 1:
            return
        gradients = [parameter.grad for parameter in self.gate_model.parameters() if parameter.grad is not None]
        flat = self.ranks.sum_(nn.utils.parameters_to_vector(gradients))
        nn.utils.vector_to_parameters(flat, gradients)

    def _check_finite(self, loss: float, term: float) -> None:
        if not math.isfinite(loss + term):
            raise EspalierError(
                f"The loss of step {self.steps_done} is not a finite number, so the run was stopped. "
                "Resume from the last checkpoint, which is older, with a lower learning rate or another seed."
            )
