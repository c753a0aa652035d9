"""Explanations: walkthroughs, pictures, plots, check-ups and formulas of networks and programs."""

from importlib import import_module
from typing import Any


def __getattr__(name: str) -> Any:
    """``glassnet.explain.plots``, loaded when first used."""
    if name == "plots":
        return import_module("glassnet.explain.plots")
    raise AttributeError(f"module 'glassnet.explain' has no attribute {name!r:.80}", name=name)
