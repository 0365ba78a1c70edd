"""The licence that a base model's own card states, which exports repeat. As src/engine/formats/card/licence.ts."""

import re
from pathlib import Path

NO_LICENCE = "not stated"
_FRONT_MATTER_BYTES = 40_000


def licence_of(folder: Path) -> str:
    """The `license` (with `license_name` and `license_link`) in the front matter of README.md, on one line.

    Such as "apache-2.0", "apache-2.0, mit" or "other (llama2, https://...)"; NO_LICENCE where there is none.
    """
    card = next((path for path in folder.iterdir() if path.name.lower() == "readme.md"), None)
    if card is None:
        return NO_LICENCE
    text = card.read_bytes()[:_FRONT_MATTER_BYTES].decode("utf-8", "replace")
    matter = re.match(r"---\r?\n(.*?)\r?\n---", text, re.DOTALL)
    licence, *more = (", ".join(_values(matter[1] if matter else "", name)) for name in ("license", "license_name", "license_link"))
    named = ", ".join(part for part in more if part)
    return NO_LICENCE if not licence else f"{licence} ({named})" if named else licence


def _values(matter: str, name: str) -> list[str]:
    """Values of a YAML field: of one, or of a list in either of its forms. Comments and quotes are left out."""
    found = re.search(rf"^{name}:[ \t]*(.*)((?:\r?\n[ \t]*-[ \t].*)*)", matter, re.MULTILINE)
    if found is None:
        return []
    inline = re.match(r"\[(.*)\]", found[1].strip())
    lines = [re.sub(r"^\s*-\s", "", line) for line in found[2].split("\n")]
    parts = inline[1].split(",") if inline else [found[1], *lines]
    return [value for value in map(_value, parts) if value]


def _value(text: str) -> str:
    quoted = re.match(r"([\"'])(.*?)\1", text.strip())
    return quoted[2] if quoted else re.sub(r"(^|\s)#.*$", "", text.strip()).strip()
