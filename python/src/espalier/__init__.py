"""Prunes language models with DISP-LLM on PyTorch: the recipe, the noise and the files of the Espalier studio."""

__version__ = "0.1.0"
