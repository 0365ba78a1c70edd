"""The values that the studio computes (src/engine/train/studioValues.test.ts writes them), reproduced by this package."""

import json
import unittest
from pathlib import Path

import numpy as np
import torch

from espalier.files import js_json
from espalier.files.bitset import pack_bits, unpack_bits
from espalier.files.recipe import Recipe, read_recipe, recipe_json
from espalier.files.safetensors_file import StoredWeights, fingerprint
from espalier.files.texts import batch_of
from espalier.masks.architecture import architecture_of
from espalier.masks.shape import ModelShape
from espalier.masks.sharing import sharing_of
from espalier.noise import Draw, noise_bits, normals, uniform_noise, uniforms
from espalier.train.gate_models import Hypernetwork
from espalier.train.session import ratio_of_step

ROOT = Path(__file__).parents[2]
STUDIO = json.loads((Path(__file__).parent / "fixtures/studio.json").read_text(encoding="utf-8"))


class Noise(unittest.TestCase):
    def test_bits_and_uniforms(self) -> None:
        for stream in STUDIO["noise"]["streams"]:
            where = {"step": stream["step"], "vector": stream["vector"]}
            self.assertEqual(noise_bits(stream["seed"], stream["draw"], 5, **where).tolist(), stream["bits"])
            self.assertEqual(uniform_noise(stream["seed"], stream["draw"], 5, **where).tolist(), stream["uniform"])
            self.assertEqual(noise_bits(stream["seed"], stream["draw"], 2, first=3, **where).tolist(), stream["bits"][3:])

    def test_distributions(self) -> None:
        noise = STUDIO["noise"]
        expected = np.array(noise["normals"], np.float32)
        # float64 logarithms and cosines of two libraries may differ in the last bit
        np.testing.assert_array_max_ulp(normals(7, Draw.INPUTS, len(expected), vector=2), expected, 1)
        self.assertEqual(uniforms(7, Draw.INIT, 5, 0.125, vector=3).tolist(), noise["uniforms"])

    def test_batches_and_ratios(self) -> None:
        given = STUDIO["batches"]
        text = torch.arange(given["text"])
        starts = [int(batch_of(text, given["tokens"], given["seed"], step)[0]) for step in range(5)]
        self.assertEqual(starts, given["starts"])
        recipe = Recipe(ratio_mode="every", seed=3)
        np.testing.assert_allclose([ratio_of_step(recipe, step) for step in range(5)], STUDIO["ratios"], rtol=1e-15)


class Parameters(unittest.TestCase):
    def test_a_seed_gives_the_studios_hypernetwork(self) -> None:
        given = STUDIO["parameters"]
        model = Hypernetwork(given["sizes"], given["seed"], every_ratio=True)
        np.testing.assert_array_max_ulp(model.get_buffer("z").numpy().ravel(), np.array(given["z"], np.float32), 1)
        named = [[name, parameter.detach().ravel()[:3].tolist()] for name, parameter in model.named_parameters()]
        self.assertEqual(named, given["named"])


class Architectures(unittest.TestCase):
    def test_equal_logits_give_equal_masks(self) -> None:
        sizes = STUDIO["architectures"]["shape"]
        shape = ModelShape(
            "llama", sizes["layers"], sizes["dModel"], sizes["dMlp"], sizes["heads"], sizes["kvHeads"], sizes["headDim"],
            sizes["glu"], (False, False, False), 0,
        )  # fmt: skip
        for case in STUDIO["architectures"]["cases"]:
            with self.subTest(case["gates"], width_multiple=case["widthMultiple"], ratio=case["ratio"]):
                sharing = sharing_of(Recipe(gates=case["gates"], width_multiple=case["widthMultiple"]), shape)
                logits = [
                    np.floor(8 * normals(case["seed"], Draw.INPUTS, size, vector=i) + np.float32(0.5)) / np.float32(8)
                    for i, size in enumerate(sharing.sizes)
                ]
                found = architecture_of(logits, shape, sharing, case["ratio"])
                self.assertEqual([pack_bits(mask) for mask in found.masks], case["masks"])
                self.assertEqual(found.counts, case["counts"])
                self.assertEqual([found.kept_weights, found.target_weights], [case["keptWeights"], case["targetWeights"]])
                self.assertEqual(found.threshold, case["threshold"])

    def test_bitsets(self) -> None:
        mask = (np.arange(19) % 3 == 0).astype(np.uint8)
        self.assertEqual(unpack_bits(pack_bits(mask), 19).tolist(), mask.tolist())


class Json(unittest.TestCase):
    def test_numbers_and_texts(self) -> None:
        for value, text in STUDIO["numbers"]:
            self.assertEqual(js_json.number(float(value)), text)
        value = {"b": [1, {}, []], "2": "é\u0001\n", "1": None, "a": {"c": True}}
        self.assertEqual(js_json.dumps(value, indent=2), STUDIO["json"])

    def test_recipe(self) -> None:
        self.assertEqual(recipe_json(Recipe()), STUDIO["recipe"])
        self.assertEqual(read_recipe(STUDIO["recipe"]), Recipe())

    def test_fingerprints(self) -> None:
        for folder, expected in STUDIO["fingerprints"].items():
            config = json.loads((ROOT / folder / "config.json").read_text(encoding="utf-8"))
            self.assertEqual(fingerprint(config, StoredWeights(ROOT / folder)), expected)

    def test_the_fingerprint_of_renamed_tensors(self) -> None:
        weights = StoredWeights(ROOT / "golden/llama")
        config = json.loads((ROOT / "golden/llama/config.json").read_text(encoding="utf-8"))
        renamed = weights.renamed({name: f"other.{name}" for name in weights.tensors})
        self.assertEqual(fingerprint(config, renamed), STUDIO["renamed"])


if __name__ == "__main__":
    unittest.main()
