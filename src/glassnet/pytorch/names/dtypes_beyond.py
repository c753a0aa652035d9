"""Dtypes that scripts of PyTorch's name beside those of `glassnet`, and errors and storages."""

from __future__ import annotations

import numpy as np

from glassnet.tensor.functions.memory import Storage

__all__ = [
    "AcceleratorError", "FatalError", "JITException", "OutOfMemoryError", "Storage", "TypedStorage",
    "UntypedStorage", "uint16", "uint32", "uint64",
]  # fmt: skip

uint16, uint32, uint64 = map(np.dtype, ("uint16", "uint32", "uint64"))
TypedStorage = UntypedStorage = Storage


class OutOfMemoryError(RuntimeError):
    """A device has no memory left: there is none."""


class AcceleratorError(RuntimeError):
    """A device has failed: there is none."""


class FatalError(Exception):
    """PyTorch itself has failed."""


class JITException(Exception):
    """A compiled function has raised something."""
