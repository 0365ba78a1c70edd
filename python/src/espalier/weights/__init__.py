"""One-shot pruning of single weights of the MLP (METHOD.md 2)."""
