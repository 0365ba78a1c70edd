"""Exports, receipts and runs: what transformers and the studio read."""

import os
import tempfile
import unittest
from pathlib import Path
from typing import Any

import numpy as np
import torch
from golden import ALONE, GOLDEN, golden_model
from safetensors.torch import load_file

from espalier.errors import EspalierError
from espalier.files import js_json
from espalier.files.export import Source, export_compact, export_masked
from espalier.files.model_code import model_code
from espalier.files.recipe import Recipe, read_recipe
from espalier.files.records import FinishedRun, receipt_json, run_json
from espalier.files.recover_recipe import RecoverRecipe
from espalier.files.texts import decode_text
from espalier.files.weight_recipe import WeightRecipe
from espalier.files.weight_records import FinishedWeights, weight_receipt_json, weight_run_json
from espalier.form_checks import check_form, pruned_logits, sample_of
from espalier.masks.architecture import Architecture
from espalier.model.families import blocks_of, shape_of
from espalier.model.opening import open_folder
from espalier.model.selection import Selection
from espalier.recover.guard import GuardRecord
from espalier.recover.training import Recovered
from espalier.weights.matrices import mlp_matrices, pack_mask

FIXTURES = Path(__file__).parent / "fixtures"
SOURCE = GOLDEN.parent / "src/engine/formats/export/python/modeling_espalier.py"
TEXT = {"name": "text.txt", "sha256": "ab" * 32}


def golden_finished_run() -> FinishedRun:
    """A run on golden/llama with the case's binary masks and made-up measurements."""
    folder = open_folder(GOLDEN / "llama")
    tensors = load_file(GOLDEN / "llama/golden.safetensors")
    shape = shape_of(golden_model("llama"))
    masks = [tensors[f"hard.mask.{i}"].numpy() for i in range(len(shape.sizes))]
    counts = [int(mask.sum()) for mask in masks]
    kept = shape.kept_weights(counts)
    return FinishedRun(
        recipe=Recipe(steps=3, ratio=0.55), architecture=Architecture(masks, counts, kept, kept, 0.0), shape=shape, steps=3,
        model_name=folder.name, licence=folder.licence(), dtype=folder.dtype(), fingerprint=folder.fingerprint, adapter="CPU x 2",
        host="PyTorch", calibration=TEXT,
        perplexity={"text": TEXT, "context": 64, "tokens": 1024, "beginToken": False, "dense": 20.5, "pruned": 270.25},
        history={"loss": [3.5, 3.25, 3.0], "penalty": [0.5, 0.25, 0.125], "kept": [0.875, 0.75, 0.5], "target": [0.55] * 3},
    )  # fmt: skip


class Records(unittest.TestCase):
    """The fixtures are read by src/engine/formats/runs/pythonRecords.test.ts. Set ESPALIER_WRITE=1 to write them anew."""

    def check(self, name: str, value: dict[str, Any]) -> None:
        path, text = FIXTURES / name, js_json.dumps(value, indent=2) + "\n"
        if os.environ.get("ESPALIER_WRITE"):
            path.write_text(text, encoding="utf-8")
        self.assertEqual(text, path.read_text(encoding="utf-8"))

    def test_receipt_and_run_are_those_that_the_studio_reads(self) -> None:
        run = golden_finished_run()
        check = {"form": "masked", "runtime": "transformers", "version": "5", "tokens": 64, "maxAbsLogitDifference": 0.5e-4}
        sample = sample_of(torch.arange(20), torch.arange(20 * 8).reshape(20, 8) / 7)
        self.check("receipt.json", receipt_json(run, [{**check, "argmaxAgreement": 1, "dtype": run.dtype}], sample))
        made = run_json(run)
        made["record"] |= {"id": "fixed", "finished": "2026-11-27T12:00:00.000Z"}
        self.check("run.json", made)
        self.assertEqual(read_recipe(made["record"]["made"]["recipe"]), run.recipe)


    def test_those_of_single_weights_too(self) -> None:
        tensors = load_file(GOLDEN / "opt/weights.safetensors")
        folder, shape = open_folder(GOLDEN / "opt"), shape_of(golden_model("opt"))
        masks = [pack_mask(one, tensors[f"wanda.2:4.{one.block}.{one.part}"].bool()) for one in mlp_matrices(shape)]
        measured = {"text": TEXT, "context": 64, "tokens": 1024, "beginToken": False, "dense": 40.5, "pruned": 49.25}
        guard = GuardRecord(1024, before=50.5, best=45.25, best_step=300, last=45.5, last_step=300)
        recovered = Recovered(RecoverRecipe(0.0005), guard, {"a": torch.zeros(1)}, 1.0)
        run = FinishedWeights(
            recipe=WeightRecipe("wanda", "2:4"), masks=masks, shape=shape, model_name=folder.name, licence=folder.licence(),
            dtype=folder.dtype(), fingerprint=folder.fingerprint, adapter="CPU", host="PyTorch", calibration=TEXT, perplexity=measured,
            recovery=recovered.receipt(52.5, "cd" * 32),
        )  # fmt: skip
        self.check("weightReceipt.json", weight_receipt_json(run, [], None))
        made = weight_run_json(run)
        made["record"] |= {"id": "fixed", "finished": "2026-11-27T12:00:00.000Z"}
        self.check("weightRun.json", made)


class Exports(unittest.TestCase):
    def check_forms(self, case: str) -> None:
        folder = open_folder(GOLDEN / case)
        tensors = load_file(GOLDEN / case / "golden.safetensors")
        model = golden_model(case)
        masks = [tensors[f"hard.mask.{i}"] for i in range(len(shape_of(model).sizes))]
        Selection(blocks_of(model)).gates = masks
        ids = tensors["ids"].long()
        logits = pruned_logits(model, ids, ALONE)
        np.testing.assert_allclose(logits, tensors["hard.logits"], rtol=0, atol=1e-3)
        source = Source(folder.path, folder.raw_config, folder.weights, [mask.numpy() for mask in masks], shard_bytes=100_000)
        with tempfile.TemporaryDirectory() as out:
            for form, export in (("masked", export_masked), ("compact", export_compact)):
                path = Path(out) / form
                path.mkdir()
                export(source, path)
                self.assertEqual(check_form(path, form, ids, logits)["argmaxAgreement"], 1)
                self.assertGreater(len(list(path.glob("model-*.safetensors"))), 1)

    def test_both_forms_compute_the_pruned_model(self) -> None:
        for case in ("llama", "gemma", "opt350", "phi"):
            with self.subTest(case):
                self.check_forms(case)

    def test_the_python_file_is_the_studios(self) -> None:
        self.assertEqual(model_code(), SOURCE.read_bytes())


class Refusals(unittest.TestCase):
    def test_recipes(self) -> None:
        for recipe, word in (({"keep": 2}, "keep"), ({"gates": "none"}, "gates"), ({"steps": "3"}, "steps"), ({"seed": 1.5}, "seed")):
            with self.assertRaisesRegex(EspalierError, word):
                read_recipe(recipe)

    def test_texts(self) -> None:
        self.assertEqual(decode_text("t", b"\xff\xfea\0"), "a")
        self.assertEqual(decode_text("t", b"\xef\xbb\xbf\xc3\xa9"), "é")
        for data in (b"ab\xff", b"\xff\xfe\0\0", b"a\0"):
            with self.assertRaises(EspalierError):
                decode_text("t", data)


if __name__ == "__main__":
    unittest.main()
