"""Checkpoints of a run with torch.distributed.checkpoint: they resume on any number of ranks that divides the sequences of a step."""

import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
import torch.distributed.checkpoint as dcp

from espalier.errors import EspalierError
from espalier.files.recipe import recipe_json
from espalier.train.session import History, Session

_FORMAT = "espalier-torch-checkpoint-1"
_STATE = "state.json"
_KEPT = 2
"""Older checkpoints are removed."""


class Checkpoints:
    """The checkpoints in a folder, one subfolder each, named by its step. subject: names the model and the text."""

    def __init__(self, folder: Path, subject: str):
        self.folder, self.subject = folder, subject

    def save(self, session: Session) -> None:
        """Writes the state after the last step. All ranks call it. A checkpoint appears under its name once it is complete."""
        name = f"step-{session.steps_done:06d}"
        unfinished = self.folder / f"{name}.part"
        ranks = session.ranks
        if ranks.first:
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir(parents=True)
        ranks.wait()
        dcp.save(_tensors(session), checkpoint_id=unfinished)
        if ranks.first:
            state = {**self._identity(session), "step": session.steps_done, "history": asdict(session.history)}
            (unfinished / _STATE).write_text(json.dumps(state), encoding="utf-8")
            shutil.rmtree(self.folder / name, ignore_errors=True)
            unfinished.rename(self.folder / name)
            for old in self._complete()[:-_KEPT]:
                shutil.rmtree(old)
        ranks.wait()

    def restore(self, session: Session) -> bool:
        """Continues from the last checkpoint; False where there is none. Throws EspalierError if it belongs to another run."""
        complete = self._complete()
        if not complete:
            return False
        state = json.loads((complete[-1] / _STATE).read_text(encoding="utf-8"))
        for key, expected in self._identity(session).items():
            if state.get(key) != expected:
                raise EspalierError(
                    f"{complete[-1]}: {key}: expected {expected}, got {state.get(key)}. "
                    "It belongs to another run: use another --out, or the same arguments."
                )
        tensors = _tensors(session)
        dcp.load(tensors, checkpoint_id=complete[-1])
        _apply(session, tensors)
        session.steps_done = state["step"]
        session.history = History(**state["history"])
        return True

    def clear(self) -> None:
        """Removes all checkpoints; a run that does not resume starts without them."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _complete(self) -> list[Path]:
        found = self.folder.glob("step-*") if self.folder.is_dir() else ()
        return sorted(path for path in found if path.suffix != ".part")

    def _identity(self, session: Session) -> dict[str, Any]:
        recipe = recipe_json(session.recipe)
        return {"format": _FORMAT, "recipe": recipe, "subject": self.subject, "sequences": session.sequences}


def _tensors(session: Session) -> dict[str, torch.Tensor]:
    """Parameters and AdamW's moments by name; all ranks have the same. Before the first step the moments are 0."""
    found: dict[str, torch.Tensor] = {}
    for name, parameter in session.gate_model.named_parameters():
        moments = session.optimizer.state.get(parameter, {})
        found[f"theta.{name}"] = parameter.detach()
        for key in ("exp_avg", "exp_avg_sq"):
            found[f"{key}.{name}"] = moments.get(key, torch.zeros_like(parameter))
        found[f"step.{name}"] = moments.get("step", torch.zeros(()))
    return found


def _apply(session: Session, tensors: dict[str, torch.Tensor]) -> None:
    """Parameters are loaded in place; the optimizer gets its moments."""
    for name, parameter in session.gate_model.named_parameters():
        session.optimizer.state[parameter] = {key: tensors[f"{key}.{name}"] for key in ("step", "exp_avg", "exp_avg_sq")}
