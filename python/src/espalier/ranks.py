"""The processes of a run: one alone, or the ranks that torchrun started, with what they agree on."""

import os
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.distributed as dist

from espalier.errors import EspalierError


@dataclass(frozen=True)
class Ranks:
    """One process among `world`."""

    rank: int
    world: int
    device: torch.device

    @property
    def first(self) -> bool:
        """Whether this rank writes files and reports progress."""
        return self.rank == 0

    def sum_(self, values: torch.Tensor) -> torch.Tensor:
        """Replaces the values by their sums over all ranks, the same bits on each, and returns them."""
        if self.world > 1:
            dist.all_reduce(values)
        return values

    def any(self, flag: bool) -> bool:
        """Whether the flag is set on any rank. All ranks must call it."""
        return bool(self.sum_(torch.tensor(float(flag), device=self.device)))

    def on_first(self, work: Callable[[], None]) -> None:
        """Does the work on the first rank while the others wait. Where it throws EspalierError, all ranks do. All ranks must call it."""
        fault: EspalierError | None = None
        if self.first:
            try:
                work()
            except EspalierError as error:
                fault = error
        if self.any(fault is not None):
            raise fault or EspalierError(f"rank {self.rank}: ended, because rank 0 did.")

    def wait(self) -> None:
        """Returns once all ranks have called it."""
        if self.world > 1:
            dist.barrier()


def join_ranks() -> Ranks:
    """The ranks of torchrun's environment, joined by NCCL on GPUs and gloo on CPUs; without torchrun this process alone."""
    world = int(os.environ.get("WORLD_SIZE", "1"))
    local = int(os.environ.get("LOCAL_RANK", "0"))
    device = torch.device("cuda", local) if torch.cuda.is_available() else torch.device("cpu")
    if device.type == "cuda":
        torch.cuda.set_device(device)
    if world > 1:
        dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    return Ranks(dist.get_rank() if world > 1 else 0, world, device)


def leave_ranks(ranks: Ranks) -> None:
    """Ends the communication between the ranks."""
    if ranks.world > 1:
        dist.destroy_process_group()
