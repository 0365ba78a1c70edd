"""The error of this package: a sentence for the user that names what was expected and what was found."""


class EspalierError(Exception):
    """Something that the user can correct. The command prints its text alone and ends with exit code 2."""
