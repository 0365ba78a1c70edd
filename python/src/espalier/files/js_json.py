"""JSON as JavaScript's JSON.stringify writes it, so that files and fingerprints equal those of the studio byte for byte."""

import json
import math
import re
from decimal import Decimal
from typing import Any

_INDEX = re.compile(r"0|[1-9]\d{0,9}")


def number(value: float) -> str:
    """A number as JavaScript prints it: 1e-05 becomes 0.00001 and 10000.0 becomes 10000. Throws ValueError if it is not finite."""
    if not math.isfinite(value):
        raise ValueError(f"JSON: expected a finite number, got {value}")
    if isinstance(value, int):
        return str(value) if abs(value) <= 2**53 else number(float(value))
    if value == 0:
        return "0"
    if 1e-6 <= abs(value) < 1e21:
        text = format(Decimal(repr(value)), "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    digits, _, exponent = repr(value).partition("e")
    if not exponent:
        digits, _, exponent = f"{Decimal(repr(value)):e}".partition("e")
    return f"{digits.removesuffix('.0')}e{int(exponent):+d}"


def _keys(value: dict[str, Any]) -> list[str]:
    """Keys in the order of a JavaScript object: array indices first, ascending, then the others as they were added."""
    indices = [key for key in value if _INDEX.fullmatch(key) and int(key) < 2**32 - 1]
    return sorted(indices, key=int) + [key for key in value if key not in set(indices)]


def dumps(value: Any, indent: int | None = None, _depth: int = 0) -> str:
    """The text of JSON.stringify(value, null, indent) for dicts with text keys, lists, tuples, texts, numbers, booleans and None."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return number(value)
    if not isinstance(value, (dict, list, tuple)):
        return json.dumps(value, ensure_ascii=False)
    colon = ":" if indent is None else ": "
    if isinstance(value, dict):
        parts = [json.dumps(k, ensure_ascii=False) + colon + dumps(value[k], indent, _depth + 1) for k in _keys(value)]
    else:
        parts = [dumps(one, indent, _depth + 1) for one in value]
    start, end = ("{", "}") if isinstance(value, dict) else ("[", "]")
    if not parts or indent is None:
        return start + ",".join(parts) + end
    line = "\n" + " " * indent * (_depth + 1)
    return start + line + ("," + line).join(parts) + "\n" + " " * indent * _depth + end
