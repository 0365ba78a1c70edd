"""`espalier prune` from its arguments to its files, in this process."""

import json
import tempfile
import unittest
from contextlib import redirect_stderr
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import torch
from golden import ALONE, GOLDEN, golden_model
from safetensors.torch import load_file

from espalier.cli import parser, prune_command
from espalier.errors import EspalierError
from espalier.files.bitset import unpack_bits
from espalier.files.recipe import BOUNDS, read_recipe
from espalier.files.safetensors_file import StoredWeights
from espalier.files.texts import encode, read_text
from espalier.prune import recipe_source
from espalier.train.session import CounterDraws, Session

TEXT = GOLDEN.parent / "METHOD.md"
QUICK = ["--context", "64", "--eval-tokens", "256", "--tokens", "48"]


def pruned(out: Path, *more: str) -> dict[str, Any]:
    """The line of JSON of a run on golden/llama, as it is read from stdout."""
    given = ["prune", "--model", str(GOLDEN / "llama"), "--text", str(TEXT), "--eval", str(TEXT), "--out", str(out), *QUICK, *more]
    answer: dict[str, Any] = json.loads(json.dumps(prune_command(parser().parse_args(given), ALONE)))
    return answer


class Command(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.out = Path(folder.name)

    def test_several_ratios_of_one_training(self) -> None:
        answer = pruned(self.out, "--ratios", "0.8,0.6", "--steps", "3", "--learning-rate", "0.01")
        self.assertEqual([one["keep"] for one in answer["ratios"]], [0.6, 0.8])
        self.assertEqual(answer["nestedness"]["share"], answer["nestedness"]["broken"] / answer["nestedness"]["of"])
        recipe = read_recipe(answer["recipe"])
        session = Session(golden_model("llama"), recipe, CounterDraws(recipe, encode(GOLDEN / "llama", read_text(TEXT), 512)), ALONE)
        for _ in range(3):
            session.step()
        runs = json.loads((self.out / "run.json").read_text())
        for ratio, one, run in zip((0.6, 0.8), answer["ratios"], runs, strict=True):
            expected = session.architecture(ratio)
            self.assertEqual(one["keptBlockWeights"], expected.kept_weights)
            self.assertTrue(all(form["ok"] for form in one["forms"]))
            receipt = json.loads((self.out / f"keep-{ratio}/compact/receipt.json").read_text())
            self.assertEqual([receipt["target"]["value"], run["record"]["made"]["recipe"]["keep"]], [ratio, ratio])
            for text, mask in zip(receipt["masks"]["vectors"], expected.masks, strict=True):
                np.testing.assert_array_equal(unpack_bits(text, len(mask)), mask)
        self.assertEqual(recipe_source(self.out / "run.json")["keep"], 0.6)

    def test_a_receipt_says_that_its_run_computed_in_bf16(self) -> None:
        for weights, said in (("f32", None), ("bf16", "bf16")):
            out = self.out / weights
            pruned(out, "--steps", "1", "--keep", "0.7", "--forms", "masked", "--weights", weights)
            receipt = json.loads((out / "masked/receipt.json").read_text())
            self.assertEqual(receipt.get("precision"), said)

    def test_a_recovered_model_is_exported_as_it_was_measured(self) -> None:
        answer = pruned(self.out, "--steps", "3", "--keep", "0.7", "--recover", "6", "--recover-tokens", "48", "--recover-matrices", "all")
        recovery = answer["recovery"]
        self.assertFalse(recovery["undone"])
        self.assertLess(recovery["guard"]["best"], recovery["guard"]["before"])
        self.assertTrue(all(form["ok"] and form["largestDifference"] < 1e-3 for form in answer["forms"]))
        receipt = json.loads((self.out / "masked/receipt.json").read_text())["recovery"]
        self.assertEqual(receipt["weightsSha256"], recovery["weightsSha256"])
        name = "model.layers.0.self_attn.o_proj.weight"
        masked = load_file(self.out / "masked/model.safetensors")[name]
        self.assertFalse(masked.equal(StoredWeights(GOLDEN / "llama").read(name)))

    def test_an_adapter_is_a_folder_of_the_masked_form(self) -> None:
        recovery = ["--recover", "6", "--lora", "4", "--recover-tokens", "48"]
        answer = pruned(self.out, "--steps", "2", "--keep", "0.7", "--forms", "masked", *recovery)
        self.assertEqual([answer["recovery"]["undone"], answer["recovery"]["recipe"]["rank"]], [False, 4])
        config = json.loads((self.out / "masked/lora/adapter_config.json").read_text())
        self.assertEqual([config["r"], config["lora_alpha"], len(config["target_modules"])], [4, 4, 7])
        factors, masked = load_file(self.out / "masked/lora/adapter_model.safetensors"), load_file(self.out / "masked/model.safetensors")
        receipt = json.loads((self.out / "masked/receipt.json").read_text())
        kept = unpack_bits(receipt["masks"]["vectors"][3], 176).astype(bool)
        name = "model.layers.0.mlp.down_proj"
        a, b = (factors[f"base_model.model.{name}.lora_{factor}.weight"] for factor in "AB")
        self.assertFalse(a[:, ~kept].any())
        rows = unpack_bits(receipt["masks"]["vectors"][4], 64).astype(bool)
        dense = StoredWeights(GOLDEN / "llama").read(f"{name}.weight")
        expected = torch.where(torch.from_numpy(rows[:, None] & kept), dense + b @ a, 0.0)
        torch.testing.assert_close(masked[f"{name}.weight"], expected)

    def test_single_weights_are_recovered_and_their_zeros_stay(self) -> None:
        answer = pruned(self.out, "--method", "sparsegpt", "--pattern", "80%", "--recover", "8", "--recover-tokens", "48")
        self.assertFalse(answer["recovery"]["undone"])
        self.assertLess(abs(answer["keptMlp"] - 0.2), 0.01)
        self.assertEqual(answer["forms"][0]["equalArgmax"], 1)
        receipt, run = (json.loads((self.out / name).read_text()) for name in ("masked/receipt.json", "run.json"))
        self.assertEqual(run["record"]["recovery"], receipt["recovery"])
        tensors = load_file(self.out / "masked/model.safetensors")
        for matrix in receipt["masks"]["matrices"]:
            keep = torch.from_numpy(unpack_bits(matrix["mask"], matrix["of"]).astype(bool))
            self.assertTrue(bool(tensors[matrix["name"]].flatten()[~keep].eq(0).all()))
        self.assertFalse((self.out / "pruned-blocks").exists())

    def test_single_weights_that_a_recovery_does_not_train_stay_pruned(self) -> None:
        for method in ("magnitude", "dass"):
            with self.subTest(method):
                answer = pruned(self.out, "--method", method, "--recover", "4", "--recover-tokens", "48", "--recover-matrices", "out")
                self.assertFalse(answer["recovery"]["undone"])
                zeros = load_file(self.out / "masked/model.safetensors")["model.layers.0.mlp.gate_proj.weight"].eq(0)
                self.assertGreater(float(zeros.float().mean()), 0.4)

    def test_ratios_have_the_bounds_of_a_recipe(self) -> None:
        low, high = BOUNDS["ratio"]
        given = ["prune", "--model", "m", "--text", "t", "--eval", "e", "--out", "o", "--ratios"]
        self.assertEqual(parser().parse_args([*given, f"{high},{low}"]).ratios, [low, high])
        for ratio in ("0.04", "1.01", "nan"):
            with redirect_stderr(StringIO()) as printed, self.assertRaises(SystemExit):
                parser().parse_args([*given, ratio])
            self.assertIn(f"expected different ratios from {low} to {high}", printed.getvalue())

    def test_refusals(self) -> None:
        for arguments, word in (
            (("--ratios", "0.8,0.6", "--keep", "0.5"), "--keep"),
            (("--ratios", "0.8,0.6", "--recover", "3"), "--recover"),
            (("--recover-matrices", "all"), "--recover-matrices"),
            (("--pattern", "2:4"), "--pattern"),
            (("--method", "dass", "--forms", "compact"), "--forms"),
            (("--method", "wanda", "--pattern", "4:2"), "pattern"),
            (("--method", "wanda", "--keep", "0.5"), "--keep"),
            (("--method", "wanda", "--resume"), "--resume"),
        ):
            with self.assertRaisesRegex(EspalierError, word):
                pruned(self.out, *arguments)


if __name__ == "__main__":
    unittest.main()
