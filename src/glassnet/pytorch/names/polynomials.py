"""torch.special's orthogonal polynomials, each by its recurrence, and other names of what `glassnet.special` has."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from glassnet import special
from glassnet.tensor import Tensor
from glassnet.tensor.creation import as_tensor, ones_like, zeros_like
from glassnet.tensor.functions.special_functions import i0, igamma, igammac
from glassnet.tensor.functions.trigonometric import sinc
from glassnet.tensor.joining import where

_Step = Callable[[Any, int, Any, Any], Any]  # from x, n, pₙ and pₙ₋₁ to pₙ₊₁

_FIRST: dict[str, Callable[[Any], Any]] = {  # p₁; p₀ is 1
    "chebyshev_polynomial_t": lambda x: x,
    "chebyshev_polynomial_u": lambda x: 2 * x,
    "chebyshev_polynomial_v": lambda x: 2 * x - 1,
    "chebyshev_polynomial_w": lambda x: 2 * x + 1,
    "hermite_polynomial_h": lambda x: 2 * x,
    "hermite_polynomial_he": lambda x: x,
    "laguerre_polynomial_l": lambda x: 1 - x,
    "legendre_polynomial_p": lambda x: x,
}


def _chebyshev(x: Any, n: int, p: Any, before: Any) -> Any:
    return 2 * x * p - before


_NEXT: dict[str, _Step] = {
    **dict.fromkeys((f"chebyshev_polynomial_{kind}" for kind in "tuvw"), _chebyshev),
    "hermite_polynomial_h": lambda x, n, p, before: 2 * (x * p - n * before),
    "hermite_polynomial_he": lambda x, n, p, before: x * p - n * before,
    "laguerre_polynomial_l": lambda x, n, p, before: ((2 * n + 1 - x) * p - n * before) / (n + 1),
    "legendre_polynomial_p": lambda x, n, p, before: ((2 * n + 1) * x * p - n * before) / (n + 1),
}

__all__ = [
    *_FIRST, *(f"shifted_chebyshev_polynomial_{kind}" for kind in "tuvw"), "gammainc", "gammaincc",
    "modified_bessel_i0", "modified_bessel_i1", "spherical_bessel_j0",
]  # fmt: skip

gammainc, gammaincc = igamma, igammac
modified_bessel_i0, modified_bessel_i1 = i0, special.i1


def spherical_bessel_j0(input: Tensor) -> Tensor:
    """sin x / x, which is 1 at 0."""
    return sinc(input / math.pi)


def _polynomial(name: str, shifted: bool = False) -> Any:
    first, step = _FIRST[name], _NEXT[name]

    def called(input: Any, n: Any) -> Tensor:
        x = as_tensor(input)
        x = x if x.dtype.kind == "f" else x.float()
        x = 2 * x - 1 if shifted else x
        degrees = as_tensor(n)
        result = zeros_like(x + degrees.to(x.dtype))
        before, p = ones_like(x), first(x)
        for degree in range(int(degrees.max()) + 1 if degrees.numel() else 0):
            result = where(degrees == degree, before, result)
            before, p = p, step(x, degree + 1, p, before)
        return result

    called.__name__ = called.__qualname__ = f"shifted_{name}" if shifted else name
    called.__doc__ = f"The {'shifted ' * shifted}{name.replace('_', ' ')} of degree ``n``; 0 below degree 0."
    return called


globals().update({name: _polynomial(name) for name in _FIRST})
globals().update({f"shifted_{name}": _polynomial(name, True) for name in _FIRST if name.startswith("chebyshev")})
