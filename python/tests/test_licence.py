"""The licence that a model's card states."""

import tempfile
import unittest
from pathlib import Path

from espalier.files.licence import licence_of


class Licence(unittest.TestCase):
    def test_lists_comments_and_quotes(self) -> None:
        for matter, expected in (
            ("license: mit", "mit"),
            ("license:\n- apache-2.0\n- mit", "apache-2.0, mit"),
            ("language: en\nlicense:\r\n  - apache-2.0 # both\r\n  - 'mit'\r\ntags:\n- x", "apache-2.0, mit"),
            ('license: [apache-2.0, "mit"] # either', "apache-2.0, mit"),
            ("license: cc-by-nc-4.0 # research only", "cc-by-nc-4.0"),
            ("license: 'mit' # x", "mit"),
            ("license: other\nlicense_name: llama2\nlicense_link: https://x.org/a#b", "other (llama2, https://x.org/a#b)"),
            ("license: # none yet", "not stated"),
            ("license_name: x", "not stated"),
        ):
            with self.subTest(matter), tempfile.TemporaryDirectory() as folder:
                (Path(folder) / "README.md").write_bytes(f"---\n{matter}\n---\n# x\nlicense: no".encode())
                self.assertEqual(licence_of(Path(folder)), expected)
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual(licence_of(Path(folder)), "not stated")


if __name__ == "__main__":
    unittest.main()
