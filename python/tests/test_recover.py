"""Recoveries against the golden cases, and what the guard and the masks promise."""

import json
import unittest

import numpy as np
import torch
from golden import ALONE, GOLDEN, golden_model
from safetensors.torch import load_file

from espalier.errors import EspalierError
from espalier.files.bitset import Mask
from espalier.files.export import vectors_of
from espalier.files.recover_recipe import RecoverRecipe, check_recover_recipe, rate_of_step, recover_learning_rate
from espalier.model.families import blocks_of, family_of, shape_of
from espalier.recover.guard import GuardRecord, guarded_text
from espalier.recover.student import AdaptedStudent, CopiedStudent, Pruning, Student
from espalier.recover.training import RecoverySteps, recover, weights_sha256
from espalier.train.session import language_loss
from espalier.weights.matrices import mlp_matrices, pack_mask

CASES = (("llama", "recover"), ("gemma", "recover"), ("opt", "recover"), ("llama", "lowRank"), ("opt", "lowRank"))
TRAINED = 5e-4
"""The norm of the difference of trained weights, as a share of their norm (golden/README.md)."""


def golden_masks(tensors: dict[str, torch.Tensor], layers: int) -> list[Mask]:
    """The hard masks of a case."""
    return [tensors[f"hard.mask.{i}"].numpy().astype(np.uint8) for i in range(5 * layers)]


class TwelveSteps(unittest.TestCase):
    def check(self, case: str, name: str) -> None:
        tensors, numbers = load_file(GOLDEN / case / "golden.safetensors"), json.loads((GOLDEN / case / f"{name}.json").read_text())
        given, dense = numbers["recipe"], golden_model(case)
        masks = golden_masks(tensors, len(blocks_of(dense)))
        rank, seed, pruning = given.get("rank"), given.get("seed", 1), Pruning(masks=masks)
        adapted = rank and AdaptedStudent(dense, pruning, rank, seed, dense.state_dict().__getitem__)
        student = adapted or CopiedStudent(dense, pruning, "all")
        decay, hidden_weight = given["weight_decay"], given["hidden_weight"]
        recipe = RecoverRecipe(given["lr"], given["steps"], matrices="all", rank=rank, weight_decay=decay, hidden_weight=hidden_weight)
        steps = RecoverySteps(dense, student, recipe)
        found = [steps.step(ids) for ids in tensors["train.ids"].long()]
        np.testing.assert_allclose(found, numbers["kl"], rtol=0, atol=2e-4)
        with torch.no_grad():
            self.assertAlmostEqual(float(language_loss(student.model, tensors["ids"].long())), numbers["loss"], delta=2e-4)
        values = student.values()
        for end, expected in load_file(GOLDEN / case / f"{name}.safetensors").items():
            tensor = end.removeprefix("end.")
            for axis, vector in enumerate(vectors_of(family_of(dense.config), tensor) or ()):
                if vector is not None:
                    expected.index_fill_(axis, torch.from_numpy(np.flatnonzero(masks[vector] == 0)), 0)
            self.assertLess(float((values[tensor] - expected).norm()), TRAINED * float(expected.norm()), tensor)

    def test_losses_and_trained_weights(self) -> None:
        for case, name in CASES:
            with self.subTest(f"{case} {name}"):
                self.check(case, name)


class Guarded(unittest.TestCase):
    def setUp(self) -> None:
        self.tensors = load_file(GOLDEN / "llama/golden.safetensors")
        self.dense = golden_model("llama")
        self.text = self.tensors["eval.ids"].long()

    def single_weights(self, rank: int | None = None) -> tuple[Student, dict[str, torch.Tensor]]:
        matrices = mlp_matrices(shape_of(self.dense))
        masks = [pack_mask(one, self.tensors[f"wanda.2:4.{one.block}.{one.part}"].bool()) for one in matrices]
        values = {mask.matrix.name: self.dense.get_parameter(mask.matrix.name) * mask.keep() for mask in masks}
        pruning = Pruning(weights=masks, values=values)
        stored = {**self.dense.state_dict(), **values}
        student = AdaptedStudent(self.dense, pruning, rank, 1, stored.__getitem__) if rank else CopiedStudent(self.dense, pruning, "out")
        return student, {mask.matrix.name: mask.keep() for mask in masks}

    def test_zeros_of_single_weights_stay_zero(self) -> None:
        student, kept = self.single_weights()
        before = {name: value.clone() for name, value in self.dense.state_dict().items()}
        found = recover(self.dense, student, RecoverRecipe(1e-3, 8, 48, measure_every=4), self.text, 64, ALONE)
        self.assertLess(found.guard.best, found.guard.before)
        self.assertFalse(found.undone)
        down = [name for name in found.values if "down_proj" in name]
        self.assertEqual(len(down), 3)
        for name in down:
            self.assertFalse(found.values[name][~kept[name]].any())
            self.assertTrue(found.values[name][kept[name]].ne(before[name][kept[name]]).any())
        for name, value in self.dense.state_dict().items():
            self.assertTrue(value.equal(before[name]), f"{name} of the dense model changed")
        gate = "model.layers.0.mlp.gate_proj.weight"
        self.assertTrue(student.model.get_parameter(gate).equal(before[gate] * kept[gate]))

    def test_adapters_of_single_weights_keep_zeros_and_what_is_trained_is_exported(self) -> None:
        student, kept = self.single_weights(rank=4)
        dense = {name: value.clone() for name, value in self.dense.state_dict().items()}
        found = recover(self.dense, student, RecoverRecipe(5e-3, 8, 48, "all", 4, measure_every=4), self.text, 64, ALONE)
        self.assertFalse(found.undone)
        self.assertEqual(len(found.values), 21)
        for name, keep in kept.items():
            self.assertFalse(found.values[name][~keep].any())
        with torch.no_grad():
            trained = language_loss(student.model, self.text[:64])
            student.load(found.values)
            self.assertAlmostEqual(float(language_loss(student.model, self.text[:64])), float(trained), delta=1e-5)
        self.assertTrue(all(value.equal(dense[name]) for name, value in self.dense.state_dict().items()))

    def test_without_an_improvement_it_is_undone(self) -> None:
        student, _ = self.single_weights()
        start = student.values()
        found = recover(self.dense, student, RecoverRecipe(0.1, 2, 48), self.text, 64, ALONE)
        self.assertTrue(found.undone)
        self.assertEqual([found.guard.best_step, found.guard.last_step], [0, 2])
        for name, value in student.values().items():
            self.assertTrue(value.equal(start[name]))

    def test_the_slice_of_the_guard(self) -> None:
        cases = ((200_000, 10_000, 4096, 512), (20_000, 1024, 1024, 512), (1000, 250, 250, 125), (16, 4, 4, 2))
        for length, held, measured, window in cases:
            parts = guarded_text(torch.arange(length), 512)
            self.assertEqual([len(parts.training), len(parts.guard), parts.context], [length - held, measured, window])
            self.assertEqual(int(parts.guard[0]), length - held)
        with self.assertRaisesRegex(EspalierError, "at least 16 tokens, got 15"):
            guarded_text(torch.arange(15), 512)
        record = GuardRecord(100)
        self.assertEqual([record.add(step, value) for step, value in ((0, 30), (50, 31), (100, 28))], [True, False, True])
        self.assertEqual([record.before, record.best, record.best_step, record.last], [30, 28, 100, 28])


class Recipes(unittest.TestCase):
    def test_rates(self) -> None:
        self.assertEqual([rate_of_step(40, 0), rate_of_step(40, 1)], [0.5, 1])
        self.assertLess(rate_of_step(40, 39), 0.01)
        self.assertAlmostEqual(recover_learning_rate(0.5, "all"), 5e-4)
        self.assertAlmostEqual(recover_learning_rate(0.8, "out"), 1e-3 * 0.4)

    def test_bounds(self) -> None:
        with self.assertRaisesRegex(EspalierError, "recover: steps: expected a whole number from 1 to 100000, got 0"):
            check_recover_recipe(RecoverRecipe(1e-3, 0))

    def test_the_hash_is_of_the_bytes_in_the_order_of_names(self) -> None:
        one, two = torch.tensor([1.0, 2.0]), torch.tensor([3.0], dtype=torch.float16)
        self.assertEqual(weights_sha256({"b": two, "a": one}), weights_sha256({"a": one, "b": two}))
        self.assertEqual(weights_sha256({"a": torch.zeros(0)}), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")


if __name__ == "__main__":
    unittest.main()
