"""The table that verify_python.py prints: one line per check, with the measured value and the limit."""

import json


class Table:
    """Rows of (export, form, check, measured, limit), printed immediately."""

    def __init__(self):
        self.passed = 0
        self.failed = 0
        self.export = ""

    def heading(self, *versions):
        print(", ".join(versions))
        self._line("", "export", "form", "check", "measured", "limit")

    def row(self, form, check, value, limit=None, good=None):
        """A number compared with its limit, or a text with a verdict `good`. NaN fails."""
        good = bool(value <= limit if good is None else good)
        shown = value if isinstance(value, str) else f"{value:.2e}"
        bound = "" if limit is None else f"{limit:.2e}"
        self._line("ok" if good else "FAIL", self.export, form, check, shown, bound)
        self.passed += good
        self.failed += not good

    def write(self, path):
        """Writes the counts, with the keys of vitest's report."""
        total = self.passed + self.failed
        path.write_text(json.dumps({"numTotalTests": total, "numPassedTests": self.passed}))

    def _line(self, verdict, export, form, check, measured, limit):
        line = f"{verdict:<5} {export:<22} {form:<15} {check:<46} {measured:<34} {limit}"
        print(line.rstrip(), flush=True)
