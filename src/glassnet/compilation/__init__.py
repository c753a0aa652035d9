"""Compile: functions that are recorded when first called, and run as programs from then on."""

from __future__ import annotations

from glassnet.compilation.compiled import Compiled, compile
from glassnet.compilation.recording import Recording

__all__ = ["Compiled", "Recording", "compile"]
