"""Compilation: a function is traced when first called, and runs as a program from then on."""

from __future__ import annotations

from glassnet.compilation.compiled import Compiled, compile
from glassnet.compilation.specialisation import Specialisation

__all__ = ["Compiled", "Specialisation", "compile"]
