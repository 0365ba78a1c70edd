"""Folders of exports: written beside the form's folder, checked, and only then moved into its place. As src/cli/prune/exportFolders.ts."""

import json
import os
import re
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from espalier.errors import EspalierError
from espalier.files.companions import is_companion
from espalier.ranks import Ranks
from espalier.run_facts import write_json

_EXPORTED = re.compile(
    r"^(config\.json|receipt\.json|README\.md|modeling_\w+\.py|model(-\d+-of-\d+)?\.safetensors|model\.safetensors\.index\.json"
    r"|nested\.(json|safetensors)|model\.gguf|onnx/model\.onnx(_data(_\d+)?)?"
    r"|lora/(adapter_config\.json|adapter_model\.safetensors|README\.md))$",
    re.IGNORECASE,
)
"""The files of an export beside those that it takes from the model. No other file is ever removed."""


def check_replaceable(path: Path) -> None:
    """Throws EspalierError unless the folder is missing, is empty, or contains only an earlier export."""
    if not os.path.lexists(path):
        return
    if path.is_symlink() or not path.is_dir():
        raise EspalierError(f"--out: expected a folder, got {path}, which is a {'link' if path.is_symlink() else 'file'}")
    files = _files_below(path)
    exported = _has_receipt(path)
    foreign = next((name for name in files if not exported or not (_EXPORTED.match(name) or is_companion(name))), None)
    if foreign is not None:
        raise EspalierError(
            f"--out: expected a new or empty folder or an earlier export, got {path}, which contains {foreign}. "
            "Name a new folder or empty this one."
        )


class StagedForms:
    """Folders under `out` while they are written: of a form ("masked"), or nested deeper ("keep-0.5/masked").

    All ranks make it, before the work; only the first reads and writes. `with` removes what did not get its place; earlier exports stay.
    Throws EspalierError where `out` cannot be written, or a form's folder contains anything but an earlier export.
    """

    def __init__(self, out: Path, names: Sequence[str], ranks: Ranks):
        self._out, self._names, self._ranks = out, names, ranks
        self._passed: list[str] = []
        self._faults: list[str] = []
        ranks.on_first(self._prepare)

    def __enter__(self) -> "StagedForms":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._ranks.first:
            self._drop()

    def write(self, name: str, make: Callable[[Path], dict[str, Any]]) -> list[dict[str, Any]]:
        """Calls `make`, which writes a form to the folder that it is given, and checks it there; returns its answer.

        The form of a `make` that throws EspalierError gets no place, and there is no answer: `finish` says why.
        """
        try:
            answer = make(self._folder(name))
        except EspalierError as error:
            earlier = " (the earlier export there stays as it was)" if _has_receipt(self._out / name) else ""
            self._faults.append(f"The {name} form was not written{earlier}: {error}")
            return []
        self._passed.append(name)
        return [answer]

    def finish(self, runs: Callable[[], Any]) -> None:
        """Moves the forms that passed to their folders, in place of earlier exports, and writes `runs` to run.json. All ranks call it.

        Throws EspalierError on all ranks where a form did not pass, or has its export elsewhere, because other files came into its folder.
        """
        self._ranks.on_first(lambda: self._finish(runs))

    def _finish(self, runs: Callable[[], Any]) -> None:
        for name in self._passed:
            self._settle(name)
        if self._passed:
            write_json(self._out / "run.json", runs())
        if self._faults:
            raise EspalierError("\n".join(self._faults))

    def _settle(self, name: str) -> None:
        place = self._out / name
        try:
            check_replaceable(place)
            if place.exists():
                shutil.rmtree(place)
            self._folder(name).rename(place)
        except (EspalierError, OSError) as error:
            free = place.with_name(f"{place.name}-new-{os.getpid()}")
            self._folder(name).rename(free)
            self._faults.append(f"{error} The export is in {free} instead.")

    def _folder(self, name: str) -> Path:
        """Where a form is written before it is checked."""
        place = self._out / name
        return place.with_name(f".{place.name}-unchecked")

    def _prepare(self) -> None:
        for name in self._names:
            check_replaceable(self._out / name)
        try:
            self._drop()
            for name in self._names:
                _probe(self._folder(name))
        except OSError as error:
            raise EspalierError(f"--out: expected a folder that can be written, got {self._out} ({error}). Name another folder.") from error

    def _drop(self) -> None:
        for name in self._names:
            folder = self._folder(name)
            if folder.exists():
                shutil.rmtree(folder)
            if folder.parent != self._out and folder.parent.is_dir() and not any(folder.parent.iterdir()):
                folder.parent.rmdir()


def _probe(folder: Path) -> None:
    """Makes a folder and writes to it, so that what does not work is found before hours of training."""
    folder.mkdir(parents=True)
    file = folder / f".espalier-{os.getpid()}"
    file.write_text("probe", encoding="utf-8")
    file.unlink()


def _files_below(folder: Path) -> list[str]:
    """Files and links below a folder, with "/" between the parts of their names."""
    found = []
    for parent, folders, files in os.walk(folder):
        links = [name for name in folders if (Path(parent) / name).is_symlink()]
        found += [(Path(parent) / name).relative_to(folder).as_posix() for name in (*files, *links)]
    return sorted(found)


def _has_receipt(folder: Path) -> bool:
    try:
        receipt = json.loads((folder / "receipt.json").read_text(encoding="utf-8"))
        return bool(receipt["program"]["name"] == "Espalier")
    except (OSError, ValueError, KeyError, TypeError):
        return False
