"""Dtypes that scripts of PyTorch's name beside those of `glassnet`, and errors and storages."""

from __future__ import annotations

from typing import Any

import numpy as np

from glassnet.pytorch.named_dtypes import bfloat16
from glassnet.tensor.functions.memory import Storage
from glassnet.tensor.typed import TensorType

__all__ = [
    "AcceleratorError", "BFloat16Tensor", "FatalError", "JITException", "OutOfMemoryError", "Storage", "TypedStorage",
    "UntypedStorage", "bfloat16", "uint16", "uint32", "uint64",
]  # fmt: skip

uint16, uint32, uint64 = map(np.dtype, ("uint16", "uint32", "uint64"))
TypedStorage = UntypedStorage = Storage
BFloat16Tensor: Any = TensorType("BFloat16Tensor", (), {"dtype": None, "__doc__": "Tensors of bfloat16: none is."})


class OutOfMemoryError(RuntimeError):
    """A device has no memory left: there is none."""


class AcceleratorError(RuntimeError):
    """A device has failed: there is none."""


class FatalError(Exception):
    """PyTorch itself has failed."""


class JITException(Exception):
    """A compiled function has raised something."""
