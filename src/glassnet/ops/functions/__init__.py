"""Operations that few scripts use, those of `glassnet.tensor.functions`; loaded when one of them is first needed."""

from __future__ import annotations

from glassnet.ops.functions import diagonals, scatter_reduce, searching  # isort: skip
