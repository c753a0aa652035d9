"""Code generation: instructions as NumPy source, for the NumPy engine and the NumPy exporter."""

from __future__ import annotations

from glassnet.codegen.comments import comment
from glassnet.codegen.expressions import call, function_call, method_call, operand, shape, spelled
from glassnet.codegen.functions import sources

__all__ = ["call", "comment", "function_call", "method_call", "operand", "shape", "sources", "spelled"]
