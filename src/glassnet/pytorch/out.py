"""What PyTorch's functions take beside: ``out=``, a tensor to write the result into; ``layout=``; ``input=``."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import unwrap
from types import FunctionType
from typing import Any

from glassnet.errors import DtypeError
from glassnet.ops.dtypes import result_type
from glassnet.tensor import Tensor
from glassnet.tensor.wording import strided

MODULES = ("torch", "torch.fft", "torch.linalg", "torch.special")  # whose functions take it
_ROOMS = ("glassnet.tensor.",)


def takes_out(value: Any) -> Any:
    """``value``; if it is a function that gives tensors, with ``out=``."""
    if not isinstance(value, FunctionType) or not value.__module__.startswith(_ROOMS):
        return value
    return _with_out(value)


def _with_out(function: Callable[..., Any]) -> Callable[..., Any]:
    plain: Any = unwrap(function)
    has_other_name = plain.__code__.co_varnames[:1] != ("input",)

    @wraps(function)
    def called(*args: Any, out: Any = None, **named: Any) -> Any:
        if "layout" in named or "pin_memory" in named:
            _check_strided(named.pop("layout", None))
            named.pop("pin_memory", None)  # for a GPU, and there is none
        if not args and "input" in named and has_other_name:
            args = (named.pop("input"),)  # what is self in the method that this is, A in linear algebra
        try:
            result = function(*args, **named)
        except AttributeError as error:
            _check_tensors(function.__name__, (*args, *named.values()), error)
            raise
        if out is None:
            return result
        if isinstance(result, tuple):
            for target, value in zip(out, result, strict=True):
                _write(target, value, function.__name__)
        else:
            _write(out, result, function.__name__)
        return out

    return called


def _check_tensors(name: str, given: tuple[Any, ...], error: AttributeError) -> None:
    """DtypeError, as PyTorch raises, if ``error`` says that what was ``given`` for a tensor has no attribute of one."""
    value = error.obj
    if error.name is not None and not isinstance(value, Tensor) and any(value is one for one in given):
        raise DtypeError(
            f"{name}: expected a tensor, got {type(value).__name__}: {value!r:.40}; make one: torch.tensor(x)"
        ) from None


def _check_strided(layout: Any) -> None:
    if layout not in (None, strided):
        raise RuntimeError(f"layout={layout}: every tensor is {strided} here; leave layout= away")


def _write(out: Tensor, value: Tensor, name: str) -> None:
    """Put ``value`` into ``out``, which is given its shape; it must be able to hold its numbers."""
    if out.requires_grad or value.requires_grad:
        raise RuntimeError(
            f"{name}(): functions with out=... arguments don't support automatic differentiation, but one of the "
            "arguments requires grad; leave out= away, or do it under torch.no_grad()"
        )
    if result_type(out, value).kind != out.dtype.kind:
        raise DtypeError(f"{name}: out is {out.dtype}, which cannot hold the result, of {value.dtype}")
    if out.shape == value.shape:
        out.copy_(value)
    else:
        out.data = value.to(out.dtype).clone()
