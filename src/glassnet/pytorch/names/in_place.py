"""Functions that write into their first argument, as methods of the same name do: torch.relu_(x), F.elu_(x)."""

from __future__ import annotations

from typing import Any

from glassnet import functional
from glassnet.tensor import Tensor

_METHODS = (
    "abs acos acosh addmv arccos arccosh arcsin arcsinh arctan arctanh asin asinh atan atanh ceil clamp clamp_max"
    " clamp_min clip conj_physical cos cosh deg2rad detach erf erfc exp exp2 expm1 fill fix floor frac gcd i0 index_put"
    " lcm ldexp log log10 log1p log2 logit nan_to_num neg negative rad2deg reciprocal relu resize_as round rsqrt"
    " sigmoid sin sinc sinh sqrt square tan tanh trunc xlogy zero"
)
_FUNCTIONS = "celu dropout alpha_dropout feature_alpha_dropout elu hardtanh leaky_relu rrelu selu threshold"


def _method(name: str) -> Any:
    def called(input: Tensor, *args: Any, **named: Any) -> Tensor:
        written: Tensor = getattr(input, name)(*args, **named)
        return written

    called.__name__ = called.__qualname__ = name
    called.__doc__ = f"As `Tensor.{name}`."
    return called


def _function(name: str) -> Any:
    function = getattr(functional, name)

    def called(input: Tensor, *args: Any, **named: Any) -> Tensor:
        written: Tensor = function(input, *args, **named, inplace=True)
        return written

    called.__name__ = called.__qualname__ = f"{name}_"
    called.__doc__ = f"`functional.{name}` with inplace=True."
    return called


_made = {f"{name}_": _method(f"{name}_") for name in _METHODS.split()}
_made |= {f"{name}_": _function(name) for name in _FUNCTIONS.split()}
globals().update(_made)

__all__ = [*_made]
