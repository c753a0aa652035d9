"""``glassnet run --compile``: the training steps of a script are recognised, and run as programs where that is safe."""

from __future__ import annotations

from glassnet.pytorch.compiling.recogniser import recognise_imports, recognised

__all__ = ["recognise_imports", "recognised"]
