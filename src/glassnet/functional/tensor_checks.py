"""Whether what functions and layers are given is a tensor, of floating numbers, or a whole number."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.errors import DtypeError, RangeError
from glassnet.tensor import Tensor


def check_tensor(name: str, x: Any, argument: str = "", dtype: Any = None) -> None:
    """Raise DtypeError unless ``x`` is a tensor. ``dtype`` is the one that is wanted, if one is."""
    if isinstance(x, Tensor):
        return
    if hasattr(x, "batch_sizes"):
        advice = "its numbers are in x.data, and nn.utils.rnn.pad_packed_sequence(x) brings the sequences back"
    elif isinstance(x, tuple) and x and isinstance(x[0], Tensor):
        advice = (
            "layers that give several results, as an LSTM does, give a tuple: output, state = layer(x), or layer(x)[0]"
        )
    else:
        wanted = f", dtype=glassnet.{dtype.name}" if dtype is not None else ""
        advice = f"make one: glassnet.tensor(x{wanted})"
    what = f"{argument} as a tensor" if argument else "a tensor"
    raise DtypeError(f"{name}: expected {what}, got {type(x).__name__}; {advice}")


def check_floating(name: str, x: Tensor) -> None:
    """Raise DtypeError unless the numbers of ``x`` are floating ones."""
    if x.dtype.kind != "f":
        raise DtypeError(f"{name}: expected a floating tensor, got {x.dtype}; convert it first: x.float()")


def check_whole(layer: str, least: float = 1, **sizes: Any) -> None:
    """Raise unless every size is a whole number of ``least`` or more: TypeError, RangeError."""
    for name, size in sizes.items():
        if isinstance(size, bool) or not isinstance(size, int | np.integer):
            raise TypeError(f"{layer}: expected {name} as a whole number, got {type(size).__name__}: {size!r:.60}")
        if size < least:
            raise RangeError(f"{layer}: expected {name} of {least} or more, got {size}")
