"""Names that older versions wrote into their files."""

from __future__ import annotations


def current_name(name: str) -> str:
    """The name that a number of a run has today: ``held_out_loss`` of an older run is ``val_loss``."""
    prefix = "held_out_"
    return f"val_{name[len(prefix) :]}" if name.startswith(prefix) else name
