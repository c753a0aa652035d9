"""What numbers of a dtype can be: torch.finfo and torch.iinfo."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.ops.bfloat16 import bfloat16
from glassnet.ops.dtypes import get_default_dtype

__all__ = [
    "finfo",
    "iinfo",
]


class finfo:
    """The limits of a floating dtype.

    >>> import glassnet.pytorch
    >>> from glassnet.pytorch.names.numbers import finfo
    >>> finfo(glassnet.float16).max
    65504.0
    """

    def __init__(self, type: Any = None) -> None:
        dtype = np.dtype(get_default_dtype() if type is None else type)
        if dtype is bfloat16:
            self._set("bfloat16", 16, 2.0**-7, (2 - 2.0**-7) * 2.0**127, 2.0**-126, 0.01)
            return
        if dtype.kind not in "fc":
            raise TypeError(f"finfo is of floating dtypes, got {dtype}; iinfo is of integers")
        limits = np.finfo(dtype)
        smallest, resolution = float(limits.smallest_normal), float(f"1e-{limits.precision}")
        self._set(limits.dtype.name, limits.bits, float(limits.eps), float(limits.max), smallest, resolution)

    def _set(self, dtype: str, bits: int, eps: float, most: float, smallest: float, resolution: float) -> None:
        self.dtype, self.bits, self.eps, self.max, self.min = dtype, bits, eps, most, -most
        self.tiny = self.smallest_normal = smallest
        self.resolution = resolution

    def __repr__(self) -> str:
        numbers = ("resolution", "min", "max", "eps", "smallest_normal", "tiny")
        return f"finfo({', '.join(f'{name}={getattr(self, name):g}' for name in numbers)}, dtype={self.dtype})"


class iinfo:
    """The limits of an integer dtype.

    >>> from glassnet.pytorch.names.numbers import iinfo
    >>> iinfo(glassnet.int8).min
    -128
    """

    def __init__(self, type: Any) -> None:
        dtype = np.dtype(type)
        if dtype.kind not in "iu":
            raise TypeError(f"iinfo is of integer dtypes, got {dtype}; finfo is of floating ones")
        limits = np.iinfo(dtype)
        self.bits, self.dtype, self.min, self.max = limits.bits, dtype.name, int(limits.min), int(limits.max)

    def __repr__(self) -> str:
        return f"iinfo(min={self.min}, max={self.max}, dtype={self.dtype})"
