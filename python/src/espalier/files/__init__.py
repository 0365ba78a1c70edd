"""The files of the studio: texts, recipes, receipts, runs and exports (docs/formats.md)."""
