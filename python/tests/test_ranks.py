"""Real processes: two ranks against one, runs that SIGTERM stops or a killed rank ends, and their resumption on other numbers of ranks."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

import numpy as np

from golden import ALONE, GOLDEN, golden_model

from espalier.cli import parser, prune_command
from espalier.files.recipe import Recipe
from espalier.files.texts import encode, read_text
from espalier.train.session import CounterDraws, Session

TESTS = Path(__file__).parent
ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": os.pathsep.join([str(TESTS.parent / "src"), str(TESTS)]),
    "OMP_NUM_THREADS": "1",
    "HF_HUB_OFFLINE": "1",
}
SECONDS = 240
STEPS, TOKENS = 100, 96


def free_port() -> str:
    """A port of this machine on which torchrun's processes can meet."""
    with socket.socket() as one:
        one.bind(("localhost", 0))
        return str(one.getsockname()[1])


def torchrun(*program: str) -> list[str]:
    return [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "--master-port", free_port(), *program]


def start(command: list[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Exit code, stdout and stderr."""
    out, errors = process.communicate(timeout=SECONDS)
    return process.returncode, out, errors


def wait_for_checkpoint(folder: Path, after: int) -> int:
    """The step of the first complete checkpoint beyond step `after`."""
    limit = time.monotonic() + SECONDS
    while time.monotonic() < limit:
        steps = [int(path.name.removeprefix("step-")) for path in folder.glob("step-*") if path.suffix != ".part"]
        if steps and max(steps) > after:
            return max(steps)
        time.sleep(0.02)
    raise AssertionError(f"{folder}: no checkpoint after step {after}")


def ranks_of(torchrun_pid: int) -> list[int]:
    """The processes that torchrun started."""
    listed = subprocess.run(["ps", "-A", "-o", "ppid=,pid="], capture_output=True, text=True, check=True).stdout
    pairs = (line.split() for line in listed.splitlines())
    return [int(pid) for parent, pid in pairs if int(parent) == torchrun_pid]


class TwoRanks(unittest.TestCase):
    def test_two_ranks_with_one_sequence_each_equal_one_with_both(self) -> None:
        with tempfile.TemporaryDirectory() as out:
            code, _, errors = ended(start(torchrun(str(TESTS / "two_ranks.py"), out)))
            self.assertEqual(code, 0, errors)
            self.assertTrue((Path(out) / "equal").exists())


class Interrupted(unittest.TestCase):
    def arguments(self, out: Path, *more: str) -> list[str]:
        text = GOLDEN.parent / "METHOD.md"
        return [
            "-m", "espalier", "prune", "--model", str(GOLDEN / "llama"), "--text", str(text), "--eval", str(text), "--out", str(out),
            "--steps", str(STEPS), "--tokens", str(TOKENS), "--sequences", "2", "--checkpoint-every", "5", "--context", "64",
            "--eval-tokens", "256", "--learning-rate", "0.01", *more,
        ]  # fmt: skip

    def uninterrupted(self) -> Session:
        recipe = Recipe(steps=STEPS, tokens=TOKENS, learning_rate=0.01, checkpoint_every=5)
        text = encode(GOLDEN / "llama", read_text(GOLDEN.parent / "METHOD.md"), 512)
        session = Session(golden_model("llama"), recipe, CounterDraws(recipe, text), ALONE, sequences=2)
        for _ in range(STEPS):
            session.step()
        return session

    def test_sigterm_and_a_killed_rank_lose_nothing(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            out, checkpoints = Path(folder), Path(folder) / "checkpoints"
            one = start([sys.executable, *self.arguments(out)])
            wait_for_checkpoint(checkpoints, 0)
            one.send_signal(signal.SIGTERM)
            code, _, errors = ended(one)
            self.assertEqual(code, 128 + signal.SIGTERM, errors)
            self.assertIn("--resume", errors)
            stopped = wait_for_checkpoint(checkpoints, 0)

            two = start(torchrun(*self.arguments(out, "--resume")))
            wait_for_checkpoint(checkpoints, stopped)
            os.kill(ranks_of(two.pid)[1], signal.SIGKILL)
            code, _, errors = ended(two)
            self.assertNotEqual(code, 0)
            self.assertIn("exitcode  : -9", errors)

            given = self.arguments(out, "--resume")
            answer = prune_command(parser().parse_args(given[2:]), ALONE)
            session = self.uninterrupted()
            self.assertEqual(answer["steps"], STEPS)
            self.assertEqual(answer["keptBlockWeights"], session.architecture().kept_weights)
            history = json.loads((checkpoints / f"step-{STEPS:06d}/state.json").read_text())["history"]
            np.testing.assert_allclose(history["loss"], session.history.loss, rtol=0, atol=1e-3)
            self.assertTrue(all(form["ok"] for form in answer["forms"]))


if __name__ == "__main__":
    unittest.main()
