"""Checks of the arguments that layers are made with and called with."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.errors import DtypeError
from glassnet.functional.tensor_checks import check_tensor
from glassnet.ops.bfloat16 import dtype_name, same_dtype
from glassnet.ops.dtypes import Dtype, as_dtype, get_default_dtype
from glassnet.tensor.device import on_cpu


def check_number(layer: str, **values: Any) -> None:
    """Raise TypeError unless every value is a real number."""
    for name, value in values.items():
        if isinstance(value, bool) or not isinstance(value, int | float | np.number):
            raise TypeError(f"{layer}: expected {name} as a number, got {type(value).__name__}: {value!r:.60}")


def check_flag(layer: str, **flags: Any) -> None:
    """Raise TypeError unless every flag is True or False."""
    for name, flag in flags.items():
        if not isinstance(flag, bool):
            raise TypeError(f"{layer}: expected {name} as True or False, got {type(flag).__name__}: {flag!r:.60}")


def check_probability(layer: str, p: Any) -> None:
    """Raise unless ``p`` is a number from 0 to 1: TypeError, ValueError."""
    if isinstance(p, bool) or not isinstance(p, int | float | np.number):
        raise TypeError(f"{layer}: expected p as a number from 0 to 1, got {type(p).__name__}: {p!r:.60}")
    if not 0 <= p <= 1:
        raise ValueError(f"{layer}: expected a probability p from 0 to 1, got {p}")


def parameter_dtype(layer: str, device: Any, dtype: Any) -> Dtype:
    """The dtype of a layer's parameters: ``dtype``, or the default one.

    Raises DtypeError for one that is not floating, RuntimeError for a device but the CPU.
    """
    on_cpu(device)
    chosen = get_default_dtype() if dtype is None else np.dtype(dtype)
    if chosen.kind != "f":
        raise DtypeError(f"{layer}: expected a floating dtype for its parameters, got {chosen}")
    return chosen


def check_same_dtype(layer: str, input: Any, weight: Any, argument: str = "") -> None:
    """Raise a DtypeError that says what to convert, and how, unless input and weight have one dtype.

    ``argument`` is what the input is called, where it is not the one that everybody calls so.
    """
    check_tensor(layer, input, argument, weight.dtype)
    came, own = as_dtype(input.dtype), as_dtype(weight.dtype)
    if not same_dtype(came, own):
        method = {"bfloat16": "bfloat16", "float16": "half", "float32": "float", "float64": "double"}
        advice = f"convert {argument or 'the input'}: {argument or 'x'}.{method[dtype_name(own)]}()"
        if came.kind == "f" and not argument:
            advice += f", or the network: net.{method[dtype_name(came)]}()"
        raise DtypeError(
            f"{layer}: expected {argument or 'an input'} of dtype {dtype_name(own)}, as its parameters are, got "
            f"{dtype_name(came)}; {advice}"
        )
