"""modeling_espalier.py, with which transformers loads the compact form. Its one source is the studio's; a build copies it here."""

from pathlib import Path

_FILE = "modeling_espalier.py"
_BUILT = Path(__file__).with_name(_FILE)
_SOURCE = Path(__file__).resolve().parents[4] / "src/engine/formats/export/python" / _FILE


def model_code() -> bytes:
    """The file's bytes: from the installed package, or from the repository where the package runs from its sources."""
    return (_BUILT if _BUILT.exists() else _SOURCE).read_bytes()
