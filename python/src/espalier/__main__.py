"""`python -m espalier`, which torchrun starts on every rank."""

import sys

from espalier.cli import main

sys.exit(main())
