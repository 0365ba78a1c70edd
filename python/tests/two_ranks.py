"""Started by torchrun on two ranks (test_ranks.py).

Compares the sharded model and its training with one process that has both sequences.
"""

import sys
from pathlib import Path

import numpy as np
import torch
from golden import ALONE, GOLDEN
from safetensors.torch import load_file

from espalier.cli import parser, prune_command
from espalier.errors import EspalierError
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


def bytes_of(folder: Path) -> dict[str, bytes]:
    """The files of all forms below a folder, without receipts, which name the ranks."""
    found = {path for path in folder.glob("*/*") if path.is_file() and path.parent.name != "checkpoints"}
    return {str(path.relative_to(folder)): path.read_bytes() for path in found if path.name != "receipt.json"}


def put(folder: Path, name: str, text: str) -> None:
    """A file of an earlier run."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")


def compare_forms(ranks: Ranks, out: Path, *more: str) -> None:
    """Both ranks write the same bytes as one process, in place of an earlier export, and the masked form is checked.

    Both refuse a folder with other files.
    """
    text = str(GOLDEN.parent / "METHOD.md")
    given = ["--model", str(GOLDEN / "llama"), "--text", text, "--eval", text, "--context", "64", "--eval-tokens", "256", "--tokens", "48"]

    def pruned(on: Ranks, name: str) -> dict[str, object]:
        return prune_command(parser().parse_args(["prune", *given, "--out", str(out / name), *more]), on)

    forms = ("masked",) if "--method" in more else ("masked", "compact")
    if ranks.first:
        for form in forms:
            put(out / "both" / form, "receipt.json", '{"program": {"name": "Espalier"}}')
            put(out / "both" / form, "model-00001-of-00002.safetensors", "earlier")
        put(out / "foreign" / forms[0], "mine.txt", "mine")
    ranks.wait()
    refused = False
    try:
        pruned(ranks, "foreign")
    except EspalierError as error:
        refused = not ranks.first or "mine.txt" in str(error)
    assert refused
    both = pruned(ranks, "both")
    if ranks.first:
        alone = pruned(ALONE, "alone")
        found = bytes_of(out / "both")
        assert found == bytes_of(out / "alone") and "masked/model.safetensors" in found, sorted(found)
        assert both["keptBlocks"] == alone["keptBlocks"]
        np.testing.assert_allclose(both["perplexity"]["pruned"], alone["perplexity"]["pruned"], rtol=1e-6)
        assert both["forms"][0]["checkedBy"] == "transformers"
    ranks.wait()


def main() -> None:
    out = Path(sys.argv[1])
    ranks = join_ranks()
    for case in CASES:
        compare(case, ranks, out)
    compare_forms(ranks, out / "dimensions", "--steps", "4", "--sequences", "2", "--learning-rate", "0.01")
    compare_forms(ranks, out / "dass", "--method", "dass", "--sequences", "5")
    compare_forms(ranks, out / "sparsegpt", "--method", "sparsegpt", "--pattern", "50%", "--sequences", "5")
    leave_ranks(ranks)
    if ranks.first:
        (out / "equal").touch()


if __name__ == "__main__":
    main()
