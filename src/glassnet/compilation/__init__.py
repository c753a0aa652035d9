"""Compile: functions that are traced when first called, and run as programs from then on."""

from __future__ import annotations

from glassnet.compilation.compiled import Compiled, compile
from glassnet.compilation.specialisation import Specialisation

__all__ = ["Compiled", "Specialisation", "compile"]
