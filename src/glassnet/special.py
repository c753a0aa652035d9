"""Special functions by the names of `torch.special`: special.expit(x), special.gammaln(x), special.ndtr(x)."""

from __future__ import annotations

import math
from typing import Any

from glassnet.ops.functions import bessel, error_function, gamma, logarithms
from glassnet.tensor import Tensor, apply
from glassnet.tensor.functions.special_functions import (
    digamma,
    erfc,
    erfinv,
    exp2,
    i0,
    lgamma,
    logit,
    mvlgamma,
    polygamma,
    xlogy,
)
from glassnet.tensor.functions.trigonometric import sinc
from glassnet.tensor.joining import where
from glassnet.tensor.methods.from_record import function
from glassnet.tensor.namespace import erf, expm1, log1p, log_softmax, logsumexp, round, softmax
from glassnet.tensor.namespace import sigmoid as expit

__all__ = [
    "digamma", "entr", "erf", "erfc", "erfcx", "erfinv", "exp2", "expit", "expm1", "gammaln", "i0", "i0e", "i1", "i1e",
    "log1p", "log_ndtr", "log_softmax", "logit", "logsumexp", "multigammaln", "ndtr", "ndtri", "polygamma", "psi",
    "round", "sinc", "softmax", "xlog1py", "xlogy", "zeta",
]  # fmt: skip

psi = digamma
gammaln = lgamma
multigammaln = mvlgamma


def _of(op: Any, x: str, result: str) -> Any:
    made = function(op, x, result)
    made.__doc__ = (made.__doc__ or "").replace(
        f"glassnet.tensor({x}).{op.name}()", f"special.{op.name}(glassnet.tensor({x}))"
    )
    return made


erfcx = _of(error_function.erfcx, "[0.0, 1.0]", "[1.0000, 0.4276]")
i0e = _of(bessel.i0e, "[0.0, 1.0]", "[1.0000, 0.4658]")
i1 = _of(bessel.i1, "[0.0, 1.0]", "[0.0000, 0.5652]")
i1e = _of(bessel.i1e, "[0.0, 1.0]", "[0.0000, 0.2079]")
log_ndtr = _of(error_function.log_ndtr, "[0.0, -10.0]", "[ -0.6931, -53.2313]")
ndtri = _of(error_function.ndtri, "[0.5, 0.9]", "[0.0000, 1.2816]")


def ndtr(input: Tensor) -> Tensor:
    """The probability that a standard normal number is below ``input``.

    >>> glassnet.special.ndtr(glassnet.tensor([0.0, 1.0]))
    tensor([0.5000, 0.8413])
    """
    return erfc(input * -math.sqrt(0.5)) * 0.5


def entr(input: Tensor) -> Tensor:
    """``−input · log(input)``, of which a sum is an entropy; 0 at 0, −∞ below.

    >>> glassnet.special.entr(glassnet.tensor([0.0, 0.5]))
    tensor([0.0000, 0.3466])
    """
    return where(input < 0, float("-inf"), -xlogy(input, input))


def xlog1py(input: Any, other: Any) -> Tensor:
    """``input · log(1 + other)``, which is 0 where ``input`` is.

    >>> glassnet.special.xlog1py(glassnet.tensor([0.0, 2.0]), glassnet.tensor([-1.0, 3.0]))
    tensor([0.0000, 2.7726])
    """
    return apply(logarithms.xlog1py, input, other)


def zeta(input: Any, other: Any) -> Tensor:
    """Hurwitz's zeta function, the sum of (other + k)⁻ⁱⁿᵖᵘᵗ over k ≥ 0.

    >>> glassnet.special.zeta(glassnet.tensor([2.0]), glassnet.tensor([1.0]))
    tensor([1.6449])
    """
    return apply(gamma.zeta, input, other)
