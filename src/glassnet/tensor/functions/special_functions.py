"""The gamma and the error function and what belongs to them, and functions with a logarithm in them."""

from __future__ import annotations

import math
from typing import Any

from glassnet.errors import RangeError
from glassnet.ops.functions import bessel, error_function, gamma, incomplete_gamma, logarithms
from glassnet.tensor.methods.from_record import function, function_of_two
from glassnet.tensor.tensor import Tensor, apply

__all__ = [
    "digamma", "erfc", "erfinv", "exp2", "i0", "igamma", "igammac", "lgamma", "logaddexp", "logaddexp2", "logit",
    "mvlgamma", "polygamma", "xlogy",
]  # fmt: skip

digamma = function(gamma.digamma, "[1.0, 2.0]", "[-0.5772,  0.4228]")
erfc = function(error_function.erfc, "[0.0, 1.0]", "[1.0000, 0.1573]")
erfinv = function(error_function.erfinv, "[0.0, 0.5]", "[0.0000, 0.4769]")
exp2 = function(logarithms.exp2, "[0.0, 3.0]", "[1., 8.]")
i0 = function(bessel.i0, "[0.0, 1.0]", "[1.0000, 1.2661]")
igamma = function_of_two(incomplete_gamma.igamma, "[1.0, 4.0]", "[1.0, 2.0]", "[0.6321, 0.1429]")
igammac = function_of_two(incomplete_gamma.igammac, "[1.0, 4.0]", "[1.0, 2.0]", "[0.3679, 0.8571]")
lgamma = function(gamma.lgamma, "[1.0, 5.0]", "[0.0000, 3.1781]")


def logaddexp(input: Tensor, other: Tensor) -> Tensor:
    """``log(exp(input) + exp(other))``, where the powers themselves may be too large; DtypeError for integers.

    >>> glassnet.logaddexp(glassnet.tensor([0.0, 1000.0]), glassnet.tensor([0.0, 1000.0]))
    tensor([6.9315e-01, 1.0007e+03])
    """
    return apply(logarithms.logaddexp, input, other)


def logaddexp2(input: Tensor, other: Tensor) -> Tensor:
    """``log2(2 ** input + 2 ** other)``, where the powers themselves may be too large.

    >>> glassnet.logaddexp2(glassnet.tensor([1.0, 3.0]), glassnet.tensor([1.0, 3.0]))
    tensor([2., 4.])
    """
    return apply(logarithms.logaddexp2, input, other)


def logit(input: Tensor, eps: float | None = None) -> Tensor:
    """``log(input / (1 − input))``, the opposite of sigmoid; with ``eps``, of what is clamped to [eps, 1 − eps].

    >>> glassnet.logit(glassnet.tensor([0.5, 0.9]))
    tensor([0.0000, 2.1972])
    """
    p = input if input.dtype.kind == "f" else input * 1.0
    p = p if eps is None else p.clamp(eps, 1 - eps)
    return p.log() - (-p).log1p()  # whose slope at 0 and 1 is ∞


def mvlgamma(input: Tensor, p: int) -> Tensor:
    """The logarithm of the gamma function in ``p`` dimensions: that of log Γ(input − j/2) for j < p, and a constant.

    >>> glassnet.mvlgamma(glassnet.tensor([2.0, 3.0]), 2)
    tensor([0.4516, 1.5502])
    """
    if p < 1:
        raise RangeError(f"mvlgamma: expected p of 1 or more, got {p}")
    parts = [apply(gamma.lgamma, input - j / 2) for j in range(p)]
    return sum(parts[1:], parts[0]) + p * (p - 1) / 4 * math.log(math.pi)


def polygamma(input: Any, n: Any) -> Tensor:
    """The derivative of `digamma` of order ``n``: polygamma(n, x) as a function, x.polygamma(n) as a method.

    >>> glassnet.polygamma(1, glassnet.tensor([1.0, 2.0]))
    tensor([1.6449, 0.6449])
    """
    if not isinstance(input, Tensor):
        input, n = n, input
    if n < 0:
        raise RangeError(f"polygamma: expected an order of 0 or more, got n={n}")
    result: Tensor = apply(gamma.digamma, input) if n == 0 else apply(gamma.polygamma, input, n=n)
    return result


def xlogy(input: Any, other: Any) -> Tensor:
    """``input · log(other)``, which is 0 where ``input`` is.

    >>> glassnet.xlogy(glassnet.tensor([0.0, 2.0]), glassnet.tensor([0.0, 3.0]))
    tensor([0.0000, 2.1972])
    """
    return apply(logarithms.xlogy, input, other)
