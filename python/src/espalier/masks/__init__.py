"""Gate logits to masks that meet a budget (METHOD.md 1.4 and 1.5)."""
