"""What opens as a model: names of the base class and of wrappers, and missing tensors."""

import json
import shutil
import tempfile
import unittest
from collections.abc import Callable
from pathlib import Path

import torch
from golden import ALONE, GOLDEN, golden_model
from safetensors.torch import load_file, save_file

from espalier.cli import parser, prune_command
from espalier.errors import EspalierError
from espalier.model.opening import load_model, open_folder

TEXT = GOLDEN.parent / "METHOD.md"
FILES = ("config.json", "tokenizer.json", "tokenizer_config.json")
SHARD = 100_000
NAMES: dict[str, Callable[[str], str]] = {
    "base class": lambda name: name.removeprefix("model."),
    "wrappers": lambda name: f"module._orig_mod.{name}",
    "both": lambda name: "module." + name.removeprefix("model.").replace("layers.0.", "layers.0._fsdp_wrapped_module."),
}


class Opening(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.out = Path(folder.name)

    def stored(self, case: str, rename: Callable[[str], str], *without: str) -> Path:
        """A copy of a case whose tensors have other names."""
        folder = self.out / "renamed" / case
        folder.mkdir(parents=True, exist_ok=True)
        for name in FILES:
            if (GOLDEN / case / name).exists():
                shutil.copyfile(GOLDEN / case / name, folder / name)
        tensors = load_file(GOLDEN / case / "model.safetensors")
        save_file({rename(k): v for k, v in tensors.items() if k not in without}, folder / "model.safetensors", {"format": "pt"})
        return folder

    def test_names_of_the_base_class_and_of_wrappers_give_the_same_model_and_exports(self) -> None:
        def exported(model: Path, out: Path) -> dict[str, bytes]:
            given = ["--model", str(model), "--text", str(TEXT), "--eval", str(TEXT), "--out", str(out), "--shard-bytes", str(SHARD)]
            quick = ["--context", "64", "--eval-tokens", "256", "--tokens", "48", "--steps", "2", "--keep", "0.6"]
            answer = prune_command(parser().parse_args(["prune", *given, *quick]), ALONE)
            self.assertTrue(all(form["ok"] for form in answer["forms"]))
            files = (path for path in out.glob("*/*") if path.suffix != ".json" and path.parent.name in ("masked", "compact"))
            return {str(path.relative_to(out)): path.read_bytes() for path in files}

        expected = exported(GOLDEN / "llama", self.out / "plain")
        self.assertGreater(len(expected), 4)
        for kind, rename in NAMES.items():
            with self.subTest(kind):
                self.assertEqual(exported(self.stored("llama", rename), self.out / kind), expected)

    def test_every_family_opens_under_these_names(self) -> None:
        ids = torch.arange(8)[None]
        for case in ("opt350", "phi", "gemma"):
            expected = golden_model(case)(input_ids=ids).logits
            for kind, rename in NAMES.items():
                with self.subTest(case, kind=kind):
                    model = load_model(open_folder(self.stored(case, rename)), torch.float32, ALONE)
                    torch.testing.assert_close(model(input_ids=ids).logits, expected)

    def test_a_tied_head_alone_is_the_embedding(self) -> None:
        head = self.stored("llama", lambda name: "lm_head.weight" if name == "model.embed_tokens.weight" else name)
        self.assertTrue(json.loads((head / "config.json").read_text())["tie_word_embeddings"])
        weights = open_folder(head).weights
        self.assertTrue(weights.read("model.embed_tokens.weight").equal(load_file(head / "model.safetensors")["lm_head.weight"]))

    def test_a_missing_a_foreign_and_a_second_tensor_are_refused_by_name(self) -> None:
        name = "model.layers.1.mlp.up_proj.weight"
        with self.assertRaisesRegex(EspalierError, f"^{name}: expected this tensor"):
            open_folder(self.stored("llama", str, name))
        with self.assertRaisesRegex(EspalierError, f"^{name}: expected this tensor"):
            open_folder(self.stored("llama", lambda one: one.replace("layers.1.mlp.up", "layers.1.ffn.up")))
        folder = self.stored("llama", str)
        tensors = load_file(folder / "model.safetensors")
        save_file({**tensors, "module." + name: tensors[name].clone()}, folder / "model.safetensors")
        with self.assertRaisesRegex(EspalierError, f"expected one tensor for {name}, got .* as well"):
            open_folder(folder)
        save_file({**tensors, name: tensors[name].T.contiguous()}, folder / "model.safetensors")
        with self.assertRaisesRegex(EspalierError, f"^{name}: expected shape"):
            open_folder(folder)


if __name__ == "__main__":
    unittest.main()
