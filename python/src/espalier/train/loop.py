"""Runs a session to its last step. Shows progress, writes checkpoints, and saves one before SIGTERM ends it."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import torch
from tqdm import tqdm

from espalier.errors import EspalierError
from espalier.train.checkpoint import Checkpoints
from espalier.train.session import Session

STOPPED = 128 + signal.SIGTERM
"""Exit code of a run that SIGTERM ended after a checkpoint."""


class Stopped(EspalierError):
    """The run was stopped by SIGTERM; its checkpoint is saved."""


class _StopFlag:
    def __init__(self) -> None:
        self.set = False

    def __call__(self, signum: int, frame: FrameType | None) -> None:
        self.set = True


@contextmanager
def _stop_on_sigterm() -> Iterator[_StopFlag]:
    """While the block runs, SIGTERM sets a flag instead of ending the process."""
    flag = _StopFlag()
    before = signal.signal(signal.SIGTERM, flag)
    try:
        yield flag
    finally:
        signal.signal(signal.SIGTERM, before)


def memory_gb(device: torch.device) -> float:
    """Most memory that this process has used so far, in GB: of the GPU, or of the process on a CPU."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 1e9
    if sys.platform == "win32":
        return float("nan")
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak * (1 if sys.platform == "darwin" else 1024) / 1e9


def train(session: Session, checkpoints: Checkpoints) -> float:
    """Steps to the end of the recipe and saves every `checkpointEvery` steps. Returns the seconds of the steps.

    SIGTERM on any rank makes all of them save a checkpoint after the current step; then Stopped is thrown. A rank that dies ends the job
    with an EspalierError on the others.
    """
    recipe, ranks = session.recipe, session.ranks
    began, first = time.perf_counter(), session.steps_done
    with _stop_on_sigterm() as stop, tqdm(
        total=recipe.steps, initial=first, desc="train", unit="step", file=sys.stderr, disable=not ranks.first, dynamic_ncols=True
    ) as bar:
        while session.steps_done < recipe.steps:
            _step(session)
            _show(bar, session, (session.steps_done - first) / (time.perf_counter() - began))
            stopping = ranks.any(stop.set)
            if stopping or session.steps_done % recipe.checkpoint_every == 0:
                checkpoints.save(session)
            if stopping and session.steps_done < recipe.steps:
                raise Stopped(f"Stopped by SIGTERM after step {session.steps_done}. Run the same command with --resume to continue.")
    return time.perf_counter() - began


def _step(session: Session) -> None:
    try:
        session.step()
    except RuntimeError as error:
        if session.ranks.world == 1:
            raise
        raise EspalierError(
            f"rank {session.ranks.rank}: step {session.steps_done} failed, perhaps because another rank ended: "
            f"{str(error).splitlines()[0]} "
            "Run the same command with --resume to continue from the last checkpoint."
        ) from error


def _show(bar: "tqdm[None]", session: Session, steps_per_second: float) -> None:
    history, tokens = session.history, session.recipe.tokens * session.sequences
    bar.set_postfix_str(
        f"loss {history.loss[-1]:.3f} R {history.penalty[-1]:.3f} kept {100 * history.kept[-1]:.1f} % "
        f"{tokens * steps_per_second:.0f} tokens/s {memory_gb(session.ranks.device):.2f} GB",
        refresh=False,
    )
    bar.update()


def end_process(code: int) -> None:
    """Ends this process at once where the others may be gone: the usual end would wait for them."""
    sys.stderr.flush()
    sys.stdout.flush()
    os._exit(code)
