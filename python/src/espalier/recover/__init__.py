"""Training the kept weights of a pruned model towards the dense one (METHOD.md 6)."""
