"""Copies the Python file of the compact form into the built package. Its one source is the studio's, outside this folder."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

SOURCE = Path(__file__).resolve().parent.parent / "src/engine/formats/export/python/modeling_espalier.py"


class WithModelCode(build_py):
    """The usual build, and modeling_espalier.py beside the module that reads it."""

    def run(self) -> None:
        super().run()
        target = Path(self.build_lib) / "espalier/files" / SOURCE.name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(SOURCE, target)


setup(cmdclass={"build_py": WithModelCode})
