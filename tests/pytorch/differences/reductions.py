"""Of reductions, sorting, matrices, complex numbers and Fourier transforms."""

from __future__ import annotations

_DIMENSIONS = "NumPy has no more dimensions than 64"
_NO_OUT = "there is no out="

KNOWN: dict[tuple[str, str], dict[int, str] | str] = {
    **{(name, "errors"): {1: _DIMENSIONS, 2: _DIMENSIONS, 5: _NO_OUT} for name in ("amax", "amin")},
    ("aminmax", "errors"): {1: _DIMENSIONS, 2: _DIMENSIONS, 3: _NO_OUT},
    ("gradient", "errors"): dict.fromkeys((3, 10, 17), "there is one device"),
}
