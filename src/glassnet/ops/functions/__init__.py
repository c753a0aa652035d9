"""Operations that few scripts use, those of `glassnet.tensor.functions`; loaded when one of them is first needed."""

from __future__ import annotations

from glassnet.ops.functions import (
    bessel,
    complex_numbers,
    cumulative,
    decompositions,
    diagonals,
    draws,
    error_function,
    fourier,
    gamma,
    incomplete_gamma,
    logarithms,
    ranks,
    scatter_reduce,
    searching,
    signs,
    solving,
    strides,
    trigonometric,
)  # isort: skip
