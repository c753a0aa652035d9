"""Operations that few scripts use, those of `glassnet.tensor.functions`; loaded when one of them is first needed."""

from __future__ import annotations

from glassnet.ops.functions import (
    complex_numbers,
    cumulative,
    decompositions,
    diagonals,
    fourier,
    ranks,
    scatter_reduce,
    searching,
    solving,
)  # isort: skip
