"""Folders of exports: an earlier export is replaced as a whole, only by one that passed; other files are left alone."""

import os
import tempfile
import unittest
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch
from golden import ALONE, GOLDEN
from safetensors.torch import load_file

from espalier import prune as command
from espalier import prune_weights as weights_command
from espalier.cli import parser, prune_command
from espalier.errors import EspalierError
from espalier.export_folders import StagedForms, check_replaceable

TEXT = GOLDEN.parent / "METHOD.md"
RECEIPT = '{"program": {"name": "Espalier"}}'
RECOVERY = ("--recover", "4", "--recover-tokens", "48", "--lora", "4", "--forms", "masked")


class Folders(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.out = Path(folder.name) / "out"
        self.out.mkdir()

    def put(self, name: str, text: str = "earlier") -> None:
        (self.out / name).parent.mkdir(parents=True, exist_ok=True)
        (self.out / name).write_text(text)

    def files(self) -> dict[str, str]:
        """The text of every file."""
        return {path.relative_to(self.out).as_posix(): path.read_text() for path in self.out.rglob("*") if path.is_file()}

    def write(self, staged: StagedForms, name: str, fault: str | None = None) -> None:
        """Writes a form of two files."""

        def make(folder: Path) -> dict[str, Any]:
            (folder / "receipt.json").write_text(RECEIPT)
            (folder / "model.safetensors").write_text("new")
            if fault is not None:
                raise EspalierError(fault)
            return {"form": name}

        self.assertEqual(staged.write(name, make), [] if fault else [{"form": name}])


class Replaceable(Folders):
    def test_nothing_an_empty_folder_and_exports(self) -> None:
        (self.out / "empty").mkdir()
        self.put("masked/receipt.json", RECEIPT)
        for name in ("model-00001-of-00002.safetensors", "lora/README.md", "tokenizer.json", "LICENSE-MODEL", "modeling_espalier.py"):
            self.put(f"masked/{name}")
        for name in ("none", "empty", "masked"):
            check_replaceable(self.out / name)

    def test_no_other_files(self) -> None:
        for name in ("notes/plan.txt", "mixed/sub/plan.txt", "mine/model.safetensors", "gguf/model-Q4_K_M.gguf", "code/train.py"):
            self.put(name)
        for name in ("mixed", "gguf", "code"):
            self.put(f"{name}/receipt.json", RECEIPT)
        self.put("other/receipt.json", "{}")
        self.put("file")
        (self.out / "link").symlink_to(self.out / "notes")
        (self.out / "linked").mkdir()
        self.put("linked/receipt.json", RECEIPT)
        (self.out / "linked/data").symlink_to(self.out / "notes")
        for name, found in (
            ("notes", "contains plan.txt. Name a new folder"), ("mixed", "contains sub/plan.txt"), ("mine", "contains model.safetensors"),
            ("gguf", "contains model-Q4_K_M.gguf"), ("code", "contains train.py"), ("other", "contains receipt.json"),
            ("file", "which is a file"), ("link", "which is a link"), ("linked", "contains data"),
        ):  # fmt: skip
            with self.subTest(name), self.assertRaisesRegex(EspalierError, f"^--out: expected .*{name}, which .*{found}|{found}$"):
                check_replaceable(self.out / name)


class Staging(Folders):
    def test_a_form_that_passed_replaces_all_of_the_earlier_export_and_no_other_does(self) -> None:
        for form in ("masked", "compact"):
            self.put(f"{form}/receipt.json", RECEIPT)
            self.put(f"{form}/model-00001-of-00002.safetensors")
        before = self.files()
        fault = r"^The compact form was not written \(the earlier export there stays as it was\): wrong$"
        with self.assertRaisesRegex(EspalierError, fault):
            with StagedForms(self.out, ["masked", "compact"], ALONE) as staged:
                self.write(staged, "masked")
                self.write(staged, "compact", "wrong")
                self.assertEqual({name: text for name, text in self.files().items() if "unchecked" not in name}, before)
                staged.finish(lambda: [])
        kept = {name: text for name, text in before.items() if name.startswith("compact")}
        self.assertEqual(self.files(), {**kept, "masked/receipt.json": RECEIPT, "masked/model.safetensors": "new", "run.json": "[]\n"})

    def test_where_none_passed_the_earlier_run_stays_too(self) -> None:
        self.put("run.json")
        with self.assertRaisesRegex(EspalierError, "^The masked form was not written: wrong$"):
            with StagedForms(self.out, ["masked"], ALONE) as staged:
                self.write(staged, "masked", "wrong")
                staged.finish(lambda: [])
        self.assertEqual(self.files(), {"run.json": "earlier"})

    def test_what_came_meanwhile_is_left_alone(self) -> None:
        with self.assertRaisesRegex(EspalierError, r"masked, which contains thesis.txt\..* The export is in .*masked-new-\d+ instead\.$"):
            with StagedForms(self.out, ["masked", "compact"], ALONE) as staged:
                self.write(staged, "masked")
                self.write(staged, "compact")
                self.put("masked/thesis.txt", "mine")
                staged.finish(lambda: [])
        self.assertEqual((self.out / "masked/thesis.txt").read_text(), "mine")
        folders = {path.name for path in self.out.iterdir()}
        self.assertEqual(folders, {"masked", f"masked-new-{os.getpid()}", "compact", "run.json"})

    def test_work_that_ends_early_leaves_nothing_and_what_it_left_is_cleared(self) -> None:
        self.put("keep-0.5/.masked-unchecked/model.safetensors", "half")
        with self.assertRaises(KeyboardInterrupt), StagedForms(self.out, ["keep-0.5/masked", "keep-0.6/masked"], ALONE) as staged:
            self.assertEqual(self.files(), {})
            self.write(staged, "keep-0.5/masked")
            raise KeyboardInterrupt
        self.assertEqual(list(self.out.iterdir()), [])

    def test_a_folder_that_cannot_be_written(self) -> None:
        self.put("file")
        for path in (self.out / "file", self.out / "file/below", Path("/dev/null/x")):
            with self.assertRaisesRegex(EspalierError, f"^--out: expected a folder that can be written, got {path} "):
                StagedForms(path, ["masked"], ALONE)


class Command(Folders):
    def pruned(self, *more: str) -> None:
        quick = ["--context", "64", "--eval-tokens", "256", "--tokens", "48"]
        given = ["--model", str(GOLDEN / "llama"), "--text", str(TEXT), "--eval", str(TEXT), "--out", str(self.out)]
        prune_command(parser().parse_args(["prune", *given, *quick, *more]), ALONE)

    def names(self, folder: str) -> set[str]:
        return {path.relative_to(self.out / folder).as_posix() for path in (self.out / folder).rglob("*") if path.is_file()}

    def test_an_export_has_no_file_of_the_one_before(self) -> None:
        one, forms = ("--steps", "2", "--keep", "0.7"), ("masked", "compact")
        self.pruned(*one, *RECOVERY)
        self.assertIn("lora/adapter_model.safetensors", self.names("masked"))
        self.pruned(*one, "--shard-bytes", "100000")
        for form in forms:
            names = self.names(form)
            self.assertFalse(any(name.startswith("lora/") or name == "model.safetensors" for name in names), names)
        self.pruned(*one)
        self.assertTrue(all("model.safetensors" in self.names(form) for form in forms))
        self.assertFalse(any("-of-" in name for form in forms for name in self.names(form)))
        self.assertEqual({path.name for path in self.out.iterdir()}, {"masked", "compact", "run.json"})

    def test_an_export_that_computes_something_else_leaves_the_earlier_one(self) -> None:
        def wrong(*given: Any) -> torch.Tensor:
            return torch.zeros(64, 512) + 1

        for module, arguments, folder in (
            (command, ("--steps", "1", "--ratios", "0.7,0.8", "--forms", "masked"), "keep-0.7/masked"),
            (weights_command, ("--method", "magnitude", "--recover", "2", "--recover-tokens", "48"), "masked"),
        ):
            self.pruned(*arguments)
            before = {name: load_file(self.out / folder / "model.safetensors")[name] for name in ("model.norm.weight",)}
            with (
                patch.object(module, "pruned_logits", wrong),
                self.assertRaisesRegex(EspalierError, rf"^The {folder} form was not written \(the earlier .*: expected the logits"),
            ):
                self.pruned(*arguments, "--shard-bytes", "100000")
            self.assertEqual(len([name for name in self.names(folder) if name.endswith(".safetensors")]), 1)
            self.assertTrue(load_file(self.out / folder / "model.safetensors")["model.norm.weight"].equal(before["model.norm.weight"]))
            self.assertFalse(list(self.out.rglob(".*-unchecked")))

    def test_a_folder_of_other_files_is_refused_before_the_work(self) -> None:
        for name, arguments in (
            ("compact/mine.txt", ("--steps", "1")),
            ("keep-0.7/masked/mine.txt", ("--steps", "1", "--ratios", "0.7,0.8")),
            ("masked/mine.txt", ("--method", "dass")),
        ):
            self.put(name)
            found = self.files()
            with self.assertRaisesRegex(EspalierError, rf"^--out: .*{Path(name).parent}, which contains mine.txt\."):
                self.pruned(*arguments)
            self.assertEqual(self.files(), found)


if __name__ == "__main__":
    unittest.main()
