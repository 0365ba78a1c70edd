"""Pruning of single weights against the golden cases, block by block from disk, and what it refuses."""

import json
import tempfile
import unittest
from pathlib import Path

import torch
from golden import ALONE, GOLDEN
from safetensors.torch import load_file

from espalier.errors import EspalierError
from espalier.files.weight_recipe import WeightRecipe, check_weight_recipe, parse_pattern, removed_of
from espalier.model.families import Block
from espalier.model.opening import open_folder
from espalier.model.streaming import BlockStream
from espalier.weights.matrices import check_fits
from espalier.weights.pruning import Evaluated, PrunedMlp, WeightPruning

CASES = (
    ("llama", "dass 2:4"), ("llama", "dass 50%"), ("llama", "wanda 2:4"), ("llama", "magnitude 2:4"), ("llama", "sparsegpt 2:4"),
    ("llama", "sparsegpt 50%"), ("gemma", "dass 4:8"), ("qwen3", "wanda 2:4"), ("opt", "sparsegpt 2:4"), ("phi", "wanda 50%"),
)  # fmt: skip
TIES = 1e-4
"""Share of the entries of a mask that may differ (golden/README.md)."""


def golden_pruning(case: str) -> tuple[dict[str, torch.Tensor], dict[str, dict[str, object]], str]:
    """Tensors, numbers by method and pattern, and the name of the calibration sequences of a case."""
    folder = GOLDEN / case
    tensors, numbers = load_file(folder / "golden.safetensors"), json.loads((folder / "golden.json").read_text()).get("weights") or {}
    calibration = "calibration.ids"
    if (folder / "weights.json").exists():
        more = json.loads((folder / "weights.json").read_text())
        tensors, numbers, calibration = tensors | load_file(folder / "weights.safetensors"), numbers | more["weights"], more["calibration"]
    return tensors, numbers, calibration


def pruned_case(case: str, key: str, out: Path) -> tuple[PrunedMlp, dict[str, torch.Tensor]]:
    """A golden case pruned by a method and a pattern such as "dass 2:4"."""
    method, pattern = key.split(" ")
    tensors, _, calibration = golden_pruning(case)
    folder = open_folder(GOLDEN / case)
    pruning = WeightPruning(BlockStream(folder, torch.float32, ALONE.device), folder, WeightRecipe(method, pattern), ALONE, out)
    evaluated = Evaluated(tensors["eval.ids"].long(), 64)
    return pruning.run(list(tensors[calibration].long()), evaluated, tensors["ids"].long()), tensors


class Golden(unittest.TestCase):
    def check(self, case: str, key: str, out: Path) -> None:
        found, tensors = pruned_case(case, key, out)
        numbers = golden_pruning(case)[1][key]
        values, differing = found.weights(open_folder(GOLDEN / case)), 0
        for mask in found.masks:
            name = f"{key.replace(' ', '.')}.{mask.matrix.block}.{mask.matrix.part}"
            differing += int((tensors[name].bool() != mask.keep()).sum())
            written = values.read(mask.matrix.name)
            self.assertFalse(written[~mask.keep()].any())
            self.assertFalse(torch.signbit(written[~mask.keep()]).any())
            updated = tensors.get(f"{name}.weight")
            if updated is not None:
                self.assertLess(float((written - updated).abs().max() / updated.abs().max()), 2e-4)
        of = sum(mask.of for mask in found.masks)
        self.assertLessEqual(differing, TIES * of)
        self.assertEqual([sum(mask.kept for mask in found.masks), of], [numbers["kept"], numbers["of"]])
        self.assertAlmostEqual(found.pruned / numbers["perplexity"]["value"], 1, delta=1e-4)

    def test_masks_weights_and_perplexities(self) -> None:
        for case, key in CASES:
            with self.subTest(f"{case} {key}"), tempfile.TemporaryDirectory() as out:
                self.check(case, key, Path(out) / "blocks")


class FromDisk(unittest.TestCase):
    def test_one_block_at_a_time_is_in_memory(self) -> None:
        stream = BlockStream(open_folder(GOLDEN / "llama"), torch.float32, ALONE.device)

        def loaded() -> set[str]:
            return {name.split(".")[2] for name, one in stream.model.named_parameters() if ".layers." in name and not one.is_meta}

        ids = load_file(GOLDEN / "llama/golden.safetensors")["ids"].long()
        hidden = stream.embed(ids)
        self.assertEqual(loaded(), set())
        for index in range(stream.layers):
            with stream.loaded(index) as block:
                self.assertIsInstance(block, Block)
                self.assertEqual(loaded(), {str(index)})
                hidden = stream.run(index, hidden)
        self.assertEqual(loaded(), set())
        expected = load_file(GOLDEN / "llama/golden.safetensors")["logits"]
        torch.testing.assert_close(stream.logits(hidden), expected, rtol=0, atol=1e-3)


class Refusals(unittest.TestCase):
    def test_patterns_and_recipes(self) -> None:
        for pattern in ("4:2", "2:64", "0%", "100%", "half"):
            with self.assertRaisesRegex(EspalierError, "pattern"):
                parse_pattern(pattern)
        with self.assertRaisesRegex(EspalierError, "sequences"):
            check_weight_recipe(WeightRecipe(sequences=0))
        self.assertEqual([removed_of(10, 0.3), removed_of(100, 0.07), removed_of(128, 0.501)], [3, 7, 64])

    def test_models_that_do_not_fit(self) -> None:
        shapes = {case: BlockStream(open_folder(GOLDEN / case), torch.float32, ALONE.device).shape for case in ("llama", "opt")}
        with self.assertRaisesRegex(EspalierError, "GLU"):
            check_fits(shapes["opt"], WeightRecipe("dass"))
        with self.assertRaisesRegex(EspalierError, "gate_proj.weight: expected a multiple of 13 outputs"):
            check_fits(shapes["llama"], WeightRecipe("dass", "2:13"))


if __name__ == "__main__":
    unittest.main()
