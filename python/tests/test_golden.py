"""Twelve training steps, masked losses and perplexities of the golden cases, which prune_reference.py computed."""

import json
import unittest

import numpy as np
import torch
from golden import ALONE, GOLDEN, golden_model, golden_run, golden_session
from safetensors.torch import load_file

from espalier.masks.shape import ModelShape
from espalier.model.families import blocks_of, shape_of
from espalier.model.selection import Selection
from espalier.train.perplexity import perplexity
from espalier.train.session import language_loss

CASES = ("llama", "llama3", "mistral", "gemma", "qwen2", "qwen3", "opt", "opt350", "phi")
ABLATIONS = ("every", "mlp", "constrained", "no-gru", "no-hypernetwork")


class TwelveSteps(unittest.TestCase):
    def check(self, case: str, name: str) -> None:
        run = golden_run(case, name)
        assert run is not None
        session = golden_session(golden_model(case), run)
        for _ in range(run.recipe.steps):
            session.step()
        history, numbers = session.history, run.numbers
        np.testing.assert_allclose(history.loss, numbers["lm_loss"], rtol=0, atol=1e-5)
        np.testing.assert_allclose(history.penalty, numbers["penalty"], rtol=0, atol=1e-6)
        kept = [round(share * session.shape.block_weights) for share in history.kept]
        self.assertEqual(kept, numbers["kept_block_weights"])
        # AdamW divides by the root of tiny second moments, so the last bits of a gradient show in the logits
        for vector, logits in enumerate(session.gate_logits()):
            expected = run.tensors[f"hn.end.logits.{session.sharing.places(vector)[0]}"]
            np.testing.assert_allclose(logits, expected, rtol=0, atol=2e-3)

    def test_every_family(self) -> None:
        for case in CASES:
            with self.subTest(case):
                self.check(case, "golden")

    def test_every_ratio_and_ablations(self) -> None:
        for name in ABLATIONS:
            with self.subTest(name):
                self.check("llama", name)


class Masked(unittest.TestCase):
    def check_masks(self, case: str) -> ModelShape:
        numbers = json.loads((GOLDEN / case / "golden.json").read_text(encoding="utf-8"))
        tensors = load_file(GOLDEN / case / "golden.safetensors")
        model = golden_model(case)
        shape = shape_of(model)
        evaluation = tensors["eval.ids"].long()
        dense, tokens = perplexity(model, evaluation, 64, ALONE)
        self.assertAlmostEqual(dense, numbers["perplexity"]["value"], delta=1e-4 * dense)
        self.assertEqual(tokens, numbers["perplexity"]["tokens"])
        selection = Selection(blocks_of(model))
        selection.gates = [tensors[f"hard.mask.{i}"].float() for i in range(len(shape.sizes))]
        with torch.no_grad():
            loss = float(language_loss(model, tensors["ids"].long()))
        self.assertAlmostEqual(loss, numbers["hard"]["loss"], delta=1e-5)
        pruned, _ = perplexity(model, evaluation, 64, ALONE)
        self.assertAlmostEqual(pruned, numbers["hard"]["perplexity"]["value"], delta=1e-4 * pruned)
        counts = [int(gates.sum()) for gates in selection.gates if gates is not None]
        self.assertEqual(shape.kept_weights(counts), numbers["hard"]["kept_block_weights"])
        self.assertEqual(shape.block_weights, numbers["hard"]["block_weights"])
        selection.remove()
        return shape

    def test_losses_perplexities_and_counts(self) -> None:
        for case in CASES:
            with self.subTest(case):
                self.check_masks(case)


if __name__ == "__main__":
    unittest.main()
