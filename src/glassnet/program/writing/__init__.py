"""Writing: instructions as NumPy source. What the engine and the exporter of NumPy source share."""

from __future__ import annotations

from glassnet.program.writing.calls import call, is_view, operand, shape, spelled, view
from glassnet.program.writing.comments import comment
from glassnet.program.writing.functions import sources

__all__ = ["call", "comment", "is_view", "operand", "shape", "sources", "spelled", "view"]
