"""Started by torchrun on two ranks (test_ranks.py).

Compares the sharded model and its training with one process that has both sequences.
"""

import sys
from pathlib import Path

import numpy as np
import torch
from golden import ALONE, GOLDEN
from safetensors.torch import load_file

from espalier.files.recipe import Recipe
from espalier.masks.sharing import sharing_of
from espalier.model.opening import load_model, open_folder
from espalier.ranks import Ranks, join_ranks, leave_ranks
from espalier.train.checkpoint import Checkpoints
from espalier.train.perplexity import perplexity
from espalier.train.session import CounterDraws, Session

CASES = ("llama", "gemma", "qwen3", "opt350", "phi")
RECIPE = Recipe(steps=6, tokens=24, learning_rate=0.01)


def session_on(case: str, ranks: Ranks, text: torch.Tensor, recompute: bool) -> Session:
    """A session of two sequences per step; on several ranks the model is sharded."""
    model = load_model(open_folder(GOLDEN / case), torch.float32, ranks, recompute)
    return Session(model, RECIPE, CounterDraws(RECIPE, text), ranks, sequences=2)


def compare(case: str, ranks: Ranks, out: Path) -> None:
    """Trains alone and on both ranks; everything that a run reports must be equal."""
    text = load_file(GOLDEN / case / "golden.safetensors")["eval.ids"].long()
    alone = session_on(case, ALONE, text, recompute=False)
    both = session_on(case, ranks, text, recompute=True)
    values = [perplexity(one.model, text[:300], 64, one.ranks)[0] for one in (alone, both)]
    np.testing.assert_allclose(values[1], values[0], rtol=1e-6)
    for _ in range(RECIPE.steps):
        alone.step()
        both.step()
    for name in ("loss", "penalty", "kept"):
        np.testing.assert_allclose(getattr(both.history, name), getattr(alone.history, name), rtol=1e-5, atol=1e-6)
    assert sharing_of(RECIPE, both.shape) == alone.sharing
    for mine, expected in zip(both.gate_logits(), alone.gate_logits(), strict=True):
        np.testing.assert_allclose(mine, expected, rtol=0, atol=1e-3)
    Checkpoints(out / case, case).save(both)


def main() -> None:
    out = Path(sys.argv[1])
    ranks = join_ranks()
    for case in CASES:
        compare(case, ranks, out)
    leave_ranks(ranks)
    if ranks.first:
        (out / "equal").touch()


if __name__ == "__main__":
    main()
