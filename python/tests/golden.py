"""Golden cases (golden/README.md) for the tests: their models, tensors and numbers, and a session that starts as theirs did."""

import copy
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, PreTrainedModel
from transformers.utils import logging

from espalier.files.recipe import Recipe
from espalier.noise import Draw
from espalier.ranks import Ranks
from espalier.train.session import Session

GOLDEN = Path(__file__).parents[2] / "golden"
ALONE = Ranks(0, 1, torch.device("cpu"))

logging.disable_progress_bar()


def golden_model(case: str) -> PreTrainedModel:
    """A new copy of the model of a case, in float32."""
    return copy.deepcopy(_read_model(case))


@cache
def _read_model(case: str) -> PreTrainedModel:
    return AutoModelForCausalLM.from_pretrained(GOLDEN / case, dtype=torch.float32).eval()


@dataclass(frozen=True)
class GoldenRun:
    """One of a case's trainings."""

    tensors: dict[str, torch.Tensor]
    numbers: dict[str, Any]
    recipe: Recipe


def golden_run(case: str, name: str) -> GoldenRun | None:
    """The twelve steps of a file of a case, such as "golden" or "every"; None if the case has no such file."""
    path = GOLDEN / case / f"{name}.json"
    if not path.exists():
        return None
    numbers = json.loads(path.read_text(encoding="utf-8"))
    numbers = numbers.get("train", numbers)
    given = numbers["recipe"]
    gates = "full" if name in ("golden", "every") else name
    recipe = Recipe(
        gates=gates, ratio=given["p"], lam=given["lam"], steps=given["steps"], learning_rate=given["lr"],
        weight_decay=given["weight_decay"], tokens=48, seed=given.get("seed", 1),
        ratio_mode="every" if name == "every" else "one",
        ratio_from=given.get("from", 0.35), ratio_to=given.get("to", 0.95),
    )  # fmt: skip
    return GoldenRun(load_file(path.with_suffix(".safetensors")), numbers, recipe)


class _GivenDraws:
    """The noise and the batches of a case. `offsets`: where each distinct vector starts in its noise."""

    def __init__(self, tensors: dict[str, torch.Tensor]):
        self.tensors = tensors
        self.offsets: list[int] = []

    def tokens(self, step: int, sequence: int) -> torch.Tensor:
        return self.tensors["train.ids"][step].long()

    def uniform(self, step: int, draw: Draw, vector: int, size: int) -> torch.Tensor:
        first = self.offsets[vector]
        return self.tensors["train.u"][step, first : first + size]


def golden_session(model: PreTrainedModel, run: GoldenRun) -> Session:
    """A session with the draws and the initial parameters of a case."""
    draws = _GivenDraws(run.tensors)
    session = Session(model, run.recipe, draws, ALONE)
    starts = [sum(session.shape.sizes[:place]) for place in range(len(session.shape.sizes))]
    draws.offsets = [starts[session.sharing.places(vector)[0]] for vector in range(len(session.sharing.sizes))]
    state = session.gate_model.state_dict()
    for name, value in state.items():
        if not name.startswith("theta"):
            given = run.tensors["hn.z"] if name == "z" else run.tensors[f"hn.start.{name}"]
            state[name] = given.reshape(value.shape)
    session.gate_model.load_state_dict(state)
    return session
