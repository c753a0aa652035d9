"""The types of C: what the numbers of each dtype are in it, and how single numbers are written."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from glassnet.ops import dtypes
from glassnet.ops.dtypes import Dtype

C_TYPES: dict[Dtype, str] = {
    dtypes.bool_: "uint8_t",
    dtypes.uint8: "uint8_t",
    dtypes.int8: "int8_t",
    dtypes.int16: "int16_t",
    dtypes.int32: "int32_t",
    dtypes.int64: "int64_t",
    dtypes.float32: "float",
    dtypes.float64: "double",
}


def number(value: Any, dtype: Dtype) -> str:
    """A Python number as a literal of ``dtype``."""
    if dtype.kind != "f":
        value = int(value)
        least = value == np.iinfo(np.int64).min
        return "INT64_MIN" if least else f"{value}" if abs(value) < 2**31 else f"{value}LL"
    with np.errstate(over="ignore"):
        value = float(dtype.type(value))
    if math.isnan(value):
        return "NAN"
    if math.isinf(value):
        return "INFINITY" if value > 0 else "-INFINITY"
    text = str(dtype.type(value))
    text = text if any(mark in text for mark in ".en") else f"{text}.0"
    return f"{text}f" if dtype == dtypes.float32 else text
