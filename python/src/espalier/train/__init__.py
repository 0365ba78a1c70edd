"""The training of the gates (METHOD.md 1.2 to 1.4)."""
